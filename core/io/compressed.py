"""Text that is packed with gzip or zstandard, unpacked as it is read.

Accepted: one or several members or frames, each whole.
Refused: data that ends early, that belies its checksum or is followed by something else; a line that is longer than
one input may hold, as a file has that is made to fill the memory.
Lost: nothing. Memory holds the last piece that was read; going back unpacks the file again from its start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..errors import DataError, ResourceError
from ..memory import shown

if TYPE_CHECKING:
    from .source import Source

PIECE = 1 << 20
LONG_LINE, MOST_RATIO = 64 << 20, 20  # bytes of a line, or so many times those of the packed file


class Unpacked:
    """The text in a packed file, read by ranges."""

    def __init__(self, source: "Source", codec: str) -> None:
        """Unpack it once, to learn its size and that it is whole."""
        self._source, self._name, self._codec = source, source.name, codec
        self._lock = Lock()
        self._restart()
        self.size, begun = 0, 0
        # more is a line that somebody made to fill the memory
        most = min(source.most, max(LONG_LINE, MOST_RATIO * source.size))
        with self._damage():
            while piece := self._stream.read(PIECE):
                self.size += len(piece)
                begun = len(piece) - piece.rfind(b"\n") - 1 if b"\n" in piece else begun + len(piece)
                if begun > most:
                    what = f"a line of more than {shown(most)} is in these {source.size:,} bytes of {codec} data"
                    raise ResourceError(what, self._name, "unpack it and look at it first")
        self._restart()

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer at the end."""
        with self._lock, self._damage():
            if offset < self._start:
                self._restart()
            self._skip(offset)
            missing = length - len(self._held)
            if missing > 0:
                self._held += self._stream.read(missing)
            return self._held[:length]

    def _restart(self) -> None:
        place = pa.OSFile(self._name) if self._source.is_local else pa.PythonFile(self._source.open(), "r")
        with self._damage():
            self._stream: Any = pa.CompressedInputStream(place, self._codec)
        self._start, self._held = 0, b""

    def _skip(self, offset: int) -> None:
        """Let the bytes before an offset go."""
        while self._start + len(self._held) < offset:
            self._start += len(self._held)
            self._held = self._stream.read(min(PIECE, offset - self._start))
            if not self._held:
                return
        self._held, self._start = self._held[offset - self._start :], offset

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"damaged {self._codec} data: {error}", self._name, "pack the file again") from None
