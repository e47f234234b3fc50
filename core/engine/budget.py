"""The bytes that a job may take, checked before it starts, and what they are spent on."""

import re
from dataclasses import dataclass, replace

from ..errors import ParameterError, ResourceError
from .memory import available_memory
from .tiles import Plan

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGT]?)(?:i?B)?|(%))", re.IGNORECASE)
WORKING = 160 << 20  # tiles, widened rows and gathered pairs, which do not grow with the inputs
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


def budget_of(text: str | int | None) -> Budget:
    """Read a budget.

    Args:
        text: `512M`, `4G`, a number of bytes, `50%` of the memory that is free; None for a quarter of it.

    Raises:
        ParameterError: another form, or less than the work itself needs.

    Example:
        >>> budget_of("1G").total
        1073741824
    """
    free = available_memory()
    if text is None:
        return Budget(max(free // 4, 2 * WORKING))
    match = SIZE.fullmatch(str(text).strip())
    if not match:
        raise ParameterError(f"expected a size, got {text!r}", "--max-memory", "as in 512M, 4G or 50%")
    number = float(match[1])
    total = int(free * number / 100) if match[3] else int(number * UNITS[match[2].upper()])
    if total < WORKING:
        raise ParameterError(f"{text} is less than the {shown(WORKING)} that any job needs", "--max-memory")
    return Budget(total)


def shown(size: int) -> str:
    """Return bytes as people read them."""
    return f"{size / UNITS['G']:.1f} GiB" if size >= UNITS["G"] else f"{size / UNITS['M']:.0f} MiB"
