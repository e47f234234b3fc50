"""The names that may follow `::` in a source, for completion: from the head or the foot of a file, without numpy.

Accepted: Parquet, npz, safetensors, CSV and tab-separated values with a header, JSON lines; files that are not packed.
Refused: nothing. Any other file, and one that is damaged, has no names.
Lost: members of structs, and names of columns that later lines of JSON bring.
"""

import csv
import json
from collections.abc import Callable, Iterator
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from .numbers import is_number
from .separators import separator_of

_HEAD, _MOST = 1 << 16, 16 << 20  # bytes of a text, and of a header, that are looked at


def column_names(path: str) -> list[str]:
    """Return the names in a file, in its order; none where it cannot be read or has none.

    Example:
        >>> column_names("sample_data/wordsim353.parquet")[:3]
        ['word_a', 'word_b', 'a']
    """
    try:
        with open(path, "rb") as file:
            head = file.read(9)
            file.seek(0)
            return _reader(head)(file)
    except (OSError, ValueError, IndexError, KeyError, TypeError, BadZipFile, csv.Error, RecursionError):
        return []


def _reader(head: bytes) -> Callable[[BinaryIO], list[str]]:
    if head.startswith(b"PAR1"):
        return _of_parquet
    if head.startswith(b"PK\x03\x04"):
        return _of_npz
    if head[8:9] == b"{":
        return _of_safetensors
    return _of_json if head.lstrip()[:1] in (b"{", b"[") else _of_csv


def _of_npz(file: BinaryIO) -> list[str]:
    with ZipFile(file) as members:
        return [name.removesuffix(".npy") for name in members.namelist() if name.endswith(".npy")]


def _of_safetensors(file: BinaryIO) -> list[str]:
    length = int.from_bytes(file.read(8), "little")
    return [name for name in json.loads(file.read(min(length, _MOST))) if name != "__metadata__"]


def _of_json(file: BinaryIO) -> list[str]:
    text = file.read(_HEAD).decode(errors="replace").lstrip().removeprefix("[").lstrip()
    return list(map(str, dict(json.JSONDecoder().raw_decode(text)[0])))


def _of_csv(file: BinaryIO) -> list[str]:
    line = file.readline(_HEAD).decode("utf-8-sig")
    cells = next(csv.reader([line], delimiter=separator_of(line)))
    names = [cell.strip() for cell in cells]
    return [] if len(names) < 2 or all(map(is_number, names)) or "\0" in line else names


def _of_parquet(file: BinaryIO) -> list[str]:
    """Return the columns of the schema, which is field 2 of the footer.

    Source:
        parquet.thrift of Apache Parquet: FileMetaData, SchemaElement.
    """
    file.seek(-8, 2)
    length = int.from_bytes(file.read(4), "little")
    file.seek(-8 - length, 2)
    schema = _Thrift(file.read(min(length, _MOST))).field(2)
    elements = iter(schema[1:])
    return [_top(element, elements) for element in elements]


def _top(element: dict[int, object], rest: Iterator[dict[int, object]]) -> str:
    """Return the name of an element, and pass over those below it."""
    children = element.get(5, 0)
    for _ in range(children if isinstance(children, int) else 0):
        _top(next(rest), rest)
    name = element[4]
    assert isinstance(name, bytes)
    return name.decode()


class _Thrift:
    """Values of Thrift's compact protocol: structs are dicts by the number of the field.

    Args:
        data: bytes that begin with a struct.

    Source:
        https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def field(self, wanted: int) -> list[dict[int, object]]:
        """Return a field of the struct that is a list of structs; what follows it is not looked at."""
        return dict(self._fields(wanted))[wanted]  # type: ignore[return-value]

    def _fields(self, last: int | None = None) -> Iterator[tuple[int, object]]:
        number = 0
        while number != last and (head := self._byte()):
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            yield number, head & 15 == 1 if head & 15 in (1, 2) else self._value(head & 15)

    def _value(self, kind: int) -> object:
        if kind in (1, 2, 3):  # bools of a list, and a byte
            return self._byte()
        if kind in (4, 5, 6):
            return self._zigzag()
        if kind == 7:
            return self._bytes(8)
        if kind == 8:
            return self._bytes(self._varint())
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15) for _ in range(count)]
        if kind == 12:
            return dict(self._fields())
        raise ValueError(f"no field of a schema is of kind {kind}")

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def _varint(self) -> int:
        value, shift = 0, 0
        while (byte := self._byte()) & 128:
            value, shift = value | (byte & 127) << shift, shift + 7
        return value | byte << shift

    def _zigzag(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)
