"""What a door is asked for: the job, or its dry run. Imports nothing heavy, so that a small job stays fast."""

from collections.abc import Collection

from ..catalogue import DEVICE, DEVICES
from ..checks import check_choice, check_keys
from ..errors import ParameterError

KEYS = (
    "rows_a",
    "rows_b",
    "pairs",
    "flop",
    "bytes_read",
    "bytes_written",
    "peak_memory",
    "tasks",
    "seconds",
    "cpu_seconds",
    "gpu_hours",
)


def keys_of_job(require_keys: Collection[str], device_name: str, *, dry_run: bool) -> Collection[str]:
    """Return the keys that the summary of the job itself has to have: none for a dry run, whose own are checked here.

    Raises:
        ParameterError: a key that a dry run does not have, an unknown device, or one where nothing counts GPU-hours.
    """
    check_choice("device_name", device_name, tuple(DEVICES))
    if dry_run:
        check_keys(require_keys, KEYS)
        return ()
    if device_name != DEVICE:
        raise ParameterError("only a dry run counts the hours of a device", "«device_name»", "add «dry_run»")
    return require_keys
