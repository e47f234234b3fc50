"""All pairs of one labelled input: exact and counted, on either side of `exact_pairs`."""

import numpy as np
import pytest

from simtool import evaluate
from simtool.errors import ParameterError, ResourceError, ShapeError
from simtool.evaluation.retrieval import retrieval_names


def space(n=300, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 9, n)
    return (rng.normal(size=(9, 8))[labels] + rng.normal(size=(n, 8))).astype(np.float32), labels


def test_counted_pairs_have_the_retrieval_of_exact_ones():
    x, labels = space()
    x[10:30] = x[5]  # equal rows rank by their number, however the rows are sorted
    exact, counted = (evaluate(x, labels=labels, exact_pairs=most).summary for most in (10**6, 0))
    for name in retrieval_names():
        assert counted[name] == pytest.approx(exact[name], abs=1e-15), name
    for name in ("roc_auc", "best_f1", "eer"):
        assert abs(counted[name] - exact[name]) <= counted[f"{name}.error"]


def test_what_two_sweeps_find_one_finds(monkeypatch):
    x, labels = space(seed=1)
    expected = evaluate(x, labels=labels, exact_pairs=0).summary
    # so little memory that what all queries reach is not held at once
    assert evaluate(x, labels=labels, exact_pairs=0, max_memory="330M").summary == expected


def test_what_is_refused():
    x, labels = space(60)
    with pytest.raises(ParameterError, match="only the cosine is counted"):
        evaluate(x, labels=labels, metric="euclidean", exact_pairs=0)
    with pytest.raises(ShapeError, match="at least two rows"):
        evaluate(x[:1], labels=labels[:1])
    big, classes = space(3000)
    with pytest.raises(ResourceError, match="a smaller exact_pairs"):
        evaluate(big, labels=classes, exact_pairs=10**9, max_memory="400M")
