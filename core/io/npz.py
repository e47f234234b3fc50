"""Reader of npz: several npy in a zip file.

Accepted: what `npy` accepts; a table whose columns are its members. A member that is stored without compression is
mapped, not read.
Refused: what `npy` refuses; encrypted or damaged zip files, and zip files without arrays, such as documents.
Lost: members of rank 0 are not listed as columns.
"""

import math
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TypeVar

import numpy as np

from ..errors import DataError, ResourceError
from ..memory import check_held
from .array_table import ArrayTable
from .npy import Header, map_array, read_header, shaped
from .ragged import RaggedVectors, as_ragged
from .source import Reading, Source
from .table import ID_NAMES, check_column, join_name
from .vectors import Array

# deflate cannot shrink data further than this
MAX_DEFLATE = 1032
CHUNK = 1 << 24
STORED = "or save it with numpy.savez, which does not compress"
Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class NpzTable(ArrayTable):
    """A table whose columns are the members of an npz."""

    archive: zipfile.ZipFile = field(repr=False)
    members: tuple[zipfile.ZipInfo, ...] = field(repr=False)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Member names without `.npy`."""
        return tuple(column_of(member) for member in self.members)

    @cached_property
    def headers(self) -> dict[str, Header]:
        """The headers of the members that can be columns; why one cannot is said when it is named, or when none can."""
        found, refused = {}, None
        for member in self.members:
            try:
                header = self._header(member)
            except DataError as error:
                refused = refused or error
                continue
            if header.shape:
                found[column_of(member)] = header
        if refused and not found:
            raise refused
        return found

    def ragged(self, column: str | None) -> RaggedVectors | None:
        """Return several members (tokens, d) as items under the names of the members; None where they are no such."""
        names = self.vector_columns
        shapes = [self.headers[name].shape for name in names]
        if column is not None or len(names) < 2 or any(len(shape) != 2 for shape in shapes):
            return None
        if len({shape[1] for shape in shapes}) > 1:
            return None
        apart = [name for name in self.headers if name not in names]
        ids = [name for name in apart if name.lower() in ID_NAMES]
        if apart != ids[:1]:
            odd = next(name for name in apart if name not in ids[:1])
            what = f"{odd} has shape {self.headers[odd].shape}, expected (tokens, d) as in {names[0]}"
            raise DataError(what, self.name, f"leave it out, or name one member: {join_name(self.name, names[0])}")
        held = sum(self.headers[name].content for name in names)
        check_held(held, self.source.most, "the members together", self.name, "or save fewer of them in a file")
        own = self.values(ids[0]) if ids else np.asarray(names, dtype=object)
        return as_ragged([self.array(name) for name in names], self.name, own)

    def _header(self, member: zipfile.ZipInfo) -> Header:
        where = join_name(self.name, column_of(member))

        def read(file: IO[bytes]) -> Header:
            return read_header(file, member.file_size, where)

        return _unzip(self.archive, member, where, read)

    def held(self, column: str) -> int:
        """Return the bytes that a member takes once it is unpacked; 0 where it is mapped."""
        return 0 if _is_mapped(self._member(column)) else self.headers[column].content

    def _member(self, column: str) -> zipfile.ZipInfo:
        check_column(self, column)
        return self.members[self.columns.index(column)]

    def array(self, column: str) -> Array:
        """Return one member, mapped where it is stored without compression."""
        member = self._member(column)
        where = join_name(self.name, column)
        if _is_mapped(member):
            return map_array(self.source, _content_start(self.source, member, where), member.file_size, where)

        def read(file: IO[bytes]) -> Array:
            header = read_header(file, member.file_size, where)
            check_held(header.content, self.source.most, "the unpacked member", where, STORED)
            return _load(file, header, where)

        return _unzip(self.archive, member, where, read)


def open_npz(source: Source, _: Reading) -> NpzTable:
    """List the members of an npz file."""
    try:
        # its index is read once, and it stays open for the members; a path, so that it closes itself
        archive = zipfile.ZipFile(source.name if source.is_local else source.open())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise DataError(f"damaged npz file: {error}", source.name, "write it again with numpy.savez") from None
    arrays = tuple(member for member in archive.infolist() if member.filename.endswith(".npy"))
    if not arrays:
        what = "this is a zip file without arrays: expected an npz"
        raise DataError(what, source.name, "save the array with numpy.save")
    return NpzTable(source, archive, arrays)


def column_of(member: zipfile.ZipInfo) -> str:
    """Return the column name of an npz member."""
    return member.filename.removesuffix(".npy")


def _load(file: IO[bytes], header: Header, where: str) -> Array:
    """Read the elements by chunks: memory is taken as bytes arrive, not as the header promises."""
    flat = np.empty(math.prod(header.shape), header.dtype)
    room = flat.view(np.uint8).data
    filled = 0
    while filled < len(room):
        chunk = file.read(min(CHUNK, len(room) - filled))
        if not chunk:
            raise DataError(f"truncated npz member: expected {len(room)} bytes, got {filled}", where)
        room[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    return shaped(flat, header, where)


def _unzip(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, read: Callable[[IO[bytes]], Loaded]
) -> Loaded:
    """Read a member, or refuse one that is encrypted, damaged, or larger than its bytes could ever unpack to."""
    if member.file_size > MAX_DEFLATE * (member.compress_size + 1) and member.compress_type == zipfile.ZIP_DEFLATED:
        what = f"npz member promises {member.file_size} bytes, got {member.compress_size} that cannot hold them"
        raise DataError(what, where)
    try:
        with archive.open(member) as content:
            return read(content)
    except (DataError, ResourceError):
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise DataError(f"damaged npz member: {error}", where, "write it again with numpy.savez") from None


def _is_mapped(member: zipfile.ZipInfo) -> bool:
    return member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1


def _content_start(source: Source, member: zipfile.ZipInfo, where: str) -> int:
    """Return where the bytes of a stored member begin: its local header repeats the name at a length of its own."""
    with source.open() as file:
        file.seek(member.header_offset)
        local = file.read(30)
    start = member.header_offset + 30 + int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
    if local[:4] != b"PK\x03\x04" or start + member.file_size > source.size:
        raise DataError("damaged npz member: its bytes are not where the index says", where)
    return start
