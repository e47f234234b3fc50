"""What is compared of vectors that are cut down, against numpy and sentence-transformers."""

import numpy as np
import pytest

from simtool import pairwise
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import as_vectors
from simtool.io.cut_down import CutDown

A, B = np.random.default_rng(5).normal(size=(2, 40, 24)).astype("f4")


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_prefixes_are_compared_as_unit_vectors(metric):
    x, y = unit(A[:, :8].astype("f8")), unit(B[:, :8].astype("f8"))
    products = x @ y.T
    expected = np.sqrt(2 - 2 * products) if metric == "euclidean" else products
    found = pairwise(A, B, truncate=8, metric=metric)
    np.testing.assert_allclose(found.array, expected, atol=2e-6)
    assert found.parameters["truncate"] == 8
    assert found.parameters["quantize"] is None


@pytest.mark.parametrize("precision", ["int8", "uint8"])
def test_integers_are_compared_as_the_numbers_that_they_stand_for(precision):
    peer = pytest.importorskip("sentence_transformers.util")
    sides = []
    for rows in (A, B):
        low, high = rows.min(axis=0).astype("f8"), rows.max(axis=0).astype("f8")
        stored = peer.quantize_embeddings(rows, precision).astype("f8") + (128 if precision == "int8" else 0)
        sides.append(unit(stored * (high - low) / 255 + low))
    found = pairwise(A, B, quantize=precision, precision="float64")
    np.testing.assert_allclose(found.array, sides[0] @ sides[1].T, atol=2e-5)
    assert "stand for" in " ".join(found.notes)


@pytest.mark.parametrize("precision", ["binary", "ubinary"])
def test_bits_are_compared_by_hamming(precision):
    scipy = pytest.importorskip("scipy.spatial.distance")
    found = pairwise(A, B, quantize=precision, truncate=16, top_k=40)
    rows = found.rows.read(0, 1600)
    scores = np.empty((40, 40))
    scores[rows["a"], rows["b"]] = rows["score"]
    np.testing.assert_array_equal(scores, scipy.cdist(A[:, :16] > 0, B[:, :16] > 0, "hamming"))
    assert found.parameters["metric"] == "hamming"
    assert "bits" in " ".join(found.notes)


def test_float16_is_rounded():
    np.testing.assert_array_equal(CutDown(quantize="float16").of(as_vectors(A)).read(0, 40), A.astype("f2"))
    assert CutDown().of(as_vectors(A)).read(0, 40) is not None


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ({"quantize": "binary", "metric": "dot"}, ParameterError, "hamming"),
        ({"quantize": "int3"}, ParameterError, "int8"),
        ({"truncate": 0}, ParameterError, "at least 1"),
        ({"truncate": 25}, ShapeError, "25 numbers"),
        ({"truncate": 8, "dim": 0}, ParameterError, "last dim"),
        ({"truncate": 12, "quantize": "binary"}, ShapeError, "whole bytes"),
        ({"quantize": "int8", "metric": "maxsim"}, ParameterError, "as they are"),
    ],
)
def test_what_cannot_be_cut_down_is_refused(how, error, said):
    with pytest.raises(error, match=said):
        pairwise(A, B, **how)


def test_integers_are_not_quantized():
    with pytest.raises(DataError, match="floats are quantized"):
        pairwise(np.arange(8).reshape(2, 4), quantize="int8")


def test_an_estimate_is_of_the_numbers_that_are_left():
    whole, cut = (pairwise(A, B, dry_run=True, **how).summary["flop"] for how in ({}, {"truncate": 6}))
    assert whole == 4 * cut
