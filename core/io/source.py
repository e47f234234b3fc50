"""A file, or the content of a pipe, as a source of bytes that is read by ranges and tells whether it has changed.

Refused: within a delivery, a file that changes after it was opened.
Lost: nothing.
"""

import io
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ..delivery import watch
from ..errors import ResourceError

if TYPE_CHECKING:
    from .compressed import Unpacked
    from .far import FarFile

ENDS = 1 << 16  # bytes at the head and at the tail that a fingerprint is made of


@dataclass(frozen=True)
class Fingerprint:
    """What tells the content of an input from another.

    Args:
        inode: of the file; 0 for the content of a pipe, and far away.
        size: in bytes.
        modified: when, in nanoseconds; 0 for the content of a pipe, and far away.
        digest: of the bytes at the head and at the tail, of a pipe of all; far away the mark that the server gives it.
    """

    inode: int
    size: int
    modified: int
    digest: str


class RangeReader(io.RawIOBase):
    """A place in what is read by ranges: an unpacked text, or a file far away."""

    def __init__(self, ranges: "Unpacked | FarFile") -> None:
        """Stand before the first byte."""
        super().__init__()
        self._ranges, self._place = ranges, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        self._place = offset + (0, self._place, self._ranges.size)[whence]
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, all of them by default."""
        left = max(0, self._ranges.size - self._place)
        data = self._ranges.read(self._place, left if size is None or size < 0 else size)
        self._place += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, which the readers of zip files and of Arrow hand over."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True)
class Source:
    """A file, or the content of a pipe, whose format is known.

    Args:
        name: what the user typed, without ::NAME, and without the secrets of an address.
        format: the name of a row in the table of formats.
        size: in bytes, of packed text once it is unpacked.
        most: how many bytes its reader may hold.
        unpacked: the text in a packed file.
        far: the file, where it lies far away.
    """

    name: str
    format: str
    size: int
    most: int
    data: bytes | None = None
    unpacked: "Unpacked | None" = None
    far: "FarFile | None" = None

    @property
    def is_local(self) -> bool:
        """Whether its name is the path of a file, which can be mapped."""
        return self.data is None and self.far is None

    def open(self) -> BinaryIO:
        """Return the bytes, of packed text those in it, as a seekable file."""
        if self.unpacked is not None:
            return cast(BinaryIO, RangeReader(self.unpacked))
        return self._stored()

    def _stored(self) -> BinaryIO:
        if self.far is not None:
            return cast(BinaryIO, RangeReader(self.far))
        return open(self.name, "rb") if self.data is None else io.BytesIO(self.data)

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer at the end."""
        with self.open() as file:
            file.seek(offset)
            return file.read(length)

    def fingerprint(self) -> Fingerprint:
        """Return what tells the content, as it is now, from another."""
        if self.far is not None:
            now = self.far.status()
            return Fingerprint(0, now.size, 0, now.stamp)
        from hashlib import blake2b

        if self.data is not None:
            return Fingerprint(0, len(self.data), 0, blake2b(self.data, digest_size=16).hexdigest())
        with open(self.name, "rb") as file:
            status = os.fstat(file.fileno())
            digest = blake2b(file.read(ENDS), digest_size=16)
            file.seek(max(0, status.st_size - ENDS))
            digest.update(file.read(ENDS))
        return Fingerprint(status.st_ino, status.st_size, status.st_mtime_ns, digest.hexdigest())

    def check_unchanged(self, opened: Fingerprint) -> None:
        """Refuse a file that is another than it was.

        Raises:
            ResourceError: it has changed, or it is gone.
        """
        try:
            is_same = self.fingerprint() == opened
        except OSError:
            is_same = False
        if not is_same:
            raise self.changed()

    def changed(self) -> ResourceError:
        """Return the error for a file that is another than it was when it was opened."""
        what = "this input changed while it was read, so nothing that was made of it counts"
        return ResourceError(what, self.name, "run it again once nothing writes to this file")


@dataclass(frozen=True)
class Reading:
    """How a table is read.

    Args:
        nulls: vectors that are null or hold a null are rows of NaN.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        apart: columns of numbers that are in no vector, as they have another role.
        columns: patterns of the columns of numbers that make the vectors; none leaves it to their names.
    """

    nulls: bool = False
    header: str = "auto"
    apart: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def watch_source(source: Source) -> None:
    """Let nothing be delivered where this file changes from now on."""
    opened = source.fingerprint()
    watch(partial(source.check_unchanged, opened), source.name, opened)
