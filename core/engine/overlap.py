"""Work that overlaps: items are read by the caller's thread while others are computed."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def overlapped(function: Callable[[Item], Outcome], items: Iterable[Item], workers: int) -> Iterator[Outcome]:
    """Yield `function(item)` of each item, in order; few items are held at a time.

    Args:
        function: runs in another thread, several at once.
        items: drawn in the caller's thread, because a reader has one cursor.
        workers: how many threads; one item alone needs none.
    """
    drawn = iter(items)
    head = list(islice(drawn, 2))
    if len(head) < 2 or workers < 2:
        yield from map(function, chain(head, drawn))
        return
    waiting: deque[Future[Outcome]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for item in chain(head, drawn):
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
