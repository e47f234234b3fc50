"""Cosines of row i with row i, against plain loops."""

from math import fsum, hypot

import numpy as np
import pytest

from simtool.aggregates import closed_forms
from simtool.aggregates.aligned_rows import paired
from simtool.backend import choose_backend

NUMPY = {"backend": choose_backend("numpy")}
TORCH = {"backend": choose_backend("torch")}


def cosine(x, y):
    return fsum(p * q for p, q in zip(x, y, strict=True)) / max(hypot(*x), 1e-8) / max(hypot(*y), 1e-8)


@pytest.mark.parametrize("options", [NUMPY, TORCH])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_paired_is_its_loop(monkeypatch, options, dtype):
    monkeypatch.setattr(closed_forms, "CHUNK", 50)
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(101, 4)).astype(dtype) for _ in range(2))
    x[7] = 0
    scores = [cosine(p, q) for p, q in zip(x.astype(float).tolist(), y.astype(float).tolist(), strict=True)]
    assert scores[7] == 0
    found = paired(x, y, **options)
    # of 101 sorted numbers the quantile p is number 100 p
    ranked = sorted(scores)
    expected = (fsum(scores) / 101, ranked[0], *(ranked[i] for i in (5, 25, 50, 75, 95)))
    assert found == pytest.approx(expected, abs=1e-12)
    assert found.score == found.mean
    wa, wb = rng.integers(1, 4, 101), rng.integers(1, 4, 101)
    weighted = paired(x, y, weights_a=wa, weights_b=wb, **options)
    total = fsum(p * q * s for p, q, s in zip(wa, wb, scores, strict=True))
    assert weighted.mean == pytest.approx(total / int((wa * wb).sum()), abs=1e-12)
    assert weighted[1:] == found[1:]
    assert paired(np.repeat(x, wa, axis=0), np.repeat(y, wa, axis=0), **options).mean == pytest.approx(
        paired(x, y, weights_a=wa, **options).mean, abs=1e-12
    )
