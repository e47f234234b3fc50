"""Reader of .pt and .pth: tensors as torch.save writes them.

Accepted: one tensor, or dicts and lists of tensors, nested ones under names such as `a.b`; lists of texts or integers
as ids. Tensors are mapped, not read; bfloat16 and float8 are widened to float32 as they are read.
Refused: whatever is more than tensors and plain Python values, as `weights_only` refuses it, so that no code of the
file runs; sparse, quantised and complex tensors once they are named; tensors that claim more elements than are stored;
files that are compressed, or written before torch 1.6; any file where the installed torch is older than 2.6, in which
`weights_only` can be got around (CVE-2025-32434).
Lost: everything but the tensors, and tensors of rank 0.
"""

import pickletools
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from ..errors import DataError, ResourceError, SimtoolError
from ..memory import TORCH, check_address_space, check_held
from .array_table import ArrayTable, Shaped
from .source import Reading, Source
from .source_opening import on_disk
from .table import check_column, join_name
from .vectors import Array, ArrayVectors, Vectors, check_ids, check_numeric
from .widened import WIDE, WidenedVectors

SAFE = (2, 6)
MOST_VALUES = 50_000
DEEPEST = 50
RESAVE = "save the tensors alone: torch.save({'name': tensor}, PATH)"
WIDENED = {"torch.bfloat16": "BF16", "torch.float8_e4m3fn": "F8_E4M3", "torch.float8_e5m2": "F8_E5M2"}
# what torch.load(weights_only=True) takes beside what is torch's own
PLAIN = {"collections OrderedDict", "collections Counter", "_codecs encode"} | {
    f"{module} {name}" for module in ("builtins", "__builtin__") for name in ("bytearray", "set", "complex")
}
UNPICKLED = 10  # bytes that a byte of a pickle takes as Python holds it


@dataclass(frozen=True)
class Stored:
    """A tensor, or a list of values.

    Args:
        shape: (rows, ...).
        dtype: of the elements once they are read; bytes for what is not read.
        content: the numbers, or the bits where they are widened; None for what is not read.
        kind: what the file calls the type.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    content: Array | None
    kind: str


@dataclass(frozen=True)
class TorchTable(ArrayTable):
    """The tensors of a file as columns."""

    stored: dict[str, Stored] = field(repr=False)

    @cached_property
    def headers(self) -> dict[str, Shaped]:
        """The tensors that have rows, and lists of values."""
        return {name: each for name, each in self.stored.items() if each.shape}

    def array(self, column: str) -> Array:
        """Return a tensor, mapped; bfloat16 and float8 as float32."""
        check_column(self, column)
        stored = self.stored[column]
        if stored.content is None:
            what = f"expected a dense tensor of floats or integers, got {stored.kind}"
            raise DataError(what, join_name(self.name, column), "save it as float32: tensor.to_dense().float()")
        wide = WIDENED.get(stored.kind)
        return stored.content if wide is None else WIDE[wide].widen(stored.content)

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return a tensor as vectors."""
        stored, where = self.stored.get(column), join_name(self.name, column)
        if stored is None or stored.content is None or stored.kind not in WIDENED:
            # mapped by torch, which numpy cannot tell from memory of its own
            array = self.array(column)
            check_numeric(array.dtype, where)
            return ArrayVectors(where, array, check_ids(ids, len(array), where), given=True)
        return WidenedVectors(where, stored.content, WIDE[WIDENED[stored.kind]], check_ids(ids, stored.shape[0], where))


def open_torch(source: Source, _: Reading) -> TorchTable:
    """Map the tensors of a file."""
    _check_version(source.name)
    _check_members(source)
    with on_disk(source) as path:
        content = _loaded(path, source.name)
    found: dict[str, Stored] = {}
    for number, (name, value) in enumerate(_values("", content, 0, source.name)):
        stored = _stored(value, join_name(source.name, name))
        if number >= MOST_VALUES or name in found:
            kind = f"more than {MOST_VALUES:,} values" if name not in found else f"two values that are named {name!r}"
            raise DataError(f"this file holds {kind}", source.name, RESAVE)
        if stored is not None:
            found[name] = stored
    if not found:
        raise DataError("this file holds no tensors", source.name, RESAVE)
    return TorchTable(source, found)


def _check_version(where: str) -> None:
    found = tuple(map(int, re.findall(r"\d+", version("torch"))[:2]))
    if found < SAFE:
        what = f"torch {version('torch')} is installed, in which reading such a file may run code (CVE-2025-32434)"
        raise ResourceError(what, where, "pip install 'torch>=2.6'")


