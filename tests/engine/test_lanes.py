"""Several devices, queues of copies beside the work, and memory that a device has: the same answers as one CPU.

There need not be a GPU: two names of the CPU are two devices, and a queue that delivers late stands for a stream.
"""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simtool import pairwise
from simtool.backend import choose_backend
from simtool.backend.torch_backend import TorchBackend
from simtool.engine import budget, lanes
from simtool.engine import sweep as sweeps
from simtool.engine.budget import WIDEST, WORKING, on_device
from simtool.engine.exclusion import Exclusion
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan, Span
from simtool.engine.reducers.base import Reducer, SelectionSpec
from simtool.engine.reducers.closest_pairs import ClosestPairs
from simtool.engine.reducers.full_matrix import Full
from simtool.engine.reducers.self_join_top_k import SelfJoinTopK
from simtool.engine.reducers.threshold import Threshold
from simtool.engine.reducers.top_k import TopK
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import sweep
from simtool.errors import DataError, ParameterError
from simtool.work import working

ROWS = np.random.default_rng(0).integers(-3, 4, (1100, 5)).astype("f4")  # whole numbers: many ties and equal rows
ITSELF = Exclusion.of_rows(len(ROWS), len(ROWS))
PLAN = Plan(1100, 1100, 100, 256)
NAMES = ("cpu", "cpu:0")  # one processor that goes by two names


def on(devices):
    """The CPU as that many devices."""
    return replace(choose_backend("torch"), devices=devices)


def answers(backend, dtype="float32", plan=PLAN):
    """What each selection finds in a set of rows, and the bytes of its matrix."""
    kernel, pairs = Kernel("cosine", dtype, False, backend), Pairs("cosine", ROWS, ROWS, scaled=False)
    plain = SelectionSpec(kernel, pairs, larger_is_closer=True, excluded=ITSELF)
    once = replace(plain, upper_triangle=True)
    found = [[] for _ in range(6)]
    reducers = [
        TopK(5, plain, found[0].append),
        SelfJoinTopK(5, once, plan.query_block, found[1].append),
        Threshold(0.9, 10**9, once, found[2].append),
        ClosestPairs(40, once, found[3].append),
        ClosestPairs(30_000, replace(once, most=1000), found[4].append),
        ClosestPairs(40, replace(plain, excluded=None), found[5].append),
    ]
    for reducer in reducers:
        sweep(ROWS, ROWS, kernel, reducer, plan)
        if isinstance(reducer, ClosestPairs):
            reducer.finish()
    listed = [[np.concatenate(part).tobytes() for part in zip(*hits, strict=True)] for hits in found]
    return listed, *matrix(replace(kernel, dtype="float32"), pairs, plan)


def matrix(kernel, pairs, plan):
    parts = []

    def take(start, scores):
        parts.append((start, scores.tobytes()))

    with Full(kernel, pairs, plan.columns, np.float32, take, excluded=ITSELF, propagate=False) as full:
        sweep(ROWS, ROWS, kernel, full, plan)
        return parts, full.moments()


@contextmanager
def unequal():
    """Make the first device slow at every other query block, so that later ones are finished before earlier ones."""
    tile, seen = Kernel.tile, []

    def slow(kernel, x, y, out=None):
        name = kernel.backend.device
        if name == NAMES[0] and len(seen) % 2:
            time.sleep(0.002)
        seen.append(name)
        return tile(kernel, x, y, out)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Kernel, "tile", slow)
        yield seen


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_two_devices_give_the_bytes_of_one(dtype):
    alone = answers(on(()), dtype)
    assert alone[0][0] == alone[0][1]  # the two ways to the k best
    assert len(alone[1]) == 11
    with unequal() as seen:
        assert answers(on(NAMES), dtype) == alone
    assert set(seen) == set(NAMES)


def test_two_devices_keep_the_work_of_one(tmp_path):
    alone, _, moments = answers(on(()))
    kernels, partial = set(), TopK.partial
    with pytest.MonkeyPatch.context() as patch, unequal() as seen, working(str(tmp_path), "test", {}):
        patch.setattr(TopK, "partial", lambda self, kernel: kernels.add(kernel.backend.device) or partial(self, kernel))
        assert answers(on(NAMES))[::2] == (alone, moments)
    assert set(NAMES) <= set(seen)
    assert set(NAMES) <= kernels  # a reducer has the kernel of the device that scores its tiles
    with working(str(tmp_path), "test", {}):
        assert answers(on(NAMES))[::2] == (alone, moments)


