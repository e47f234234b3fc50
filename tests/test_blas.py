"""The number of threads of numpy's products."""

import numpy as np
import pytest

from simtool import blas


def test_inside_there_is_one_thread_and_afterwards_as_many_as_before():
    calls = blas._thread_calls()
    if calls is None:
        pytest.skip("numpy stands on another library than OpenBLAS here")
    before = calls[0]()
    with blas.one_blas_thread() as alone:
        assert alone
        assert calls[0]() == 1
        assert (np.ones((3, 4)) @ np.ones((4, 2)) == 4).all()
    assert calls[0]() == before


def test_another_library_is_told(monkeypatch):
    monkeypatch.setattr(blas, "_thread_calls", lambda: None)
    with blas.one_blas_thread() as alone:
        assert not alone