def _check_members(source: Source) -> None:
    """Refuse what torch would unpack, read without bounds or refuse itself, before seconds pass importing it."""
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            odd = next((each for each in members if not _is_stored(each)), None)
            if odd is not None:
                what = f"its member {odd.filename[:80]} is compressed or encrypted, which torch.save does not do"
                raise DataError(what, source.name, RESAVE)
            pickles = [each for each in members if each.filename.endswith("data.pkl")]
            size = sum(each.file_size for each in pickles)
            check_held(size * UNPICKLED, source.most, "what the tensors are named and how they lie", source.name)
            for each in pickles:
                _check_pickle(archive.read(each), source.name)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, SimtoolError):
            raise
        raise DataError(f"damaged PyTorch file: {error}", source.name, "write it again with torch.save") from None


def _is_stored(member: zipfile.ZipInfo) -> bool:
    sizes = {member.file_size, member.compress_size}  # zipfile would take memory for the larger one
    return member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1 and len(sizes) == 1


def _check_pickle(content: bytes, where: str) -> None:
    """Go through the instructions of a pickle, of which none is carried out."""
    for code, value, _ in pickletools.genops(content):
        name = str(value)  # of a GLOBAL "module name"
        if code.name == "GLOBAL" and name not in PLAIN and re.split(r"[. ]", name)[0] != "torch":
            raise _more_than_tensors(name.replace(" ", "."), where)


def _more_than_tensors(name: str, where: str) -> DataError:
    what = f"this file holds more than tensors: {name[:80]}, which may run code when it is read"
    return DataError(what, where, RESAVE)


def _loaded(path: str, where: str) -> Any:
    check_address_space(TORCH)
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):  # of types that will go, which are refused by name
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # a damaged pickle makes torch raise whatever its instructions run into
        if odd := re.search(r"GLOBAL ([\w.]+)", str(error)):
            raise _more_than_tensors(odd[1], where) from None
        # around its reason torch recommends to read the file without the protection
        reason = re.search(r"WeightsUnpickler error: (.+)", str(error)) or re.search(r"(.+)", str(error))
        what = f"damaged PyTorch file: {reason[1][:120] if reason else type(error).__name__}"
        raise DataError(what, where, RESAVE) from None


def _values(name: str, value: Any, depth: int, where: str) -> Iterator[tuple[str, Any]]:
    """Yield the tensors and lists of values in a nest of dicts and lists, with their names; what else is there as None.

    Each step yields something, so that whoever counts finds an end in a nest that holds itself.
    """
    if depth > DEEPEST:
        raise DataError(f"this file nests deeper than {DEEPEST} levels", where, RESAVE)
    members: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list | tuple) and any(not isinstance(each, str | int) for each in value):
        members = enumerate(value)
    else:
        yield name, value
        return
    yield f"{name}.", None
    for key, member in members:
        yield from _values(f"{name}.{key}" if name else str(key), member, depth + 1, where)


def _stored(value: Any, where: str) -> Stored | None:
    """Return a tensor or a list of texts or integers as it is stored; None for any other value."""
    import torch

    if isinstance(value, list | tuple):
        return _stored_list(value)
    if not isinstance(value, torch.Tensor):
        return None
    kind, shape = str(value.dtype), tuple(value.shape)
    if refused := _refused(value):
        return Stored(shape, np.dtype("V1"), None, refused)
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        what = f"the tensor claims shape {str(shape)[:60]}, and {value.untyped_storage().nbytes():,} bytes are stored"
        raise DataError(what, where, "save it again: torch.save(tensor.contiguous(), PATH)")
    plain = value.detach().resolve_neg()
    if kind in WIDENED:
        bits = plain.view(torch.uint16 if kind == "torch.bfloat16" else torch.uint8)
        return Stored(shape, np.dtype(np.float32), bits.numpy(), kind)
    try:
        content = plain.numpy()
    except TypeError:  # a type that numpy has not
        return Stored(shape, np.dtype("V1"), None, kind)
    return Stored(shape, content.dtype, content, kind)


def _refused(tensor: Any) -> str:
    """Return what a tensor is that is not read; "" for one that is."""
    if str(tensor.layout) != "torch.strided" or tensor.device.type != "cpu":
        return f"{tensor.layout} of {tensor.dtype} on {tensor.device.type}"
    return str(tensor.dtype) if tensor.is_quantized or tensor.is_complex() else ""


def _stored_list(value: list[Any] | tuple[Any, ...]) -> Stored | None:
    kinds = set(map(type, value))
    if kinds not in ({str}, {int}):
        return None
    try:
        column = np.array(value, dtype=object if kinds == {str} else np.int64)
    except OverflowError:
        return None
    return Stored(column.shape, column.dtype, column, "list")
