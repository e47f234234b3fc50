"""Arrays of torch, on the processor or on a GPU, where work goes on after the call that asked for it.

What each step does is said in `backend.py`. Imported only where torch is wanted.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import array_api_compat.torch as xp
import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import ResourceError
from .backend import Array, Backend, rounded_up


@dataclass(frozen=True)
class TorchBackend(Backend):
    """Torch on a device.

    Args:
        devices: all GPUs that a sweep may use at once, where that is more than `device`.
    """

    name: ClassVar[str] = "torch"
    devices: tuple[str, ...] = ()

    def each(self) -> list[Backend]:
        return [replace(self, device=device, devices=()) for device in self.devices] or [self]

    @contextmanager
    def in_one_thread(self) -> Iterator[None]:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)

    def without_autocast(self) -> AbstractContextManager[Any]:
        kind = self.device.partition(":")[0]
        return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()

    @property
    def is_cuda(self) -> bool:
        return self.device.startswith("cuda")

    @property
    def free_memory(self) -> int | None:
        if not self.is_cuda:
            return None
        # what torch's own pool holds and no array uses is free too
        pooled = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return int(torch.cuda.mem_get_info(self.device)[0]) + pooled

    def release(self) -> None:
        if self.is_cuda:
            torch.cuda.empty_cache()

    @property
    def out_of_memory(self) -> type[BaseException]:
        return torch.OutOfMemoryError

    def put(self, array: NDArray[Any], dtype: Any = None) -> Array:
        if array.dtype.kind == "u" and array.itemsize > 1:  # torch computes with few unsigned types
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
        dtype = torch.from_numpy(np.empty(0, array.dtype)).dtype
        buffer = torch.empty(array.shape, dtype=dtype, pin_memory=pinned)
        np.copyto(buffer.numpy(), array)
        return buffer

    def queue(self) -> Any:
        return torch.cuda.Stream(self.device) if self.is_cuda else None  # type: ignore[no-untyped-call]

    @contextmanager
    def queued(self, queue: Any) -> Iterator[Any]:
        if queue is None:
            yield None
            return
        end = torch.cuda.Event()  # type: ignore[no-untyped-call]
        with torch.cuda.stream(queue):
            yield end
            end.record(queue)

    def meet(self, end: Any, *arrays: Array) -> None:
        if end is None:
            return
        main = torch.cuda.current_stream(self.device)
        main.wait_event(end)
        for array in arrays:
            array.record_stream(main)

    def current(self) -> AbstractContextManager[Any]:
        return torch.cuda.device(self.device) if self.is_cuda else nullcontext()

    def get(self, array: Array) -> NDArray[Any]:
        found: NDArray[Any] = array.numpy(force=True)
        return found

    def largest(self, array: Array, k: int) -> Array:
        return array.topk(k, dim=1, sorted=False).values

    def product(self, x: Array, y: Array, out: Array = None) -> Array:
        return torch.mm(x, y.T, out=self.fitting(x, y, out))

    def group_maxima(self, array: Array, groups: int, *, positive: bool, by_column: bool = False) -> Array:
        if not positive or array.dtype != torch.bfloat16:
            return super().group_maxima(array, groups, positive=positive, by_column=by_column)
        # numbers that are not negative order like their bits, and above all negative ones: several times as fast
        bits = super().group_maxima(array.view(torch.int16), groups, positive=positive, by_column=by_column)
        return bits.view(torch.bfloat16)

    def blanked(self, array: Array, out: Array) -> Array:
        return array.masked_fill_(out, -float("inf"))

    def at_least(
        self, array: Array, least: NDArray[np.float64], *, positive: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if array.dtype != torch.bfloat16:
            return super().at_least(array, least, positive=positive)
        if not positive:
            return super().at_least(array.to(torch.float32), least, positive=False)
        bits = array.view(torch.int16).numpy()
        # the upper half of a float32 is its bfloat16, and one more is the next
        low = rounded_up(least, np.dtype(np.float32)).view(np.int32)
        places = np.flatnonzero(bits >= ((low + 0xFFFF) >> 16).astype(np.int16)[:, None])
        near = (bits.ravel()[places].astype(np.int32) << 16).view(np.float32)
        return places, near.astype(np.float64)

    def manhattan(self, x: Array, y: Array) -> Array:
        return torch.cdist(x, y, p=1.0)


def torch_backend(device: str) -> TorchBackend:
    """Return the backend of a device, `auto` among them, with torch set to the accuracy that is promised.

    Raises:
        ResourceError: the device is not there.
    """
    # TF32 would keep 10 bits of each factor: far outside the promised tolerance
    torch.set_float32_matmul_precision("highest")
    # nor may the parts of a long sum be added in bfloat16: a kernel's bound allows for one rounding, at the end
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    found = _found(device)
    count = torch.cuda.device_count() if found == "cuda" else 1
    return TorchBackend(found, xp, devices=tuple(f"cuda:{number}" for number in range(count)) if count > 1 else ())


def _found(device: str) -> str:
    """Return the name of a device that is there."""
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
