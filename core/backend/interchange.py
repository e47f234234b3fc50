"""Arrays of any library: the namespace that they share, and how they are taken where numpy makes no array of them."""

from typing import Any

import numpy as np

from .backend import Array

HOST = (1, 3)  # kinds of devices of DLPack whose memory is the host's
_NAMESPACES: dict[frozenset[type], Any] = {}  # of the types that have been seen: looking takes as long as a small sum


def namespace(*arrays: Array) -> Any:
    """Return the array API namespace that the arrays share; numpy's own for numpy arrays."""
    types = frozenset(map(type, arrays))
    if types not in _NAMESPACES:
        _NAMESPACES[types] = _namespace(*arrays)
    return _NAMESPACES[types]


def _namespace(*arrays: Array) -> Any:
    if all(isinstance(array, np.ndarray | np.generic) for array in arrays):
        return np
    from array_api_compat import array_namespace

    return array_namespace(*arrays)


def taken_by_dlpack(given: Any) -> Array:
    """Return what hands out DLPack without a copy: a numpy array, or a tensor on the device where it lies."""
    kind, _ = given.__dlpack_device__()
    if int(kind) in HOST:
        try:
            return np.from_dlpack(given)
        except RuntimeError:  # numpy has no bfloat16
            pass
    from torch.utils.dlpack import from_dlpack

    return from_dlpack(given)


def hands_out_dlpack(given: object) -> bool:
    """Tell whether an array of another library has to be taken by DLPack: on a GPU numpy makes no array of it."""
    taken_as_it_is = isinstance(given, np.ndarray | np.generic) or hasattr(given, "detach")
    if taken_as_it_is or not hasattr(given, "__dlpack_device__"):
        return False
    return not hasattr(given, "__array__") or int(given.__dlpack_device__()[0]) not in HOST
