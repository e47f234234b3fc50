"""Torch keeps the accuracy that is promised; what a GPU is asked for goes through its queues in order."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from simtool.backend import backend_of, choose_backend
from simtool.backend.torch_backend import TorchBackend


def test_nothing_is_rounded_before_the_end():
    matmul = torch.backends.cuda.matmul
    torch.set_float32_matmul_precision("high")
    matmul.allow_bf16_reduced_precision_reduction = True
    assert matmul.allow_tf32
    choose_backend("torch")
    assert not matmul.allow_bf16_reduced_precision_reduction
    assert not matmul.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"


def test_a_queue_of_a_gpu_is_marked_at_its_end_and_waited_for(monkeypatch):
    log = []

    @contextmanager
    def stream(queue):
        log.append(("in", queue))
        yield
        log.append(("out", queue))

    def event():
        return SimpleNamespace(record=lambda queue: log.append(("record", queue)))

    main = SimpleNamespace(wait_event=lambda end: log.append(("wait", end)))
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: f"beside {device}")
    monkeypatch.setattr(torch.cuda, "Event", event)
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: main)
    backend = TorchBackend("cuda:1", None)
    queue = backend.queue()
    with backend.queued(queue) as end:
        log.append("work")
    arrays = [SimpleNamespace(record_stream=lambda used, i=i: log.append((i, used is main))) for i in range(2)]
    backend.meet(end, *arrays)
    inside = [("in", "beside cuda:1"), "work", ("record", "beside cuda:1"), ("out", "beside cuda:1")]
    assert log == [*inside, ("wait", end), (0, True), (1, True)]


def test_a_cpu_has_no_queue():
    for backend in (choose_backend("numpy"), choose_backend("torch")):
        assert backend.queue() is None
        with backend.queued(None) as end:
            assert end is None
        backend.meet(end, "anything")
        assert backend.free_memory is None


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i4", "i8", "u1"])
def test_what_is_staged_is_a_copy(tmp_path, dtype):
    array = np.arange(24).astype(dtype).reshape(4, 6)
    array.tofile(tmp_path / "rows")
    mapped = np.memmap(tmp_path / "rows", dtype=dtype, mode="r", shape=(4, 6))
    backend = choose_backend("torch")
    for view in (array, array[::-2, ::3], array.T, array[0, 0], mapped, mapped[1:, 2:]):
        staged = backend.staged(np.asarray(view), pinned=False)
        assert staged.is_contiguous()
        assert staged.numpy().dtype == array.dtype
        assert staged.tolist() == view.tolist()
    staged = backend.staged(array, pinned=False)
    staged.fill_(0)
    assert array[3, 5] == 23


def test_the_backend_of_a_tensor_leaves_the_settings_of_torch_alone():
    torch.set_float32_matmul_precision("high")
    backend = backend_of(torch.eye(3))
    assert (backend.name, backend.device) == ("torch", "cpu")
    assert torch.get_float32_matmul_precision() == "high"
    choose_backend("torch")
