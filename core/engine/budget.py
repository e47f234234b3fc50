"""The bytes that a job may take, checked before it starts, and what they are spent on."""

from dataclasses import dataclass, replace

from ..errors import ResourceError
from ..memory import WORKING, allowed_bytes, shown
from .tiles import Plan

CANDIDATE = 120  # bytes that a candidate takes while candidates are joined, sorted and scored
WIDEST = 1 << 16  # rows of B in a tile on a GPU
FEWEST, MOST = 1 << 17, 1 << 21  # candidates


@dataclass(frozen=True)
class Budget:
    """How many bytes a job may take beyond the interpreter and its libraries.

    Args:
        total: all of them.
    """

    total: int

    @property
    def candidates(self) -> int:
        """How many candidates may be held before they are reduced to the exact best."""
        return max(FEWEST, min(MOST, self.total // 4 // CANDIDATE))

    @property
    def mapped(self) -> int:
        """How large an input may be before it is put into a file and mapped."""
        return self.total // 4

    def plan(self, rows: int, columns: int, dims: int, itemsize: int) -> Plan:
        """Return the plan of a sweep, with as many prepared rows of B kept, and lanes, as there is room for."""
        lanes = max(1, self.total // 4 // (WORKING + MOST * CANDIDATE))
        return Plan.of(rows, columns, dims, kept_columns=_kept(self.total, dims, itemsize), lanes=lanes)

    def check(self, size: int, what: str, hint: str) -> None:
        """Refuse a result that does not fit, before the work.

        Args:
            size: its bytes.
            what: its name, at the start of the message.
            hint: what to type instead.
        """
        needed = size + WORKING
        if needed > self.total:
            raise ResourceError(
                f"{what} takes about {shown(needed)}, {shown(self.total)} may be used", "--max-memory", hint
            )


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
    block = plan.block
    # a tile in float64 and the widened rows of a block each stay within an eighth of what is free
    most = min(WIDEST, free // 8 // (8 * max(plan.stripe, dims)))
    while block < plan.columns and 2 * block <= most:
        block *= 2
    return replace(plan, block=block, kept_columns=_kept(free, dims, itemsize))


def _kept(total: int, dims: int, itemsize: int) -> int:
    """Return how many prepared rows, each with its norm and loss, are kept in half of some bytes."""
    return max(0, total // 2 - WORKING) // (dims * itemsize + 16)


def budget_of(max_memory: str | int | None) -> Budget:
    """Return the budget that was typed; the arguments and errors are those of `allowed_bytes`."""
    return Budget(allowed_bytes(max_memory))
