"""Work that overlaps: items are read by the caller's thread while others are computed."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

BLOCK = 1 << 16  # rows whose numbers, one or a few of each, stay in a core's cache
_here = threading.local()  # `unwanted` is there in a thread that `overlapped` started


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def overlapped(function: Callable[[Item], Outcome], items: Iterable[Item], workers: int) -> Iterator[Outcome]:
    """Yield `function(item)` of each item, in order; few items are held at a time. A worker starts no others.

    Args:
        function: runs in another thread, several at once.
        items: drawn in the caller's thread, because a reader has one cursor.
        workers: how many threads; one item alone needs none.
    """
    drawn = iter(items)
    head = list(islice(drawn, 2))
    if len(head) < 2 or workers < 2 or hasattr(_here, "unwanted"):
        yield from map(function, chain(head, drawn))
        return
    from concurrent.futures import ThreadPoolExecutor  # 5 ms that small jobs need not take

    waiting: deque[Future[Outcome]] = deque()
    unwanted = threading.Event()
    pool = ThreadPoolExecutor(workers, initializer=setattr, initargs=(_here, "unwanted", unwanted))
    try:
        for item in chain(head, drawn):
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        unwanted.set()
        pool.shutdown(cancel_futures=True)


def stop_if_unwanted() -> None:
    """End what a thread that `overlapped` started is at, where nobody waits for it: another failed, or Ctrl-C.

    Raises:
        CancelledError: which nobody sees.
    """
    if hasattr(_here, "unwanted") and _here.unwanted.is_set():
        from concurrent.futures import CancelledError

        raise CancelledError


def in_blocks(function: Callable[[slice], Outcome], rows: int) -> list[Outcome]:
    """Return `function(block)` of ranges of rows that do not depend on the machine, in order, several at once."""
    blocks = (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))
    return list(overlapped(function, blocks, processors()))