class Order(Reducer):
    """Notes what it is given; it cannot be divided."""

    def __init__(self):
        self.log = []

    def begin(self, query_block):
        self.log.append(("begin", query_block.start))

    def take(self, query_block, corpus_block, tile):
        self.log.append((query_block.start, corpus_block.start, tile.proxy.tolist()))

    def end(self, query_block):
        self.log.append(("end", query_block.start))


@pytest.mark.parametrize("late", NAMES)
def test_stripes_arrive_in_order_whichever_device_is_first(monkeypatch, late):
    rows, alone, spread, seen = ROWS[:40], Order(), Order(), []
    sweep(rows, rows, Kernel("dot", "float64", False, on(())), alone, Plan(40, 40, 4, 16))
    prepare = Kernel.prepare

    def slow(kernel, part):
        time.sleep(0.003 * (kernel.backend.device == late))
        return prepare(kernel, part)

    monkeypatch.setattr(Kernel, "prepare", slow)
    kernel = Kernel("dot", "float64", False, on(NAMES))
    sweep(rows, rows, kernel, spread, Plan(40, 40, 4, 16), lambda done, total: seen.append((done, total)))
    assert spread.log == alone.log
    assert seen == [(done, 40) for done in range(4, 41, 4)]


def test_a_stripe_stays_on_its_device(monkeypatch):
    made, tile, prepare = {}, Kernel.tile, Kernel.prepare

    def noted(kernel, part):
        side = prepare(kernel, part)
        made[id(side.rows)] = (kernel.backend.device, side)
        return side

    def checked(kernel, x, y, out=None):
        assert {made[id(side.rows)][0] for side in (x, y)} == {kernel.backend.device}
        return tile(kernel, x, y, out)

    monkeypatch.setattr(Kernel, "prepare", noted)
    monkeypatch.setattr(Kernel, "tile", checked)
    answers(on(NAMES), plan=replace(PLAN, kept_columns=512))
    assert {device for device, _ in made.values()} == set(NAMES)


def test_tiles_that_are_held_stay_few(monkeypatch):
    used, tile = set(), Kernel.tile
    monkeypatch.setattr(sweeps, "BUFFERED_BYTES", 4 * 40 * 8)
    monkeypatch.setattr(
        Kernel, "tile", lambda kernel, x, y, out=None: used.add(kernel.backend.device) or tile(kernel, x, y)
    )
    kernel = Kernel("dot", "float64", False, on(NAMES))
    for columns, devices in ((40, set(NAMES)), (41, {"cpu"})):
        used.clear()
        sweep(ROWS[:400], ROWS[:columns], kernel, Order(), Plan(400, columns, 4, 16))
        assert used == devices
    spec = SelectionSpec(kernel, Pairs("dot", ROWS, ROWS, scaled=False), larger_is_closer=True)
    sweep(ROWS, ROWS, kernel, TopK(2, spec, lambda hits: None), PLAN)  # its parts hold no tiles
    assert used == set(NAMES)


def test_the_device_of_a_lane_is_the_current_one(monkeypatch):
    inside, entered = threading.local(), []

    @contextmanager
    def current(backend):
        inside.device = backend.device
        yield
        inside.device = None

    def noted(kernel, x, y, out=None):
        entered.append(inside.device == kernel.backend.device)
        return tile(kernel, x, y, out)

    tile = Kernel.tile
    monkeypatch.setattr(TorchBackend, "current", current)
    monkeypatch.setattr(Kernel, "tile", noted)
    for devices in ((), NAMES):
        answers(on(devices))
    assert all(entered)


def test_devices_work_at_the_same_time(monkeypatch):
    both, meetings, tile = threading.Barrier(2, timeout=10), [], Kernel.tile

    def met(kernel, x, y, out=None):
        meetings.append((both.wait(), kernel.backend.device))  # a device alone waits for ever
        return tile(kernel, x, y, out)

    monkeypatch.setattr(Kernel, "tile", met)
    sweep(ROWS[:4], ROWS[:4], Kernel("dot", "float64", False, on(NAMES)), Order(), Plan(4, 4, 2, 4))
    assert sorted(place for place, _ in meetings) == [0, 1]
    assert {device for _, device in meetings} == set(NAMES)


