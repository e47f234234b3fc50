"""How much memory there is, what a job may take of it, and the refusal of what does not fit. Imports no arrays.

A job is allowed some bytes beyond the interpreter and its libraries. `WORKING` of them are for tiles, widened rows and
gathered pairs, which do not grow with the inputs; of the rest each reader may hold a quarter, so that two inputs leave
half to the operation.
"""

import os
import re
from pathlib import Path

from .errors import ParameterError, ResourceError

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGT]?)(?:i?B)?|(%))", re.IGNORECASE)
WORKING = 160 << 20
LEAST_HELD = 8 << 20  # what each reader may always hold: within what `WORKING` leaves free while inputs are opened


def available_memory() -> int:
    """Return the bytes that this process may still take, by the machine and its control group."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.exists() and used.exists() and limit.read_text().strip() != "max":
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    return max(free, 0)


def allowed_bytes(max_memory: str | int | None) -> int:
    """Read how many bytes a job may take.

    Args:
        max_memory: `512M`, `4G`, a number of bytes, `50%` of the memory that is free; None for a quarter of it.

    Raises:
        ParameterError: another form, or less than the work itself needs.

    Example:
        >>> allowed_bytes("1G")
        1073741824
    """
    if max_memory is None:
        return max(available_memory() // 4, 2 * WORKING)
    match = SIZE.fullmatch(str(max_memory).strip())
    if not match:
        raise ParameterError(f"expected a size, got {max_memory!r}", "--max-memory", "as in 512M, 4G or 50%")
    number = float(match[1])
    total = int(available_memory() * number / 100) if match[3] else int(number * UNITS[match[2].upper()])
    if total < WORKING:
        what = f"{max_memory} is less than the {shown(WORKING)} that any job needs"
        raise ParameterError(what, "--max-memory")
    return total


def held_at_most(max_memory: str | int | None) -> int:
    """Return how many bytes the reader of one input may hold; the arguments and errors are those of `allowed_bytes`."""
    return max(LEAST_HELD, (allowed_bytes(max_memory) - WORKING) // 4)


def check_held(size: int, most: int, what: str, where: str, hint: str = "") -> None:
    """Refuse to hold what does not fit, before it is read.

    Args:
        size: bytes that will be held.
        most: bytes that the reader may hold.
        what: what is held, at the start of the message, as in "the text".
        where: the input.
        hint: what does without holding it, such as another format.

    Raises:
        ResourceError: it does not fit; names the estimate and the budget that would do.
    """
    if size <= most:
        return
    enough = f"--max-memory {-((-4 * size - WORKING) >> 20)}M makes room for it"
    message = f"{what} takes about {shown(size)} of memory, {shown(most)} of the budget may go to one input"
    raise ResourceError(message, where, f"{enough}; {hint}" if hint else enough)


def shown(size: int) -> str:
    """Return bytes as people read them."""
    return f"{size / UNITS['G']:.1f} GiB" if size >= UNITS["G"] else f"{size / UNITS['M']:.0f} MiB"
