"""Whether a reduced precision pays: measured, and only where its product keeps to the bound."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.backend.torch_backend import TorchBackend
from simtool.engine import calibration
from simtool.engine.calibration import operation_seconds, pays
from simtool.metrics import int8
from simtool.metrics.precision import BFLOAT16, FLOAT32, INT8


@pytest.fixture(autouse=True)
def forgotten():
    """Measure anew, and keep nothing of it."""
    operation_seconds.cache_clear()
    yield
    operation_seconds.cache_clear()


def in_seconds(patch, **times):
    patch.setattr(calibration, "_fastest", lambda kernel, x, y: times[kernel.dtype])


@pytest.mark.parametrize("dims", [1, 2, 64, 3000])
def test_it_pays_where_it_is_clearly_faster(monkeypatch, dims):
    backend = choose_backend("torch")
    in_seconds(monkeypatch, bfloat16=1.0, float32=2.0)
    assert pays(BFLOAT16, backend, dims)
    operation_seconds.cache_clear()
    in_seconds(monkeypatch, bfloat16=1.9, float32=2.0)
    assert not pays(BFLOAT16, backend, dims)


def test_it_never_pays_where_the_product_breaks_the_bound(monkeypatch):
    # such as one that is summed in bfloat16, or rounds its result twice
    product = TorchBackend.product

    def coarse(backend, x, y, out=None):
        exact = product(backend, x, y, out)
        return exact + 0.05 * exact if exact.dtype == backend.xp.bfloat16 else exact

    in_seconds(monkeypatch, bfloat16=1.0, float32=2.0)
    monkeypatch.setattr(TorchBackend, "product", coarse)
    assert not pays(BFLOAT16, choose_backend("torch"), 64)


def test_it_never_pays_where_parts_of_a_sum_are_rounded(monkeypatch):
    # what cuBLAS may do with a long sum unless allow_bf16_reduced_precision_reduction is off
    product = TorchBackend.product

    def in_parts(backend, x, y, out=None):
        if x.dtype != backend.xp.bfloat16:
            return product(backend, x, y, out)
        half = x.shape[1] // 2
        return product(backend, x[:, :half], y[:, :half]) + product(backend, x[:, half:], y[:, half:])

    in_seconds(monkeypatch, bfloat16=1.0, float32=2.0)
    assert pays(BFLOAT16, choose_backend("torch"), 384)
    operation_seconds.cache_clear()
    monkeypatch.setattr(TorchBackend, "product", in_parts)
    assert not pays(BFLOAT16, choose_backend("torch"), 384)


def test_it_is_measured_once(monkeypatch):
    backend, measured = choose_backend("torch"), []
    monkeypatch.setattr(calibration, "_fastest", lambda kernel, x, y: measured.append(x.rows.shape) or 1.0)
    assert [pays(BFLOAT16, backend, 8) for _ in range(3)] == [False] * 3
    assert len(measured) == 2
    assert np.prod(measured[0]) > 0


def test_a_wrong_product_of_integers_takes_for_ever(monkeypatch):
    pytest.importorskip("numkong")
    backend, right = choose_backend("numpy"), int8.products
    assert 0 < operation_seconds(INT8, backend, 64) < 1
    operation_seconds.cache_clear()
    monkeypatch.setattr(int8, "products", lambda x, y, out=None: 1.001 * right(x, y, out))
    assert operation_seconds(INT8, backend, 64) == np.inf
    assert operation_seconds(FLOAT32, backend, 64) < 1
