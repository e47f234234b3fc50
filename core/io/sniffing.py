"""What a file is, by its first bytes, or by its suffix and size where it has no magic number."""

import os
from contextvars import ContextVar

from ..errors import DataError, ParameterError
from ..suggestions import closest
from .formats import FORMATS, ITEM_BYTES, READ, Format, is_text

PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}

# what is refused by name, and how to turn it into something that is read
FOREIGN = (
    (b"BZh", "bzip2 data", "unpack it: bunzip2 -c FILE | simtool ... -"),
    (b"\xfd7zXZ\x00", "xz data", "unpack it: xz -dc FILE | simtool ... -"),
    (b"\x89PNG", "a PNG image", "turn it into vectors first"),
    (b"\xff\xd8\xff", "a JPEG image", "turn it into vectors first"),
    (b"%PDF", "a PDF document", "turn it into vectors first"),
    (b"SQLite format 3", "an SQLite database", "export the table to Parquet"),
    (b"FEA1", "a Feather version 1 file", "save it again with pyarrow.feather.write_feather"),
    (b"PARE", "an encrypted Parquet file", "save it without encryption"),
    (b"ORC", "an ORC file", "save it as Parquet"),
    (b"Obj\x01", "an Avro file", "save it as Parquet"),
    (b"GGUF", "a GGUF model", "save the tensor with numpy.save"),
    (b"MATLAB 5.0", "a MATLAB file", "save the array with numpy.save"),
    (b"\xba\x16\x4f\x2f", "a fastText model", "save its vectors as text, .vec"),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a PyTorch file of before 1.6", "save it again with torch.save"),
    (b"\xff\xfe", "UTF-16 text", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "save it as UTF-8"),
)

INPUT_FORMATS = tuple(each.name for each in FORMATS.values() if not each.marks)

# what `«input_format»` says, for the one command that this process or context runs
_assumed: ContextVar[str | None] = ContextVar("input_format", default=None)


def assume(name: str | None) -> str | None:
    """Take all inputs that do not tell their format to be of this one, until another is named; see `assumed`.

    Raises:
        ParameterError: there is no such format.
    """
    _assumed.set(assumed(name) if name is not None else None)
    return name


def assumed(name: str | None) -> str | None:
    """Return the format that an input has which does not tell it: through a pipe, or without a magic number.

    Args:
        name: of a row of the table; None for the one that `assume` was told, if any.

    Raises:
        ParameterError: there is no such format.
    """
    if name is None:
        return _assumed.get()
    if name not in INPUT_FORMATS:
        nearest = closest(name, INPUT_FORMATS)
        guess = f"did you mean {nearest}? " if nearest else ""
        raise ParameterError(
            f"no format is called {name!r}", "«input_format»", f"{guess}there is {', '.join(INPUT_FORMATS)}"
        )
    return name


def fits(head: bytes, size: int, path: str) -> str | None:
    """Return the format without a magic number that the suffix names and the size confirms.

    It is to be asked first: the numbers that such a file begins with may look like a magic number.
    """
    name = _by_suffix(path)
    tells = FORMATS[name].tells if name else None
    return name if tells is not None and tells(head, size) else None


def _by_suffix(path: str) -> str | None:
    suffix = os.path.splitext(path)[1].lower()
    return next((each.name for each in FORMATS.values() if each.by_suffix and suffix in each.suffixes), None)


def named(path: str) -> Format | None:
    """Return the format with bytes of its own that a suffix names."""
    suffix = os.path.splitext(path)[1].lower()
    return next((each for each in FORMATS.values() if each.tells is not None and suffix in each.suffixes), None)


def recognise(head: bytes, size: int, path: str, otherwise: str | None = None) -> str | None:
    """Return the name of the format, or None for text.

    Args:
        head: the first 512 bytes or more.
        path: for messages and for its suffix.
        otherwise: the format of a file that does not tell it.

    Raises:
        DataError: it is empty, or of no format that is read.
    """
    if not head:
        raise DataError("the input is empty", path, READ)
    sized = _by_suffix(path)
    expected = named(path)
    for each in FORMATS.values():
        if each.tells is not None and not each.by_suffix and each.tells(head, size):
            if expected and expected.kind != each.kind and each.vague and each.vague(head, size):
                break
            return each.name
    known = FORMATS[otherwise] if otherwise is not None else None
    if known and not known.is_text:
        return known.name
    if sized:
        raise wrong_size(sized, head, size, path)
    for magic, what, hint in FOREIGN:
        if head.startswith(magic):
            raise DataError(f"this is {what}, which is not read", path, hint)
    # an opcode follows, and never a zero, as in the numbers of dims of fvecs
    if head[:1] == b"\x80" and head[1:2] <= b"\x05" and head[2:3] != b"\0":
        raise DataError("this is a pickle, which may run code when it is read", path, "save the array with numpy.save")
    if expected and not is_text(head):
        what = f"this is no {expected.title} file, or it is damaged: it begins with {head[:8]!r}"
        raise DataError(what, path, "write it again, or «input_format» names what has no magic number")
    if b"\0" in head[:512]:
        hint = f"{READ}; «input_format» names one that has no magic number"
        raise DataError("this is binary data of an unknown format", path, hint)
    return known.name if known else None


def wrong_size(name: str, head: bytes, size: int, path: str) -> DataError:
    """Return the error for a file without a magic number whose size is not what its first numbers promise."""
    first, second = (int.from_bytes(head[place : place + 4], "little") for place in (0, 4))
    if name.endswith("bin"):
        promise = f"{first:,} rows of {second:,} dims take {8 + first * second * ITEM_BYTES[name]:,} bytes"
    else:
        promise = f"rows of {first:,} dims take {4 + first * ITEM_BYTES[name]:,} bytes each"
    what = f"this is no {name} file, or it is damaged: {promise}, and it has {size:,}"
    return DataError(what, path, "write it again, or give it the suffix of its format")