@pytest.mark.parametrize("devices", [(), NAMES])
def test_an_error_on_a_device_is_raised(devices):
    huge = np.where(np.arange(40)[:, None] < 36, ROWS[:40].astype("f8"), 1e200)
    kernel = Kernel("dot", "float64", False, on(devices))
    pairs = Pairs("dot", huge, huge, scaled=False)
    reducer = TopK(2, SelectionSpec(kernel, pairs, larger_is_closer=True), lambda hits: None)
    with pytest.raises(DataError, match="leaves the range of float64"):
        sweep(huge, huge, kernel, reducer, Plan(40, 40, 4, 16))


@pytest.mark.parametrize("most", [50, 3000, 60_000])
def test_too_many_pairs_of_all_devices_together_are_refused(most):
    # in 1100 rows of five whole numbers from -3 to 3 far more pairs reach 0.5, and none of the query blocks alone does
    kernel, pairs = Kernel("cosine", "float32", False, on(NAMES)), Pairs("cosine", ROWS, ROWS, scaled=False)
    spec = SelectionSpec(kernel, pairs, larger_is_closer=True, excluded=ITSELF)
    given = []
    reducer = Threshold(0.5, most, spec, given.append)
    with pytest.raises(ParameterError, match=f"more than {most:,} pairs reach 0.5"):
        sweep(ROWS, ROWS, kernel, reducer, PLAN)
    assert sum(len(hits[0]) for hits in given) <= most


# ---- which devices


@pytest.mark.parametrize(
    ("device", "count", "each"),
    [
        ("cuda", 1, ["cuda"]),
        ("cuda", 3, ["cuda:0", "cuda:1", "cuda:2"]),
        ("auto", 2, ["cuda:0", "cuda:1"]),
        ("cuda:1", 3, ["cuda:1"]),
        ("cpu", 3, ["cpu"]),
    ],
)
def test_cuda_is_every_gpu_and_a_number_is_one(monkeypatch, device, count, each):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    chosen = choose_backend("torch", device)
    assert [backend.device for backend in chosen.each()] == each
    assert not any(backend.devices for backend in chosen.each())
    assert [kernel.backend for kernel in Kernel("dot", "float32", False, chosen).each()] == chosen.each()


# ---- a queue beside the work


@dataclass(frozen=True)
class Late(TorchBackend):
    """The CPU with a queue whose work is done only when it is waited for: until then its arrays hold nothing."""

    log: list[Any] = field(default_factory=list, compare=False)
    here: Any = field(default_factory=threading.local, compare=False)

    def queue(self):
        return "beside"

    @contextmanager
    def queued(self, queue):
        assert queue == "beside"
        self.here.end = []
        yield self.here.end
        self.here.end = None

    def meet(self, end, *arrays):
        self.log.append(threading.current_thread().name)
        assert {id(array) for array in arrays} == {id(array) for array, _ in end}  # the memory of each is looked after
        for array, content in end:
            array[...] = content


def delivering_late(patch):
    prepare = Kernel.prepare

    def prepared(kernel, rows):
        side = prepare(kernel, rows)
        end = getattr(kernel.backend.here, "end", None)
        if end is not None:
            for array in (side.rows, side.norms, side.lost):
                end.append((array, array.clone()))
                array.fill_(float("nan"))
        return side

    patch.setattr(Kernel, "prepare", prepared)


@pytest.mark.parametrize("kept", [0, 512, 1100])
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_block_is_waited_for_before_it_is_used(monkeypatch, kept, dtype):
    plan = replace(PLAN, kept_columns=kept)
    alone = answers(on(()), dtype)
    delivering_late(monkeypatch)
    late = Late("cpu", choose_backend("torch").xp)
    assert answers(late, dtype, plan) == alone
    assert set(late.log) == {threading.current_thread().name}  # where the block is used, not where it is prepared


