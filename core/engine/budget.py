"""The bytes that a job may take, checked before it starts, and what they are spent on."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from ..errors import ResourceError
from ..io import Vectors, as_vectors, select
from ..memory import WORKING, allowed_bytes, share_of, shown
from ..results import Column
from .plan import Plan
from .resident_rows import held_bytes, resident
from .threads import processors

CANDIDATE = 120  # bytes that a candidate takes while candidates are joined, sorted and scored
WIDEST = 1 << 16  # rows of B in a tile on a GPU
LONG_TILE = 64 << 20
FEWEST, MOST = 1 << 17, 1 << 21  # candidates


@dataclass(frozen=True)
class Budget:
    """How many bytes a job may take beyond the interpreter and its libraries.

    Args:
        total: all of them.
        held: those that the opened inputs take already.
    """

    total: int
    held: int = 0

    @property
    def left(self) -> int:
        """What the inputs have left."""
        return max(0, self.total - self.held)

    @property
    def candidates(self) -> int:
        """How many candidates may be held before they are reduced to the exact best."""
        return max(FEWEST, min(MOST, self.left // 4 // CANDIDATE))

    @property
    def mapped(self) -> int:
        """How large an input may be before it is put into a file and mapped."""
        return share_of(self.total)

    @property
    def long_tile(self) -> int:
        """How large a tile that holds whole rows of upper bounds may be."""
        return min(LONG_TILE, self.left // 16)

    def plan(self, rows: int, columns: int, dims: int, itemsize: int) -> Plan:
        """Return the plan of a sweep, with as many prepared rows of B kept, and lanes, as there is room for."""
        lanes = max(1, self.left // 4 // (WORKING + MOST * CANDIDATE))
        return Plan.of(rows, columns, dims, kept_columns=_kept(self.left, dims, itemsize), lanes=lanes)

    def scan_bytes(self, plan: Plan, dims: int, itemsize: int) -> int:
        """Return what a sweep takes at most beside its inputs and what any job needs.

        That is its lanes, the prepared rows of B, and its candidates.

        Args:
            plan: the sweep.
            dims: numbers in a row.
            itemsize: bytes of a prepared number.
        """
        lanes = min(plan.lanes, processors(), -(-plan.rows // plan.query_block))
        prepared = min(plan.columns, plan.kept_columns) * _kept_row(dims, itemsize)
        return (lanes - 1) * WORKING + lanes * min(MOST, plan.rows * plan.columns) * CANDIDATE + prepared

    def check(self, size: int, what: str, hint: str = "") -> None:
        """Refuse work that does not fit beside its inputs, before it starts.

        Args:
            size: the bytes that it holds at once, beyond the inputs and what any job needs.
            what: its name, at the start of the message.
            hint: what to type instead of a larger budget.
        """
        needed = size + self.held + WORKING
        if needed > self.total:
            message = f"{what} takes about {shown(needed)}, {shown(self.total)} may be used"
            enough = f"«max_memory={-(-needed >> 20)}M» makes room for it"
            raise ResourceError(message, "«max_memory»", f"{hint}; or {enough}" if hint else enough)


def on_device(plan: Plan, free: int | None, dims: int, itemsize: int) -> Plan:
    """Return a plan with as wide tiles, and as many prepared rows of B kept, as a device has room for.

    A tile that suits the caches of a CPU keeps a GPU busy for less time than it takes to ask for it.

    Args:
        plan: with the tiles of the host, and the rows that it has room for.
        free: bytes of the device, or None where its memory is the host's.
        dims: numbers in a row.
        itemsize: bytes of a prepared number.
    """
    if free is None:
        return plan
    corpus_block = plan.corpus_block
    # a tile in float64 and the widened rows of a block each stay within an eighth of what is free
    most = min(WIDEST, free // 8 // (8 * max(plan.query_block, dims)))
    while corpus_block < plan.columns and 2 * corpus_block <= most:
        corpus_block *= 2
    return replace(plan, corpus_block=corpus_block, kept_columns=_kept(free, dims, itemsize))


def _kept(total: int, dims: int, itemsize: int) -> int:
    """Return how many prepared rows, each with its norm and loss, are kept in half of some bytes."""
    return max(0, total // 2 - WORKING) // _kept_row(dims, itemsize)


def _kept_row(dims: int, itemsize: int) -> int:
    return dims * itemsize + 16


_running: ContextVar[Budget | None] = ContextVar("budget of the running job", default=None)


def budget_of(max_memory: str | int | None, *inputs: Vectors | None) -> Budget:
    """Return a budget beside inputs that are open.

    Args:
        max_memory: as for `allowed_bytes`; None is the budget of the running job, if there is one.
        *inputs: what is open already.

    Raises:
        ParameterError, ResourceError: as `allowed_bytes`.
    """
    running = _running.get()
    if max_memory is None and running is not None:
        return running
    return Budget(allowed_bytes(max_memory), sum(held_bytes(vectors) for vectors in inputs if vectors is not None))


@contextmanager
def spending(budget: Budget) -> Iterator[Budget]:
    """Make a budget that of the running job, for work that is too deep to be handed one."""
    token = _running.set(budget)
    try:
        yield budget
    finally:
        _running.reset(token)


def gathered(rows: Column, numbers: Column, budget: Budget | None = None) -> Column:
    """Return some rows: in memory where an input may hold as many bytes, else in a file that is mapped.

    Args:
        rows: (n, ...) rows.
        numbers: (k,) which.
        budget: by default that of the running job.
    """
    return resident(select(as_vectors(rows), numbers), (budget or budget_of(None)).mapped)
