"""The table of formats: how each is recognised, what reads it, what becomes vectors, and what is lost.

The readers, the README, the page on inputs, `inspect` and the refusal of an unknown file share this table. A row names
its reader by module and function, so that neither a format's module nor its library is imported before such a file is
opened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..errors import ResourceError

Test = Callable[[bytes, int], bool]  # the first bytes of a file, and its size

MOST_HEADER = 100 << 20  # bytes; the safetensors library allows no longer header
ITEM_BYTES = {"fbin": 4, "u8bin": 1, "i8bin": 1, "f16bin": 2, "ibin": 4, "fvecs": 4, "bvecs": 1, "ivecs": 4}


@dataclass(frozen=True)
class Format:
    """One row of the table.

    Args:
        name: what `«input_format»` calls it.
        title: what docs and messages call it.
        reader: module and function of this room that open it.
        vectors: what becomes vectors.
        lost: what reading loses.
        suffixes: how its files are named; the first one is the usual one.
        tells: whether the first bytes and the size are those of such a file; None for text and for folders.
        vague: whether these bytes may also be those of a damaged file of another format, which its suffix then names.
        by_suffix: it has no magic number: `tells` is asked only where the suffix fits.
        marks: what a folder of this format holds.
        extra: the extra that brings its library.
        family: what a message that names all formats calls it and those like it; by default the title.
    """

    name: str
    title: str
    reader: str
    vectors: str
    lost: str = "nothing"
    suffixes: tuple[str, ...] = ()
    tells: Test | None = None
    vague: Test | None = None
    by_suffix: bool = False
    marks: tuple[str, ...] = ()
    extra: str = ""
    family: str = ""

    @property
    def kind(self) -> str:
        """What a message that names all formats calls it."""
        return self.family or self.title

    @property
    def is_text(self) -> bool:
        """Whether it is text, which may be packed as .gz or .zst."""
        return self.tells is None and not self.marks

    @property
    def recognised_by(self) -> str:
        """How a file of this format is told from others."""
        if self.marks:
            return f"the folder holds `{'`, `'.join(self.marks)}`"
        if self.by_suffix:
            return "its suffix, confirmed by its size"
        return "its text" if self.is_text else "its first bytes"

    def load(self) -> Callable[..., Any]:
        """Return the reader: called with a source and how to read it, it returns a table."""
        module, function = self.reader.split(":")
        reader: Callable[..., Any] = getattr(import_module(f".{module}", __package__), function)
        return reader


def starts(*magic: bytes) -> Test:
    """Return a test for one of several magic numbers."""
    return lambda head, size: head.startswith(magic)


def _is_torch(head: bytes, size: int) -> bool:
    # torch.save writes NAME/data.pkl as the first member of its zip file
    return head.startswith(b"PK\x03\x04") and _first_member(head).endswith(b"data.pkl")


def _is_other_zip(head: bytes, size: int) -> bool:
    return not _first_member(head).endswith(b".npy")


def _first_member(head: bytes) -> bytes:
    """Return the name of the first member of a zip file."""
    return head[30 : 30 + int.from_bytes(head[26:28], "little")]


def _is_safetensors(head: bytes, size: int) -> bool:
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= MOST_HEADER


def _is_word2vec(head: bytes, size: int) -> bool:
    """Tell the binary form from the text, which begins with the same line."""
    counts, end, rest = head.partition(b"\n")
    return bool(end) and len(counts) < 40 and all(map(bytes.isdigit, two(counts))) and not is_text(rest[:400])


def two(line: bytes) -> list[bytes]:
    """Return the two words of a line; two that are no numbers where it has more or fewer."""
    words = line.split()
    return words if len(words) == 2 else [b"-", b"-"]


def is_text(piece: bytes) -> bool:
    """Say whether some bytes may be the start of a text."""
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in piece):
        return False
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(piece) - 3 and error.reason == "unexpected end of data"
    return True


def _is_bin(name: str) -> Test:
    def tells(head: bytes, size: int) -> bool:
        rows, width = (int.from_bytes(head[place : place + 4], "little") for place in (0, 4))
        return len(head) >= 8 and size == 8 + rows * width * ITEM_BYTES[name]

    return tells


def _is_vecs(name: str) -> Test:
    def tells(head: bytes, size: int) -> bool:
        width = int.from_bytes(head[:4], "little")
        return 0 < width < 1 << 31 and size % (4 + width * ITEM_BYTES[name]) == 0

    return tells


def _bin(name: str, kind: str) -> Format:
    laid_out = "after two uint32, the numbers of rows and of dims (big-ann)"
    return _rows_as_stored(name, kind, laid_out, "bin_files:open_bin", _is_bin(name), "fbin")


def _vecs(name: str, kind: str) -> Format:
    laid_out = "before each an int32, the number of dims (TEXMEX)"
    return _rows_as_stored(name, kind, laid_out, "vecs_files:open_vecs", _is_vecs(name), "fvecs")


def _rows_as_stored(name: str, kind: str, laid_out: str, reader: str, tells: Test, family: str) -> Format:
    vectors = f"the rows, {kind}; {laid_out}. Mapped, not read"
    return Format(name, name, reader, vectors, suffixes=(f".{name}",), tells=tells, by_suffix=True, family=family)


_COLUMNS = "each column of lists of numbers, or of tensors; `a.b` in structs; or `dim_0`, `dim_1`, ... together"

_ROWS = (
    Format(
        "npy", "npy", "npy:open_npy", "the array; its first dim are the rows. Mapped, not read",
        suffixes=(".npy",), tells=starts(b"\x93NUMPY"),
    ),
    Format(
        "torch", "PyTorch", "torch_files:open_torch",
        "each tensor of a dict, nested ones as `a.b`, or the only tensor; no code runs. Mapped, not read",
        "everything but the tensors", (".pt", ".pth"), _is_torch,
    ),
    Format(
        "npz", "npz", "npz:open_npz", "each member is a column; a stored member is mapped",
        "members of rank 0", (".npz",), starts(b"PK\x03\x04", b"PK\x05\x06"), _is_other_zip,
    ),
    Format(
        "safetensors", "safetensors", "safetensors_files:open_safetensors",
        "each tensor is a column; bfloat16 and float8 are widened to float32. Mapped, not read",
        "tensors of rank 0 and the metadata", (".safetensors",), _is_safetensors,
    ),
    Format(
        "parquet", "Parquet", "arrow_columns:open_arrow", _COLUMNS,
        suffixes=(".parquet", ".pq"), tells=starts(b"PAR1"),
    ),
    Format(
        "arrow", "Arrow file", "arrow_columns:open_arrow", _COLUMNS,
        suffixes=(".arrow", ".feather", ".ipc"), tells=starts(b"ARROW1"), family="Arrow",
    ),
    Format(
        "arrow-stream", "Arrow stream", "arrow_columns:open_arrow", _COLUMNS,
        suffixes=(".arrows",), tells=starts(b"\xff" * 4), vague=starts(b"\xff" * 4), family="Arrow",
    ),
    _bin("fbin", "float32"),
    _bin("u8bin", "uint8"),
    _bin("i8bin", "int8"),
    _bin("f16bin", "float16"),
    _bin("ibin", "int32"),
    _vecs("fvecs", "float32"),
    _vecs("bvecs", "uint8"),
    _vecs("ivecs", "int32"),
    Format(
        "word2vec", "word2vec binary", "word2vec:open_word2vec", "the vectors, float32; the words are the ids",
        suffixes=(".bin",), tells=_is_word2vec, family="word vectors",
    ),
    Format(
        "hdf5", "HDF5", "hdf5:open_hdf5", "each dataset, `::group/dataset`; read by ranges of rows",
        "attributes, and datasets of rank 0", (".h5", ".hdf5"), starts(b"\x89HDF\r\n\x1a\n"), extra="hdf5",
    ),
    Format("lance", "Lance", "lance_files:open_lance", "what Parquet has; in the newest version",
           suffixes=(".lance",), marks=("_versions",), extra="lance"),
    Format("datasets", "Hugging Face datasets", "dataset_folders:open_dataset",
           "what Parquet has; as Dataset.save_to_disk writes it", "names of classes",
           marks=("dataset_info.json", "state.json"), family="datasets"),
    Format("jsonl", "JSON lines", "text:open_text", "each key with lists of numbers; or one bare list per line",
           "of a key that comes twice, the first value", (".jsonl", ".ndjson"), family="JSON"),
    Format("json", "JSON", "text:open_text", "one array of objects, or one list of lists",
           "of a key that comes twice, the last value", (".json",)),
    Format("openai", "JSON of the OpenAI API", "text:open_text",
           "`embedding`, numbers or base64, float32; of a batch `custom_id` are the ids", "digits beyond float32",
           (".json", ".jsonl"), family="JSON"),
    Format("csv", "CSV", "text:open_text", "the columns of numbers, or a column of JSON lists; comma, tab or semicolon",
           "white space around numbers", (".csv", ".tsv")),
    Format("table", "whitespace table", "text:open_text", "the columns of numbers, as numpy.savetxt writes them",
           "white space and comments", (".txt",), family="CSV"),
    Format("glove", "GloVe, fastText and word2vec text", "text:open_text", "the numbers behind each word, float32; "
           "the words are the ids", "digits beyond float32", (".vec", ".txt"), family="word vectors"),
)  # fmt: skip

FORMATS = {each.name: each for each in _ROWS}

READ = f"simtool reads {', '.join(dict.fromkeys(each.kind for each in _ROWS))}"

SUFFIXES = tuple(suffix for each in _ROWS for suffix in each.suffixes)


def check_library(format: str, module: str, where: str) -> None:
    """Refuse a file whose format needs a library that is not installed.

    Raises:
        ResourceError: names the extra that brings it.
    """
    if find_spec(module) is None:
        what = f"reading {FORMATS[format].title} needs the library {module}, which is not installed"
        raise ResourceError(what, where, f"pip install 'simtool-embeddings[{FORMATS[format].extra}]'")