def test_the_next_block_is_prepared_while_this_one_is_multiplied(monkeypatch):
    begun, prepare, tile = {}, Kernel.prepare, Kernel.tile
    corpus_blocks = {start: threading.Event() for start in range(0, 1024, 256)}

    def noted(kernel, rows):
        start = next((s for s in corpus_blocks if np.shares_memory(rows, b[s : s + 1])), None)
        if start is not None:
            corpus_blocks[start].set()
            begun[start] = threading.current_thread().name
        return prepare(kernel, rows)

    def waiting(kernel, x, y, out=None):
        following = len(taken) + 1
        taken.append(following)
        assert following == 4 or corpus_blocks[256 * following].wait(10)  # nobody would come if reading did not overlap
        return tile(kernel, x, y, out)

    a, b, taken = ROWS[:5], ROWS[:1024].copy(), []
    monkeypatch.setattr(Kernel, "prepare", noted)
    monkeypatch.setattr(Kernel, "tile", waiting)
    sweep(a, b, Kernel("dot", "float32", False, on(())), Order(), Plan(5, 1024, 5, 256))
    assert len(taken) == 4
    assert threading.current_thread().name not in [begun[start] for start in (256, 512, 768)]


# ---- the memory of a device


def test_a_device_keeps_as_many_rows_as_it_has_room_for():
    plan = Plan(10, 10**6, kept_columns=5)
    assert on_device(plan, None, 64, 2) is plan  # the host's budget counts
    assert on_device(plan, WORKING, 64, 2).kept_columns == 0
    kept = on_device(plan, 8 << 30, 64, 2).kept_columns
    assert kept == ((4 << 30) - WORKING) // (64 * 2 + 16)  # half of what is free, less what the work itself takes


@settings(deadline=None)
@example(free=8_320_450_560, dims=1058, columns=61_441)  # a block that is no power of two
@given(free=st.integers(0, 1 << 37), dims=st.integers(1, 10**5), columns=st.integers(1, 10**7))
def test_the_tiles_of_a_device_stay_within_its_room(free, dims, columns):
    plan = Plan.of(5000, columns, dims)
    wide = on_device(plan, free, dims, 2)
    assert replace(wide, corpus_block=plan.corpus_block, kept_columns=0) == plan
    assert wide.corpus_block % plan.corpus_block == 0
    assert wide.corpus_block == plan.corpus_block or wide.corpus_block * max(plan.query_block, dims) * 8 <= free // 8
    assert wide.corpus_block <= WIDEST
    assert wide.corpus_block < 2 * max(columns, plan.corpus_block)


def test_a_large_gpu_gets_large_tiles():
    assert on_device(Plan.of(10**5, 10**6, 384), 80 << 30, 384, 2).corpus_block == WIDEST == 65536
    assert (
        on_device(Plan.of(10**5, 10**6, 384), 1 << 30, 384, 2).corpus_block == 16384
    )  # 1024 x 16384 x 8 bytes are 128 MiB


def prepared(patch):
    """Return a list of the numbers of rows that are prepared."""
    seen, prepare = [], Kernel.prepare
    patch.setattr(Kernel, "prepare", lambda kernel, rows: seen.append(len(rows)) or prepare(kernel, rows))
    return seen


@pytest.mark.parametrize(("free", "times"), [(None, 4), (0, 8), (1024, 4), (1023, 5), (600, 6)])
def test_the_room_of_the_device_decides_not_the_host_budget(monkeypatch, free, times):
    monkeypatch.setattr(budget, "WORKING", 0)
    if free is not None:  # rows, of five numbers of four bytes each, with a norm and a loss; half of them are kept
        monkeypatch.setattr(TorchBackend, "free_memory", property(lambda backend: 2 * free * (5 * 4 + 16)))
    seen = prepared(monkeypatch)
    kept = 1024 if free is None else 0
    sweep(ROWS[:14], ROWS[:1024], Kernel("dot", "float32", False, on(())), Order(), Plan(14, 1024, 7, 256, kept))
    assert seen.count(256) == times
    assert seen.count(7) == 2


def test_wider_tiles_change_nothing(monkeypatch):
    alone, widths, product = answers(on(())), set(), TorchBackend.product
    monkeypatch.setattr(TorchBackend, "free_memory", property(lambda backend: 16 * 512 * 100 * 8))

    def noted(backend, x, y, out=None):
        widths.add(y.shape[0])
        return product(backend, x, y, out)

    monkeypatch.setattr(TorchBackend, "product", noted)
    assert answers(on(())) == alone
    assert widths == {1024, 1100 - 1024}


