"""Which array namespace and which device. The only file that knows both numpy and torch."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .blas import one_blas_thread
from .errors import ParameterError, ResourceError
from .memory import TORCH, check_address_space

Array = Any  # an array of numpy, torch or any other namespace of the array API

HOST = (1, 3)  # kinds of devices of DLPack whose memory is the host's
BACKENDS = ("auto", "numpy", "torch")
DEVICE = re.compile(r"cpu|cuda(:\d+)?|mps|auto")


def namespace(*arrays: Array) -> Any:
    """Return the array API namespace that the arrays share; numpy's own for numpy arrays."""
    if all(isinstance(array, np.ndarray | np.generic) for array in arrays):
        return np
    from array_api_compat import array_namespace

    return array_namespace(*arrays)


def quiet() -> AbstractContextManager[None]:
    """Silence numpy's own warnings; results that are not finite are found and reported by row."""
    return np.errstate(all="ignore")


@dataclass(frozen=True)
class Backend:
    """An array namespace on a device, with the few steps that the array API leaves out.

    Args:
        name: `numpy` or `torch`.
        device: where arrays are, as torch names it.
        xp: the namespace.
        devices: all that a sweep may use at once, where that is more than `device`.
        fixed: whether the caller asked for this library, so that no scan may take another.
    """

    name: str
    device: str
    xp: Any
    devices: tuple[str, ...] = ()
    fixed: bool = True

    def each(self) -> list["Backend"]:
        """Return a backend for each device that a sweep may use: mostly this one alone."""
        return [replace(self, device=device, devices=()) for device in self.devices] or [self]

    @contextmanager
    def in_one_thread(self) -> Iterator[None]:
        """Let products run in the thread that asks, for work of which several threads do a part each."""
        if self.name == "numpy":
            with one_blas_thread():
                yield
            return
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)

    def without_autocast(self) -> AbstractContextManager[Any]:
        """Let torch compute in the dtypes that arrays have, whatever the caller's autocast says."""
        import torch

        return torch.autocast(self.device.partition(":")[0], enabled=False)

    @property
    def is_cuda(self) -> bool:
        """Whether arrays are in the memory of a GPU, and work on them goes on after the call that asked for it."""
        return self.device.startswith("cuda")

    @property
    def free_memory(self) -> int | None:
        """The bytes that the device may still give, or None where its memory is the host's."""
        if not self.is_cuda:
            return None
        import torch

        # what torch's own pool holds and no array uses is free too
        pooled = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return int(torch.cuda.mem_get_info(self.device)[0]) + pooled

    def release(self) -> None:
        """Give the memory that torch keeps for later arrays back to the device."""
        if self.is_cuda:
            import torch

            torch.cuda.empty_cache()

    @property
    def out_of_memory(self) -> type[BaseException]:
        """The error of an allocation that failed."""
        if self.name == "numpy":
            return MemoryError
        import torch

        return torch.OutOfMemoryError

    def put(self, array: NDArray[Any], dtype: Any = None) -> Array:
        """Copy a numpy array, strided or not, to the device as `dtype` (default: as it is)."""
        if self.name == "numpy":
            return np.asarray(array, dtype=dtype, order="C")
        import torch

        if array.dtype in (np.uint16, np.uint32, np.uint64):  # torch computes with few unsigned types
            array = array.astype(np.float64)
        if self.is_cuda:
            return self.staged(array, pinned=True).to(self.device, non_blocking=True).to(dtype)
        source = np.asarray(array, order="C")
        if not source.flags.writeable:  # torch warns about memory maps opened for reading
            source = source.copy()
        return torch.from_numpy(source).to(self.device).to(dtype)

    def staged(self, array: NDArray[Any], *, pinned: bool) -> Array:
        """Return a copy in host memory that a GPU reads by itself, while this thread goes on.

        Torch gives a pinned buffer away again only when the copies from it, of any queue, are done.

        Args:
            array: of a dtype that torch has; strided, or a memory map.
            pinned: whether its pages stay where they are; needs a GPU.
        """
        import torch

        dtype = torch.from_numpy(np.empty(0, array.dtype)).dtype
        buffer = torch.empty(array.shape, dtype=dtype, pin_memory=pinned)
        np.copyto(buffer.numpy(), array)
        return buffer

    def queue(self) -> Any:
        """Return a queue of work beside the device's main one, or None where a call returns when its work is done."""
        if not self.is_cuda:
            return None
        import torch

        return torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]

    @contextmanager
    def queued(self, queue: Any) -> Iterator[Any]:
        """Put the work of this block into a queue; yield the mark of its end, to be given to `meet`."""
        if queue is None:
            yield None
            return
        import torch

        end = torch.cuda.Event()  # type: ignore[no-untyped-call]
        with torch.cuda.stream(queue):
            yield end
            end.record(queue)

    def meet(self, end: Any, *arrays: Array) -> None:
        """Let what is asked for from here on wait for the end of a queue's work.

        Args:
            end: the mark that `queued` yielded.
            arrays: what that work made. Their memory is used again only when the main queue is done with it too:
                the other queue, which it came from, may be far ahead.
        """
        if end is None:
            return
        import torch

        main = torch.cuda.current_stream(self.device)
        main.wait_event(end)
        for array in arrays:
            array.record_stream(main)

    def current(self) -> AbstractContextManager[Any]:
        """Make this backend's device the one that the thread uses."""
        if not self.is_cuda:
            return nullcontext()
        import torch

        return torch.cuda.device(self.device)

    def get(self, array: Array) -> NDArray[Any]:
        """Return an array of this backend as a numpy array in host memory."""
        return array if self.name == "numpy" else np.asarray(array.detach().cpu())

    def largest(self, array: Array, k: int) -> Array:
        """Return the k largest values of each row of an (n, m) array, in no particular order; k <= m."""
        if self.name == "numpy":
            return np.partition(array, array.shape[1] - k, axis=1)[:, array.shape[1] - k :]
        return array.topk(k, dim=1, sorted=False).values

    def product(self, x: Array, y: Array, out: Array = None) -> Array:
        """Return the (n, m) dot products of the rows of x (n, d) and y (m, d), in `out` if its shape and dtype fit."""
        if out is not None and (tuple(out.shape) != (x.shape[0], y.shape[0]) or out.dtype != x.dtype):
            out = None
        if self.name == "numpy":
            return np.matmul(x, y.T, out=out)
        import torch

        return torch.mm(x, y.T, out=out) if out is not None else torch.mm(x, y.T)

    def group_maxima(self, array: Array, groups: int, *, positive: bool, by_column: bool = False) -> Array:
        """Return the (n, groups) maxima of every `groups`-th column of each row of an (n, m) array.

        Args:
            array: m is a multiple of `groups`.
            groups: how many.
            positive: only maxima above zero matter. Then bfloat16 is compared as int16, several times as fast:
                numbers that are not negative order like their bits, and above all negative ones.
            by_column: the other way round: the (m, groups) maxima of every `groups`-th row of each column.
        """
        xp, axis = self.xp, 0 if by_column else 1
        shape = (-1, groups, array.shape[1]) if by_column else (array.shape[0], -1, groups)
        as_bits = positive and self.name == "torch" and array.dtype == xp.bfloat16
        if as_bits:
            array = array.view(xp.int16)
        maxima = xp.max(xp.reshape(array, shape), axis=axis)
        maxima = maxima.view(xp.bfloat16) if as_bits else maxima
        return maxima.T if by_column else maxima

    def blanked(self, array: Array, out: Array) -> Array:
        """Return an array that is -inf where `out` holds: the same one, written to."""
        if self.name == "torch":
            return array.masked_fill_(out, -float("inf"))
        np.copyto(array, -np.inf, where=out)
        return array

    def at_least(
        self, array: Array, least: NDArray[np.float64], *, positive: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the flat places of an (n, m) array in host memory that reach the least of their row, and the values.

        Args:
            array: without NaN; -inf is never returned.
            least: (n,) float64.
            positive: whether all of `least` are above zero. Then bfloat16 is compared as int16, as in `group_maxima`.
        """
        if self.name == "numpy" or array.dtype != self.xp.bfloat16:
            host = self.get(array)
            places = np.flatnonzero(host >= rounded_up(least, host.dtype)[:, None])
            return places, host.ravel()[places].astype(np.float64)
        if not positive:
            return self.at_least(self.xp.astype(array, self.xp.float32), least, positive=False)
        bits = array.view(self.xp.int16).numpy()
        # the upper half of a float32 is its bfloat16, and one more is the next
        low = rounded_up(least, np.dtype(np.float32)).view(np.int32)
        places = np.flatnonzero(bits >= ((low + 0xFFFF) >> 16).astype(np.int16)[:, None])
        near = (bits.ravel()[places].astype(np.int32) << 16).view(np.float32)
        return places, near.astype(np.float64)

    def manhattan(self, x: Array, y: Array) -> Array:
        """Return the (n, m) Manhattan distances of the rows of x (n, d) and y (m, d)."""
        if self.name == "torch":
            import torch

            return torch.cdist(x, y, p=1.0)
        distances = np.empty((len(x), len(y)), dtype=x.dtype)
        step = max(1, (1 << 16) // y.shape[1])  # rows of y whose differences stay in a core's cache
        for start in range(0, len(y), step):
            part = y[start : start + step]
            for row, vector in enumerate(x):
                np.abs(part - vector).sum(axis=1, out=distances[row, start : start + step])
        return distances


def rounded_up(values: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the least finite number of the dtype that is not below each value."""
    with quiet():
        rounded = np.maximum(values, np.finfo(dtype).min).astype(dtype)
        return np.where(rounded < values, np.nextafter(rounded, np.inf, dtype=dtype), rounded)


def constant(array: Array) -> Array:
    """Return an array as one that no gradient goes through."""
    return array.detach() if hasattr(array, "detach") else array


def taken_by_dlpack(given: Any) -> Array:
    """Return what hands out DLPack without a copy: a numpy array, or a tensor on the device where it lies."""
    kind, _ = given.__dlpack_device__()
    if int(kind) in HOST:
        return np.from_dlpack(given)
    from torch.utils.dlpack import from_dlpack

    return from_dlpack(given)


def hands_out_dlpack(given: object) -> bool:
    """Tell whether an array of another library has to be taken by DLPack: on a GPU numpy makes no array of it."""
    taken_as_it_is = isinstance(given, np.ndarray | np.generic) or hasattr(given, "detach")
    if taken_as_it_is or not hasattr(given, "__dlpack_device__"):
        return False
    return not hasattr(given, "__array__") or int(given.__dlpack_device__()[0]) not in HOST


def recomputed(function: Callable[..., Array], *arrays: Array) -> Array:
    """Return `function(*arrays)`; torch keeps nothing on the way for the gradient, but computes it once more."""
    if not any(getattr(array, "requires_grad", False) for array in arrays):
        return function(*arrays)
    from torch.utils.checkpoint import checkpoint

    return checkpoint(function, *arrays, use_reentrant=False)


def derivatives(total: Array, leaves: Sequence[Array]) -> list[Array]:
    """Return the derivative of a torch number by each array; 0 for one that it was not made of."""
    import torch

    return list(torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True))


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
        return Backend("numpy", "cpu", np, fixed=backend == "numpy")
    if "torch" not in sys.modules:
        check_address_space(TORCH)
    name = _torch_device(device)
    return Backend("torch", name, _torch_namespace(), _torch_devices(name))


def _torch_namespace() -> Any:
    import array_api_compat.torch as xp
    import torch

    # TF32 would keep 10 bits of each factor: far outside the promised tolerance
    torch.set_float32_matmul_precision("highest")
    # nor may the parts of a long sum be added in bfloat16: a kernel's bound allows for one rounding, at the end
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    return xp


def _torch_devices(device: str) -> tuple[str, ...]:
    """Return the names of all GPUs where `device` is any of them and there are several."""
    if device != "cuda":
        return ()
    import torch

    count = torch.cuda.device_count()
    return tuple(f"cuda:{number}" for number in range(count)) if count > 1 else ()


def _torch_device(device: str) -> str:
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(device.partition(":")[2] or 0) >= count:
            found = f"torch {torch.__version__} sees {count} CUDA devices here" if count else "torch sees no GPU here"
            raise ResourceError(f"device {device} is not available: {found}", "«device»", "use «device» cpu or auto")
    if device == "mps":
        # the accuracy that simtool promises stands on float64, which this device does not have
        raise ResourceError("device mps computes in float32 at most, simtool needs float64", "«device»", "use cpu")
    return device
