"""A file that is written beside its place, brought to the disk, and switched in.

Accepted: a folder of any file system; where it has no hard links a new file claims its name first, and where it has no
locks what a killed run has left stays.
Lost: the owner, the access lists and the extended attributes of a file that is replaced; its mode is kept.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Sequence
from contextlib import suppress

from .errors import OutputError, ResourceError, SimtoolError

PREFIX, SUFFIX = ".simtool-", ".tmp"
_DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_CANNOT_SYNC_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES}


class StagedFile:
    """A temporary file beside the file that it becomes.

    Its lock lasts as long as this process, so that the next run can tell what a killed one has left.
    """

    def __init__(self, path: str, *, force: bool) -> None:
        self.typed, self.force = path, force
        self.final = os.path.realpath(path)
        # short and unrelated to the final name, which may already be as long as a name can be
        self.path = _free_name(self.folder)
        self._second_name = ""  # of the file that is replaced
        self._replaces = False
        self._file = -1

    @property
    def folder(self) -> str:
        """Where both files lie."""
        return os.path.dirname(self.final)

    def create(self) -> None:
        """Create the temporary file, as private as the file that it replaces, after removing what others left."""
        sweep(self.folder)
        mode = _mode_of(self.final)
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW
        self._file = os.open(self.path, flags, 0o666 if mode is None else mode | stat.S_IRUSR | stat.S_IWUSR)
        if not _locked(self._file) or not os.fstat(self._file).st_nlink:  # another run swept it before it was locked
            os.close(self._file)
            self.path = _free_name(self.folder)
            self.create()

    def complete(self) -> None:
        """Bring the written bytes to the disk, under the mode of the file that is replaced."""
        mode = _mode_of(self.final)
        if mode is not None:
            os.fchmod(self._file, mode)
        os.fsync(self._file)

    def switch(self) -> None:
        """Take the place, in one step."""
        if not self.force:
            _take_free_name(self.path, self.final)
            return
        self._replaces = os.path.exists(self.final)
        if self._replaces:
            self._second_name = _free_name(self.folder)
            with suppress(OSError):  # without hard links the file that is replaced cannot be put back
                os.link(self.final, self._second_name)
        os.replace(self.path, self.final)

    def undo(self) -> None:
        """Put back what was there before the switch, if it took place."""
        with suppress(OSError):
            if not os.path.samestat(os.fstat(self._file), os.stat(self.final)):
                return
            if not self._replaces:
                os.unlink(self.final)
            elif self._second_name:
                os.replace(self._second_name, self.final)

    def discard(self) -> None:
        """Remove whatever is left beside the place; what has taken its place stays."""
        for path in (self.path, self._second_name):
            with suppress(OSError):
                if path:
                    os.unlink(path)
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def switch(files: Sequence[StagedFile]) -> None:
    """Let complete files take their places; after a failure all is as it was before.

    Raises:
        OutputError: a file exists without `force`, or may not be written.
        ResourceError: the disk is full.
    """
    try:
        for file in files:
            try:
                file.switch()
            except FileExistsError:
                raise exists_already(file.typed) from None
            except SimtoolError:
                raise
            except OSError as error:
                raise writing_error(error, file.typed) from error
        for folder, typed in {file.folder: file.typed for file in files}.items():
            try:
                _sync_folder(folder)
            except OSError as error:
                raise writing_error(error, typed) from error
    except BaseException:
        for file in reversed(files):
            file.undo()
        raise
    finally:
        for file in files:
            file.discard()


def sweep(folder: str) -> None:
    """Remove the temporary files of runs that were killed: those of this user that no process has locked."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith(PREFIX) and name.endswith(SUFFIX)]
    except OSError:  # a folder may be written to and not listed
        return
    for name in names:
        with suppress(OSError):
            _remove_stale(os.path.join(folder, name))


def exists_already(path: str) -> OutputError:
    """Return the error for a file that may not be replaced."""
    return OutputError("the output exists already", path, "«force» replaces it")


def writing_error(error: OSError | ValueError, path: str) -> SimtoolError:
    """Return what to tell the caller when the system refused a write to `path`."""
    reason = getattr(error, "strerror", None) or str(error)
    if getattr(error, "errno", None) in _DISK_IS_FULL:
        return ResourceError(f"the output could not be written: {reason}", path, "free some space or write elsewhere")
    return OutputError(f"the output could not be written: {reason}", path, "write to another file or folder")


def _remove_stale(path: str) -> None:
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(file)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
    finally:
        os.close(file)


def _locked(file: int) -> bool:
    """Lock a file; False where another process holds it. A file system without locks is no reason to stop."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _take_free_name(temporary: str, final: str) -> None:
    """Give a file a name that nothing has, in one step.

    Raises:
        FileExistsError: something has it.
    """
    try:
        os.link(temporary, final)
        return
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
    os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    try:
        os.replace(temporary, final)
    except BaseException:
        with suppress(OSError):
            os.unlink(final)
        raise


def _sync_folder(folder: str) -> None:
    """Bring the names in a folder to the disk, where the file system can."""
    try:
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_FOLDERS:
            raise


def _mode_of(path: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode) & 0o777
    except FileNotFoundError:
        return None


def _free_name(folder: str) -> str:
    return os.path.join(folder, f"{PREFIX}{os.urandom(16).hex()}{SUFFIX}")