@pytest.mark.parametrize("devices", [(), NAMES])
def test_kept_blocks_make_room_before_a_tile_is_halved(monkeypatch, devices):
    alone = answers(on(()))
    failures, released, product = {}, [], TorchBackend.product

    def short(backend, x, y, out=None):
        # the third product of a device does not fit, once
        failures[backend.device] = failures.get(backend.device, 0) + 1
        if failures[backend.device] == 3:
            raise backend.out_of_memory("no room")
        widths.append(y.shape[0])
        return product(backend, x, y, out)

    widths = []
    monkeypatch.setattr(TorchBackend, "product", short)
    monkeypatch.setattr(TorchBackend, "release", lambda backend: released.append(backend.device))
    assert answers(on(devices), plan=replace(PLAN, kept_columns=1100)) == alone
    assert set(widths) == {256, 1100 % 256}
    assert set(released) == set(devices or ["cpu"])


def test_nothing_is_kept_again_after_it_was_dropped():
    plan = Plan(1, 1024, 1, 256, 1024)
    corpus_blocks = lanes._CorpusBlocks(ROWS[:1024], Kernel("dot", "float32", False, on(())), plan)
    for held in (True, False):
        assert len(list(corpus_blocks.prepared(list(plan.corpus_blocks())))) == 4
        assert bool(corpus_blocks.kept) == held
        assert corpus_blocks.dropped() == held
    corpus_blocks.reader.shutdown()


def test_no_bound_counts_twice_when_parts_are_joined():
    kernel = Kernel("dot", "float32", False, on(()))
    spec = SelectionSpec(kernel, Pairs("dot", ROWS, ROWS, scaled=False), larger_is_closer=True)
    whole = ClosestPairs(4, spec, lambda hits: None, lower_bound=0.5, pool=np.asarray([0.9, 0.8]))
    for lower_bound in (0.5, 0.6):
        part = whole.partial(kernel)
        assert part.reducer.lower_bound == whole.lower_bound
        part.reducer.lower_bound, part.reducer.pool = lower_bound, np.append(whole.pool, 0.7)
        joined = replace(whole)
        joined.merge(Span(0, 1), part)
        assert (joined.lower_bound, joined.pool.tolist()) == (lower_bound, [0.9, 0.8, 0.7])


def test_a_block_that_cannot_be_prepared_is_tried_again_alone(monkeypatch):
    alone = answers(on(()))
    calls, prepare = [], Kernel.prepare

    def short(kernel, rows):
        calls.append(len(rows))
        if len(calls) == 4:
            raise kernel.backend.out_of_memory("no room")
        return prepare(kernel, rows)

    monkeypatch.setattr(Kernel, "prepare", short)
    assert answers(on(()), plan=replace(PLAN, kept_columns=1100)) == alone
    monkeypatch.setattr(Kernel, "prepare", lambda kernel, rows: (_ for _ in ()).throw(kernel.backend.out_of_memory()))
    with pytest.raises(torch.OutOfMemoryError):
        answers(on(()))


# ---- on a GPU


cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
several = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two CUDA devices")


@pytest.mark.gpu
@cuda
@pytest.mark.parametrize("kept", [0, 1100])
def test_cuda_copies_that_overlap_change_nothing(monkeypatch, kept):
    room = property(lambda backend: 2 * (WORKING + kept * (5 * 4 + 16)))
    monkeypatch.setattr(TorchBackend, "free_memory", room)
    assert answers(choose_backend("torch", "cuda:0"))[0] == answers(on(()))[0]


@pytest.mark.gpu
@cuda
def test_cuda_copies_of_many_large_blocks_are_whole():
    a, b = (np.random.default_rng(i).standard_normal((n, 256)).astype("f4") for i, n in ((0, 300), (1, 60_000)))
    found = pairwise(a, b, top_k=10, device="cuda", backend="torch").rows.columns
    expected = pairwise(a, b, top_k=10, backend="numpy").rows.columns
    assert all(found[name].tolist() == expected[name].tolist() for name in ("a", "b", "score"))


@pytest.mark.gpu
@cuda
def test_cuda_tells_its_memory():
    backend = choose_backend("torch", "cuda:0")
    free, total = torch.cuda.mem_get_info("cuda:0")
    assert 0 < backend.free_memory <= total
    assert backend.free_memory >= free // 2
    backend.release()


@pytest.mark.gpu
@several
def test_cuda_devices_give_the_bytes_of_one():
    assert answers(choose_backend("torch", "cuda")) == answers(choose_backend("torch", "cuda:0"))
