"""A metric in every form in which it is computed, against a reference for one pair of rows."""

from collections.abc import Callable

import numpy as np
import pytest

from simtool import find, metrics, pairwise, similarity
from simtool.metrics import metric_of

BACKENDS = ["numpy", "torch"]


def check_aligned(name: str, reference: Callable[..., float], a, b, xp, monkeypatch, **parameters) -> None:
    """The public function on every array library, and `similarity` whole and in pieces of a vector."""
    rows = min(len(a), len(b))
    a, b = a[:rows], b[:rows]
    expected = [reference(x, y) for x, y in zip(a, b, strict=True)]
    metric = getattr(metrics, name)
    assert np.asarray(metric(xp.array(a), xp.array(b), **parameters)).tolist() == pytest.approx(expected, rel=1e-12)
    turned = np.asarray(metric(xp.array(a.T), xp.array(b.T), dim=0, **parameters))
    assert turned.tolist() == pytest.approx(expected, rel=1e-12)
    for piece in (1 << 18, 3):
        monkeypatch.setattr("simtool.engine.aligned.CPU_PIECE", piece)
        for backend in BACKENDS:
            found = similarity(a, b, metric=name, parameters=parameters, backend=backend)
            assert found.array.tolist() == pytest.approx(expected, rel=1e-11)
            assert {key: found.parameters[key] for key in parameters} == parameters


def check_all_pairs(name: str, reference: Callable[..., float], a, b, backend: str, **parameters) -> None:
    """The matrix, the k best of each row, all up to a threshold and the best of all, of two sets and of one."""
    options = {"metric": name, "parameters": parameters, "backend": backend}
    sign = -1 if find("metric", name).larger_is_closer else 1
    symmetric = metric_of(name).is_symmetric
    for other in (b, None):
        expected = np.asarray([[reference(x, y) for y in (a if other is None else b)] for x in a])
        np.testing.assert_allclose(pairwise(a, other, **options).array, expected, rtol=1e-6, atol=1e-6)
        counted = np.ones(expected.shape, bool) if other is not None else ~np.eye(len(a), dtype=bool)
        once = np.triu(counted) if other is None and symmetric else counted
        far = np.where(counted, sign * expected, np.inf)
        k = 3
        listed = pairwise(a, other, top_k=k, **options).rows.columns
        nearest = np.sort(far, axis=1)[:, :k].ravel()
        np.testing.assert_allclose(sign * listed["score"], nearest, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(expected[listed["a"], listed["b"]], listed["score"], rtol=1e-11, atol=1e-11)
        assert (listed["a"] == np.repeat(np.arange(len(a)), k)).all()
        middle = np.sort(expected[once])
        threshold = float((middle[len(middle) // 2] + middle[len(middle) // 2 - 1]) / 2)
        listed = pairwise(a, other, threshold=threshold, **options).rows.columns
        wanted = np.argwhere(once & (sign * expected <= sign * threshold)).tolist()
        assert np.stack([listed["a"], listed["b"]], axis=1).tolist() == wanted
        listed = pairwise(a, other, max_pairs=7, **options).rows.columns
        nearest = np.sort(np.where(once, sign * expected, np.inf), axis=None)[:7]
        np.testing.assert_allclose(sign * listed["score"], nearest, rtol=1e-11, atol=1e-11)
