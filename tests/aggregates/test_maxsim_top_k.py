"""The closest pair, MaxSim and top-k means: known values and refusals; test_shared_matches.py has the loops."""

import numpy as np
import pytest

from simtool.aggregates.maxsim_top_k import best_pair, maxsim, top_k_mean
from simtool.backend import choose_backend
from simtool.errors import ParameterError, ShapeError

NUMPY = {"backend": choose_backend("numpy")}


def test_zero_rows_and_negative_cosines():
    x = np.asarray([[0.0, 0], [1, 0]])
    assert maxsim(x, -x[1:], **NUMPY) == (-1.0, -0.5)
    assert best_pair(x, -x[1:], **NUMPY) == 0.0


def test_a_top_k_mean_lies_between_maxsim_and_the_mean_of_all_pairs():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(7, 5)), rng.normal(size=(6, 5))
    cosines = (x @ y.T) / np.outer(np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1))
    found = [top_k_mean(x, y, k=k, **NUMPY) for k in range(1, 9)]
    assert found[0] == pytest.approx(maxsim(x, y, **NUMPY).mean, abs=1e-15)
    assert found == sorted(found, reverse=True)
    assert found[5:] == pytest.approx([cosines.mean()] * 3, abs=1e-15)  # all there are, where k is more
    assert found[2] == pytest.approx(np.sort(cosines, axis=1)[:, -3:].mean(), abs=1e-15)


def test_what_is_refused():
    with pytest.raises(ParameterError, match="k is 0, expected at least 1"):
        top_k_mean(np.eye(2), np.eye(2), k=0, **NUMPY)
    for function in (maxsim, top_k_mean):
        with pytest.raises(ShapeError, match="expected 2 weights"):
            function(np.eye(2), np.eye(2), weights_a=np.ones(3), **NUMPY)
