"""A file for what is more than may be held in memory."""

import tempfile
from typing import IO

from ..errors import ResourceError
from ..memory import lies_in_memory


def open_scratch(what: str) -> IO[bytes]:
    """Open a file that is unlinked at once, so that it is gone when the process ends, however it ends.

    Args:
        what: what it is for, as in `the columns of x.csv are`.

    Raises:
        ResourceError: its folder lies in memory.
    """
    folder = tempfile.gettempdir()
    if lies_in_memory(folder):
        hint = "name a folder on a disk: TMPDIR=FOLDER simtool ...; or raise «max_memory»"
        raise ResourceError(f"{what} more than may be held, and scratch files lie in memory", folder, hint)
    return tempfile.TemporaryFile(prefix="simtool-")
