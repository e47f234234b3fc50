"""The threads of numpy's BLAS: one while several threads multiply, and afterwards as many as before."""

import numpy as np
import pytest

from simtool import blas


def threads():
    controls = blas._controls()
    return controls[0]() if controls else None


@pytest.mark.skipif(not blas.is_controlled(), reason="this numpy has another BLAS")
def test_one_thread_is_set_and_given_back_even_where_uses_overlap():
    before = threads()
    with blas.one_thread():
        assert threads() == 1
        with blas.one_thread():
            assert threads() == 1
        assert threads() == 1
        np.testing.assert_allclose(np.ones((40, 30)) @ np.ones((30, 20)), 30.0)
    assert threads() == before
    with pytest.raises(KeyError), blas.one_thread():
        raise KeyError
    assert threads() == before


def test_another_blas_is_left_alone(monkeypatch):
    monkeypatch.setattr(blas, "_controls", lambda: None)
    assert not blas.is_controlled()
    with blas.one_thread():
        pass
