"""A file, a folder or a pipe as a source of bytes, whose format its bytes tell, and its suffix only without them.

Accepted: the formats of the table in `formats`, and one value per line; from a regular file, a folder where the format
is one, a pipe, or standard input, which is held in memory whole. Text may be packed as gzip or zstandard.
Refused: everything else, by name where the first bytes tell (pickle, images, ...); empty input; other folders and
devices; standard input read twice; within a delivery, a file that changes after it was opened.
Lost: nothing.
"""

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from weakref import WeakSet

from ..addresses import is_address
from ..delivery import watch
from ..errors import DataError, InputNotFoundError, ResourceError, SimtoolError
from ..memory import LEAST_HELD, shown
from ..suggestions import closest
from .formats import FORMATS
from .sniffing import PACKED, fits, recognise

if TYPE_CHECKING:
    from .compressed import Unpacked
    from .far import FarFile

HEAD = 512  # bytes that tell the format
ENDS = 1 << 16  # bytes at the head and at the tail that a fingerprint is made of

# one process has one standard input; a test may put another in its place
_consumed: WeakSet[Any] = WeakSet()
_pipes: set[tuple[int, int]] = set()  # device and inode of what was read to its end


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


@dataclass(frozen=True)
class Source:
    """A file, or the content of a pipe, whose format is known.

    Args:
        name: what the user typed, without ::NAME, and without the secrets of an address.
        format: the name of a row in the table of formats.
        size: in bytes, of packed text once it is unpacked.
        most: how many bytes its reader may hold.
        data: the content of a pipe; None for a file.
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
            from .compressed import UnpackedFile

            return cast(BinaryIO, UnpackedFile(self.unpacked))
        return self._stored()

    def _stored(self) -> BinaryIO:
        if self.far is not None:
            from .far import FarReader

            return cast(BinaryIO, FarReader(self.far))
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

        Args:
            opened: its fingerprint when it was opened.

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


def open_source(path: str, most: int, otherwise: str | None = None) -> Source:
    """Find a file, tell its format, and refuse what cannot be read.

    Args:
        path: or - for standard input.
        most: how many bytes its reader may hold.
        otherwise: the format of a pipe, or of a file that does not tell it.

    Raises:
        InputNotFoundError, DataError, ResourceError: it cannot be read.
    """
    if path == "-":
        return _in_memory(path, _read_standard_input(most), most, otherwise)
    if is_address(path):
        return _far_source(path, most, otherwise)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISFIFO(mode):
            with open(path, "rb") as pipe:
                return _in_memory(path, _read_pipe(pipe, path, most), most, otherwise)
        if folder := folder_format(path):
            return Source(path, folder, 0, most)
        if not stat.S_ISREG(mode):
            raise DataError("expected a file, got a device", path)
        with open(path, "rb") as file:
            head, size = file.read(HEAD), os.fstat(file.fileno()).st_size
    except SimtoolError:
        raise
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputNotFoundError(f"this file cannot be read: {reason}", path) from None
    source = Source(path, "", size, most)
    watch_source(source)
    return _told(source, head, None, otherwise)


def _far_source(address: str, most: int, otherwise: str | None) -> Source:
    """Open a file far away and tell its format."""
    from .far import FarFile

    far = FarFile(address, most)
    source = Source(far.name, "", far.size, most, far=far)
    watch_source(source)
    return _told(source, source.read(0, HEAD), None, otherwise)


@contextmanager
def on_disk(source: str | Source) -> Iterator[str]:
    """Yield the path of a file with the content of an input, for what reads only files; an address is copied.

    Args:
        source: PATH, an address, or what is open already.
    """
    if isinstance(source, str):
        if not is_address(source):
            yield source
            return
        source = open_source(source, LEAST_HELD)
    if source.is_local:
        yield source.name
        return
    from shutil import copyfileobj
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="simtool-") as file, source.open() as content:
        copyfileobj(content, file, 1 << 20)
        file.flush()
        yield file.name


def watch_source(source: Source) -> None:
    """Let nothing be delivered where this file changes from now on."""
    opened = source.fingerprint()
    watch(partial(source.check_unchanged, opened), source.name, opened)


def _read_standard_input(most: int) -> bytes:
    """Read standard input whole, once, if it takes no more than `most` bytes."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return b""
    if stream in _consumed:
        raise _read_before("-")
    _consumed.add(stream)
    return _read_pipe(stream, "-", most)


