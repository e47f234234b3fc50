"""How much memory there is, what a job may take of it, and the refusal of what does not fit. Imports no arrays.

A job is allowed some bytes beyond the interpreter and its libraries. `WORKING` of them are for tiles, widened rows and
gathered pairs, which do not grow with the inputs; of the rest each reader may hold a quarter, so that two inputs leave
half to the operation.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .errors import ParameterError, ResourceError

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGT]?)(?:i?B)?|(%))", re.IGNORECASE)
WORKING = 160 << 20
LEAST_HELD = 8 << 20  # what each reader may always hold: within what `WORKING` leaves free while inputs are opened

PROCESS = Path("/proc/self")
GROUPS = Path("/sys/fs/cgroup")
MOUNTS = Path("/proc/mounts")
# files of a control group: its limit, what it takes, and where its file cache is counted, which the kernel gives back
VERSION_2 = ("memory.max", "memory.current", ("inactive_file", "active_file"))
VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
MOST_BYTES = 1 << 63
LIBRARIES = 512 << 20  # addresses that numpy and pyarrow reserve, with one thread each
TORCH = 768 << 20  # addresses that torch reserves besides
THREAD = 128 << 20  # addresses that a thread more reserves: its stack, its heap, its buffers
IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")


def available_memory() -> int:
    """Return the bytes that this process may still take: of the machine, its control groups and its address space."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
    return max(0, min(free, address_space(), *_free_in_groups()))


def address_space() -> int:
    """Return the bytes of addresses that this process may still take, by `ulimit -v`."""
    try:
        import resource

        limit, taken = resource.getrlimit(resource.RLIMIT_AS)[0], PROCESS / "statm"
    except ImportError:  # Windows
        return MOST_BYTES
    if limit == resource.RLIM_INFINITY:
        return MOST_BYTES
    pages = int(taken.read_text().split()[0]) if taken.exists() else 0
    return max(0, limit - pages * os.sysconf("SC_PAGE_SIZE"))


def check_address_space(needed: int) -> None:
    """Refuse to load libraries into fewer addresses than they reserve: some end the process where they find none.

    Raises:
        ResourceError: less is left.
    """
    left = address_space()
    if left < needed:
        what = f"{shown(left)} of addresses are left to this process, and the libraries reserve {shown(needed)}"
        raise ResourceError(what, "ulimit -v", "ulimit -v unlimited; «max_memory» bounds what a job takes")


def prepare_address_space() -> None:
    """Before numpy and pyarrow are loaded: check that there is room, and where it is limited have them reserve little.

    Raises:
        ResourceError: less is left than they need.
    """
    check_address_space(LIBRARIES)
    left = address_space()
    if left == MOST_BYTES:
        return
    threads = str(max(1, min(os.cpu_count() or 1, (left - LIBRARIES) // THREAD)))
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS"):
        os.environ.setdefault(name, threads)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # the others reserve a GiB


def _free_in_groups() -> Iterator[int]:
    """Yield what is free in every control group that this process is in, from its own up to the root."""
    try:
        lines = (PROCESS / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, names = (GROUPS / "memory", VERSION_1) if controllers else (GROUPS, VERSION_2)
        own = root / path.strip("/")
        for folder in (own, *own.parents):
            if folder.is_relative_to(root):
                yield _free_in(folder, *names)


def _free_in(folder: Path, limit: str, used: str, cache: tuple[str, ...]) -> int:
    """Return what is free in a control group; a limit that is not there, or is `max`, is none."""
    try:
        free = int((folder / limit).read_text()) - int((folder / used).read_text())
    except (OSError, ValueError):
        return MOST_BYTES
    try:
        counted = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return free
    return free + sum(int(counted.get(name, 0)) for name in cache)


def lies_in_memory(folder: str) -> bool:
    """Tell whether files of a folder take memory, as those of a tmpfs do."""
    path = os.path.realpath(folder)
    if not MOUNTS.exists():
        return False
    found = ("", "")
    for line in MOUNTS.read_text().splitlines():
        _, point, kind, *_ = line.split(" ")
        if (path == point or path.startswith(point.rstrip("/") + "/")) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1] in IN_MEMORY


def allowed_bytes(max_memory: str | int | None) -> int:
    """Read how many bytes a job may take.

    Args:
        max_memory: `512M`, `4G`, a number of bytes, `50%` of the memory that is free; None for a quarter of it.

    Raises:
        ParameterError: another form, or less than the work itself needs.
        ResourceError: less than that is free.

    Example:
        >>> allowed_bytes("1G")
        1073741824
    """
    if max_memory is None:
        free = available_memory()
        if free < WORKING:
            what = f"{shown(free)} of memory are free, and any job needs {shown(WORKING)}"
            raise ResourceError(what, "", "end what else takes memory, or raise the limit of this process")
        return min(free, max(free // 4, 2 * WORKING))
    total = _typed_bytes(max_memory)
    if total < WORKING:
        what = f"{str(max_memory)[:40]} is less than the {shown(WORKING)} that any job needs"
        raise ParameterError(what, "«max_memory»", f"«max_memory={WORKING >> 20}M» is the least; or leave it out")
    return total


def _typed_bytes(size: str | int) -> int:
    form = "as in 512M, 4G or 50%"
    if isinstance(size, int):
        total = float(min(size, MOST_BYTES))
    else:
        match = SIZE.fullmatch(size.strip())
        if not match:
            raise ParameterError(f"expected a size, got {size[:40]!r}", "«max_memory»", form)
        total = float(match[1]) * (available_memory() / 100 if match[3] else UNITS[match[2].upper()])
    if not total < MOST_BYTES:
        raise ParameterError("no machine has as much memory", "«max_memory»", form)
    if total < 0:
        raise ParameterError(f"expected a size, got {size}", "«max_memory»", form)
    return size if isinstance(size, int) else int(total)


def held_at_most(max_memory: str | int | None) -> int:
    """Return how many bytes the reader of one input may hold; the arguments and errors are those of `allowed_bytes`."""
    return share_of(allowed_bytes(max_memory))


def share_of(total: int) -> int:
    """Return how many of the bytes that a job may take one input may hold."""
    return max(LEAST_HELD, (total - WORKING) // 4)


def check_held(size: int, most: int, what: str, where: str, hint: str = "") -> None:
    """Refuse to hold what does not fit, before it is read; `hint` does without holding it.

    Raises:
        ResourceError: it does not fit; names the estimate and the budget that would do.
    """
    if size <= most:
        return
    enough = f"«max_memory={-((-4 * size - WORKING) >> 20)}M» makes room for it"
    message = f"{what} takes about {shown(size)} of memory, {shown(most)} of the budget may go to one input"
    raise ResourceError(message, where, f"{enough}; {hint}" if hint else enough)


def shown(size: int) -> str:
    """Return bytes as people read them."""
    return f"{size / UNITS['G']:.1f} GiB" if size >= UNITS["G"] else f"{size / UNITS['M']:.0f} MiB"
