"""Arrays of any library tell their namespace."""

import array_api_strict
import numpy as np
import pytest
import torch

from simtool.backend import namespace


def test_arrays_tell_their_namespace():
    assert namespace(np.ones(2), np.float64(1)) is np
    assert namespace(torch.ones(2)).__name__ == "array_api_compat.torch"
    assert namespace(array_api_strict.ones(2)) is array_api_strict
    with pytest.raises(TypeError):
        namespace(np.ones(2), torch.ones(2))
