"""The Hamming distance of packed bits, against scipy's of the bits themselves."""

import every_form
import numpy as np
import pytest
from scipy.spatial import distance

from simtool import channels, evaluate, metrics, pairwise, similarity
from simtool.errors import DataError

A, B = (np.random.default_rng(n).integers(0, 256, (n, 41), dtype=np.uint8) for n in (19, 23))


def reference(x, y):
    return distance.hamming(np.unpackbits(x), np.unpackbits(y))


def test_aligned(xp, monkeypatch):
    every_form.check_aligned("hamming", reference, A, B, xp, monkeypatch)


@pytest.mark.parametrize("backend", every_form.BACKENDS)
def test_matrix_and_top_k(backend):
    expected = np.asarray([[reference(x, y) for y in B] for x in A])
    assert pairwise(A, B, metric="hamming", backend=backend, precision="float64").array.tolist() == expected.tolist()
    # shares of few bits are often equal: of equals the first is closer
    listed = pairwise(A, B, metric="hamming", backend=backend, top_k=4).rows.columns
    assert listed["b"].reshape(-1, 4).tolist() == np.argsort(expected, axis=1, kind="stable")[:, :4].tolist()
    threshold = float(np.median(expected))  # a score that pairs have: they are listed
    listed = pairwise(A, B, metric="hamming", backend=backend, threshold=threshold).rows.columns
    assert np.stack([listed["a"], listed["b"]], axis=1).tolist() == np.argwhere(expected <= threshold).tolist()


def test_every_byte_against_every_other():
    every = np.arange(256, dtype=np.uint8)[:, None]
    expected = [[(x ^ y).bit_count() / 8 for y in range(256)] for x in range(256)]
    assert pairwise(every, metric="hamming", precision="float64").array.tolist() == expected


def test_the_other_commands():
    maps = A[:8].reshape(2, 4, 41)[:, :, :40].reshape(2, 4, 5, 8)
    expected = [[reference(x.ravel(), y.ravel()) for x, y in zip(one, one[::-1], strict=True)] for one in maps]
    assert channels(maps, maps[:, ::-1].copy(), metric="hamming").array.tolist() == expected
    measured = evaluate(A, labels=np.arange(19) % 3, metric="hamming").summary["roc_auc"]
    bits = evaluate(np.unpackbits(A, axis=1), labels=np.arange(19) % 3, metric="manhattan").summary["roc_auc"]
    assert measured == bits


def test_other_dtypes_are_refused(xp):
    rows = np.ones((2, 3))
    for call in (
        lambda: pairwise(A, B.astype("i8"), metric="hamming"),
        lambda: similarity(rows, rows, metric="hamming"),
        lambda: evaluate(rows, labels=[0, 0], metric="hamming"),
        lambda: metrics.hamming(xp.array(rows), xp.array(rows)),
    ):
        with pytest.raises(DataError, match="hamming compares packed bits, eight to a uint8"):
            call()
