"""Which backend a job takes: by the names of a library and a device, or by a tensor that is there."""

import re
import sys
from functools import cache
from typing import Any

from ..errors import ParameterError
from ..memory import TORCH, check_address_space
from .backend import Array, Backend

BACKENDS = ("auto", "numpy", "torch")
DEVICE = re.compile(r"cpu|cuda(:\d+)?|mps|auto")


def choose_backend(backend: str = "auto", device: str = "cpu") -> Backend:
    """Return the backend for a job.

    `auto` is numpy on the CPU, which starts without the second and a half that torch takes to
    import and multiplies matrices as fast; on any other device it is torch. `cuda` is every GPU there is:
    a sweep uses them all, other work the first.

    Args:
        backend: `auto`, `numpy` or `torch`.
        device: `cpu`, `cuda`, `cuda:N`, `mps` or `auto`, which is cuda where there is a GPU.

    Raises:
        ParameterError: an unknown name, or numpy on a device other than the CPU.
        ResourceError: the device is not there.
    """
    if backend not in BACKENDS:
        raise ParameterError(f"unknown backend {backend!r}", "«backend»", f"one of: {', '.join(BACKENDS)}")
    if not DEVICE.fullmatch(device):
        raise ParameterError(f"unknown device {device!r}", "«device»", "one of: cpu, cuda, cuda:N, auto")
    if backend == "numpy" and device not in ("cpu", "auto"):
        raise ParameterError(f"numpy cannot compute on {device}", "«backend»", "leave «backend» out, or say torch")
    if backend == "numpy" or (backend == "auto" and device == "cpu"):
        return Backend(fixed=backend == "numpy")
    if "torch" not in sys.modules:
        check_address_space(TORCH)
    from .torch_backend import torch_backend

    return torch_backend(device)


def backend_of(tensor: Array) -> Backend:
    """Return the backend of a tensor, with torch's own settings left as the caller has them."""
    return _backend_on(tensor.device)


@cache
def _backend_on(device: Any) -> Backend:
    from array_api_compat import torch as xp

    from .torch_backend import TorchBackend

    return TorchBackend(str(device), xp)
