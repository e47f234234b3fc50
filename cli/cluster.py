"""The blocks of a work folder on a Ray cluster: workers take numbers of blocks from a queue, and write what these give.

A worker is the command itself as a part of a run, whose blocks are those that the queue gives it, one at a time, in
ascending order. No vectors go through Ray: workers read inputs and write blocks themselves. A worker that is lost gives
its block back, and another takes its place; a block that is lost too often ends the run.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from simtool.errors import ParameterError, ResourceError, SimtoolError
from simtool.results import Progress

from .block_queue import Queue

TRIES, LOSSES = 4, 12  # of a block that fails, and of one whose worker is killed each time
ROUNDS = 100
KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_THREAD_TIMEOUT")  # which the workers take as this process does
POLLED = 0.2  # seconds between two looks at what is done
OBJECTS = 100 << 20  # bytes of Ray's store on a node of our own: nothing large goes through it

Part = Callable[
    [Callable[[str, int], Iterable[int]]], tuple[str, int]
]  # takes a share, gives a stage and what it misses


class Worker:
    """One process of a cluster."""

    def pid(self) -> int:
        """Return the number of the process."""
        return os.getpid()

    def run(self, name: str, part: Part, queue: Any) -> tuple[str, int]:
        """Compute blocks until the queue has none; return the stage that misses some, and how many."""
        import ray

        def share(stage: str, count: int) -> Iterator[int]:
            while (number := ray.get(queue.take.remote(name, stage, count))) is not None:
                yield number

        return part(share)


def compute(cluster: str, workers: int | None, device: str, part: Part, progress: Progress | None) -> None:
    """Compute all blocks of a run.

    Args:
        cluster: `ray`, which starts one here, or `ray://ADDRESS` of the head of one.
        workers: how many; by default one for each processor, or for each GPU where the device is one.
        part: computes a share of the blocks.
        progress: called with the blocks of a stage that are done and their number.

    Raises:
        ParameterError: this is no cluster.
        ResourceError: Ray is not installed or not there, or a block was lost too often.
    """
    try:
        ray: Any = import_module("ray")
    except ImportError:
        raise ResourceError("Ray is not installed", "«cluster»", "pip install 'simtool-embeddings[cluster]'") from None
    with _connected(ray, cluster, workers):
        unit = "GPU" if device.startswith("cuda") else "CPU"
        there = int(ray.cluster_resources().get(unit, 0))
        if not there:
            raise ResourceError(f"the cluster has no {unit}", "«cluster»", "«device» names another")
        crew = _Crew(ray, part, workers or there, {"num_gpus": 1, "num_cpus": 0} if unit == "GPU" else {"num_cpus": 1})
        try:
            for _ in range(ROUNDS):
                if not crew.round(progress):
                    return
        finally:
            crew.end()
    raise ResourceError(f"blocks are still missing after {ROUNDS} rounds", "«cluster»", "do all nodes see the folder?")


@contextmanager
def _connected(ray: Any, cluster: str, workers: int | None) -> Iterator[None]:
    """Start Ray here, or reach a cluster; leave it as it was."""
    name, mark, address = cluster.partition("://")
    if name != "ray" or (mark and not address):
        raise ParameterError(f"expected ray or ray://ADDRESS, got {cluster!r}", "«cluster»")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    how: dict[str, Any] = {"address": address}
    if not address:  # another cluster of this machine is not ours
        how = {"address": "local", "num_cpus": workers, "object_store_memory": OBJECTS, "include_dashboard": False}
    # the last digit of a score is that of the kernels that numpy's products are made of
    how["runtime_env"] = {"env_vars": {name: os.environ[name] for name in KERNELS if name in os.environ}}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ray.init(**how, log_to_driver=False, logging_level="ERROR")
    except Exception as error:
        what = f"the cluster cannot be reached: {error}" if address else f"Ray does not start: {error}"
        raise ResourceError(what.splitlines()[0], "«cluster»", "ray start --head shows the address of a head") from None
    try:
        for number, handler in handlers.items():  # Ray has its own, which show a trace
            signal.signal(number, handler)
        yield
    finally:
        ray.shutdown()


class _Crew:
    """The workers of a run and their queue.

    Args:
        needs: what Ray keeps free for each.
    """

    def __init__(self, ray: Any, part: Part, size: int, needs: Mapping[str, int]) -> None:
        self.ray, self.part, self.size = ray, part, size
        self.kind = ray.remote(**needs)(Worker)
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )  # the queue lives as long as this process, whichever other node is lost
        self.queue = ray.remote(num_cpus=0, scheduling_strategy=here)(Queue).remote()
        self.workers: dict[str, Any] = {}
        self.named = 0

    def round(self, progress: Progress | None) -> bool:
        """Let all workers compute until no block is left to take; return whether another round is needed."""
        self.ray.get(self.queue.again.remote())
        running = dict(map(self._begin, [*self.workers, *[None] * (self.size - len(self.workers))]))
        missing, idle = False, list[str]()
        while running:
            ended, _ = self.ray.wait(list(running), timeout=POLLED)
            for task in ended:
                worker = running.pop(task)
                outcome = self._outcome(task, worker)
                if outcome is None:
                    running |= [self._begin(None)]
                else:
                    missing |= bool(outcome[1])
                    idle.append(worker)
            self._say(progress)
            lost, asked = self.ray.get(self.queue.left.remote())
            running |= map(self._begin, idle[:lost])
            del idle[:lost]
            if idle and not asked.intersection(running.values()):
                for worker in running.values():  # the cluster has no room for these, or they come too late
                    self.ray.kill(self.workers.pop(worker))
                break
        return missing

    def _say(self, progress: Progress | None) -> None:
        if progress is not None:
            done, count = self.ray.get(self.queue.state.remote())
            if count:
                progress(done, count)

    def end(self) -> None:
        """End all workers."""
        for worker in (*self.workers.values(), self.queue):
            self.ray.kill(worker)

    def _begin(self, name: str | None) -> tuple[Any, str]:
        """Let a worker, or a new one, compute; return its task and its name."""
        if name is None:
            self.named += 1
            name = f"worker {self.named}"
            self.workers[name] = self.kind.remote()
        return self.workers[name].run.remote(name, self.part, self.queue), name

    def _outcome(self, task: Any, worker: str) -> tuple[str, int] | None:
        """Return what a worker came to; None where it was lost, or failed in a way that may pass.

        Raises:
            SimtoolError: the command is refused.
            ResourceError: a block failed too often.
        """
        most = TRIES
        try:
            found: tuple[str, int] = self.ray.get(task)
            return found
        except self.ray.exceptions.RayTaskError as error:
            reason = error.cause
            if isinstance(reason, SimtoolError) and not isinstance(reason, ResourceError):
                raise reason from None
        except self.ray.exceptions.RayError as error:
            reason, most = error, LOSSES
        self.ray.kill(self.workers.pop(worker))
        where, tries = self.ray.get(self.queue.give_back.remote(worker, self.size))
        if tries >= most:
            if isinstance(reason, ResourceError):
                raise reason from None
            what = f"{where} failed {tries} times: {type(reason).__name__}: {reason}".splitlines()[0]
            raise ResourceError(what, "«cluster»", "what is done is kept with «work»: the same command goes on")
        time.sleep(POLLED)
        return None
