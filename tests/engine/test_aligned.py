"""Vectors against their counterparts along any dims, in pieces of any size, against correctly rounded sums."""

from math import sqrt

import numpy as np
import pytest
from aligned_scores import METRICS, one, reference
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import similarity
from simtool.engine import aligned

BACKENDS = ["numpy", "torch"]


@st.composite
def problems(draw):
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    dims = draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=len(shape), unique=True))
    dtype = draw(st.sampled_from(["f2", "f4", "f8", "i1", "i4", "u2"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    thin = [1 if draw(st.booleans()) and draw(st.booleans()) else size for size in shape]
    return rng.integers(0, 7, shape).astype(dtype), rng.integers(0, 7, thin).astype(dtype), dims


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=60, deadline=None)
@given(problem=problems(), backend=st.sampled_from(BACKENDS), piece=st.sampled_from([1, 3, 7, 1 << 16]))
def test_every_dims_shape_dtype_and_piece_size_gives_the_reference(metric, problem, backend, piece):
    x, y, dims = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aligned, "CPU_PIECE", piece)
        scores = similarity(x, y, dim=dims, metric=metric, backend=backend).array
    expected = reference(metric, *(v.astype(float) for v in np.broadcast_arrays(x, y)), dims)
    # arccos turns the last bit of a cosine near 1 into 1e-8
    np.testing.assert_allclose(scores, expected, atol=3e-8 if metric == "angular" else 1e-13, rtol=1e-13)
    assert scores.dtype == np.float64


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("scale", "dtype"), [(1e20, "f4"), (1e200, "f8"), (1e-200, "f8")])
@pytest.mark.parametrize("piece", [3, 1 << 16])
def test_magnitudes_do_not_matter(monkeypatch, backend, scale, dtype, piece):
    monkeypatch.setattr(aligned, "CPU_PIECE", piece)
    x, y = (np.asarray(v) * scale for v in ([[0, 0, 0, 1, 2]], [[0, 0, 0, 2, 1.0]]))
    options = {"backend": backend, "eps": 0.0}
    assert similarity(x.astype(dtype), y.astype(dtype), **options).array == pytest.approx([0.8], rel=1e-7)
    distance = similarity(x.astype(dtype), y.astype(dtype), metric="euclidean", **options).array
    assert distance == pytest.approx([sqrt(2) * scale], rel=1e-7)


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_long_vector_is_summed_in_pieces(backend):
    x = np.arange(200_001) % 7.0
    result = similarity(x, x[::-1].copy(), backend=backend)
    assert result.array.shape == ()
    assert float(result.array) == pytest.approx(one("cosine", x.tolist(), x[::-1].tolist()), abs=1e-13)