def _read_pipe(stream: BinaryIO, name: str, most: int) -> bytes:
    """Read a stream whole; under another name, as - and /dev/stdin are, it may have been read before."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # a stream in memory
        return _read_within(stream, name, most)
    pipe, data = (status.st_dev, status.st_ino), _read_within(stream, name, most)
    if not data and pipe in _pipes:
        raise _read_before(name)
    _pipes.add(pipe)
    return data


def _read_within(stream: BinaryIO, name: str, most: int) -> bytes:
    """Read a stream to its end, which is not asked for when more than `most` bytes have come."""
    data = stream.read(most + 1)
    if len(data) > most:
        what = f"more than {shown(most)} came through the pipe, as much of the budget as one input may hold"
        raise ResourceError(what, name, "save it to a file, which is read by parts; or raise «max_memory»")
    return data


def _read_before(name: str) -> DataError:
    """Return the error for a pipe that nothing is left of."""
    hint = "save it to a file, and name that file twice; of one table with columns a and b, loss and evaluate take -"
    what = "standard input" if name in ("-", "/dev/stdin") else "a pipe"
    return DataError(f"{what} can be read only once", name, hint)


def _in_memory(name: str, data: bytes, most: int, otherwise: str | None) -> Source:
    """Return the content of a pipe as a source, whose reader may hold what is left."""
    source = Source(name, "", len(data), most - len(data), data)
    watch(lambda: None, name, source.fingerprint())
    return _told(source, data[:HEAD], otherwise, otherwise)


def _told(source: Source, head: bytes, given: str | None, otherwise: str | None) -> Source:
    """Return a source with its format, as it was `given`, or as its bytes and its name tell, and unpacked."""
    given = given or fits(head, source.size, source.name)
    packed = next((codec for magic, codec in PACKED.items() if head.startswith(magic)), None)
    if packed is not None and (given is None or FORMATS[given].is_text):
        from .compressed import Unpacked

        unpacked = Unpacked(source, packed)
        source = replace(source, unpacked=unpacked, size=unpacked.size)
        head = unpacked.read(0, HEAD)
    name = given or recognise(head, source.size, source.name, otherwise)
    if name is None:
        from .text import kind_of

        name = kind_of(source)
    if source.unpacked is not None and not FORMATS[name].is_text:
        what = f"this is {FORMATS[name].title} packed with {packed}: only text is read packed"
        raise DataError(what, source.name, "unpack it, so that it can be read by parts")
    return replace(source, format=name)


def folder_format(path: str) -> str | None:
    """Return the format of which a folder is one input, by what it holds; None for any other path."""
    if not os.path.isdir(path):
        return None
    if os.path.exists(os.path.join(path, "dataset_dict.json")):
        hint = f"name one of them, such as {os.path.join(path, 'train')}"
        raise DataError("this folder holds several splits of a dataset", path, hint)
    formats = (each for each in FORMATS.values() if each.marks)
    return next(
        (each.name for each in formats if all(os.path.exists(os.path.join(path, mark)) for mark in each.marks)), None
    )


def _missing(path: str) -> InputNotFoundError:
    """Return the error for a path that is not there, with the closest name that is."""
    if not path:
        return InputNotFoundError("no file is named", "", "type PATH, PATH::NAME, or - for stdin")
    if "://" in path:
        schemes = "s3://, gs://, az://, hf:// and https:// are"
        return InputNotFoundError(f"this kind of address is not read; {schemes}", path, "download it first")
    folder, name = os.path.split(path)
    try:
        match = closest(name, os.listdir(folder or "."))
    except OSError:
        return InputNotFoundError(f"no such file: the folder {folder} is not there either", path)
    return InputNotFoundError("no such file", path, f"did you mean {os.path.join(folder, match)}?" if match else "")
