"""The file of a head: safetensors, so that reading it runs no code.

Accepted: safetensors as `write_head` leaves them: tensors `weight` (and `mean` or `bias`), `held_out` (the numbers of
the examples that were held out), and `state.*`, from which `fit «resume»` goes on; one member of the metadata,
`simtool`, holds JSON with all that is needed to learn the same head again.
Refused: any other file, and one that is damaged.
Lost: nothing; the same head and the same metadata give the same bytes.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..documents import is_finite_number, read_document
from ..errors import DataError, InputNotFoundError, SimtoolError
from ..io.output import replacing
from ..io.source_opening import on_disk
from ..results import Column
from .heads import HEADS, Head

SUFFIX = ".safetensors"
SCHEMA = 1
KEY = "simtool"  # a single member: the order of several is not the same in every run
STATE = "state."
MOST_TENSORS = 1000
DTYPES = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")  # numpy's


@dataclass(frozen=True)
class SavedHead:
    """What the file of a head holds.

    Args:
        about: how it came about: kind, parameters, seed, versions, inputs, history.
        held_out: (k,) numbers of the examples that were held out.
        state: name -> array, from which learning goes on.
    """

    head: Head
    about: Mapping[str, Any]
    held_out: Column
    state: Mapping[str, Column] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether it has learnt to the end."""
        return bool(self.about.get("complete", True))


def unfinished(path: str) -> str:
    """Return where the states of a head are kept while another head is in its place.

    Example:
        >>> unfinished("models/head.safetensors")
        'models/head.unfinished.safetensors'
    """
    return f"{os.path.splitext(path)[0]}.unfinished{SUFFIX}"


def write_head(path: str, saved: SavedHead, *, force: bool, at_once: bool = False) -> None:
    """Write a head; the file appears whole or not at all.

    Raises:
        OutputError: the file exists without `force`, or it may not be written.
    """
    from safetensors.numpy import save

    tensors = {"weight": saved.head.weight, "held_out": saved.held_out.astype(np.int64)}
    if saved.head.mean is not None:
        tensors["mean"] = saved.head.mean
    if saved.head.bias is not None:
        tensors["bias"] = saved.head.bias
    tensors |= {f"{STATE}{name}": array for name, array in saved.state.items()}
    members = {"schema": SCHEMA, "head": saved.head.kind, **saved.about}
    text = json.dumps(members, ensure_ascii=False, allow_nan=False)
    data = save({name: np.ascontiguousarray(array) for name, array in tensors.items()}, {KEY: text})
    with replacing(path, force=force, at_once=at_once) as temporary, open(temporary, "wb") as file:
        file.write(data)


def read_head(path: str) -> SavedHead:
    """Read a head.

    Raises:
        InputNotFoundError: there is no such file.
        DataError: it holds something else.
    """
    from safetensors import SafetensorError, safe_open

    hint = f"simtool fit -o head{SUFFIX} writes one"
    try:
        with on_disk(path) as local, safe_open(local, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = _tensors(file, path)
    except SimtoolError:
        raise
    except FileNotFoundError:
        raise InputNotFoundError("no such file", path, hint) from None
    except SafetensorError as error:
        raise DataError(f"expected a head as safetensors: {error}", path, hint) from None
    except OSError as error:
        raise InputNotFoundError(f"this file cannot be read: {error.strerror or error}", path) from None
    return _checked(tensors, metadata, path, hint)


def _tensors(file: Any, path: str) -> dict[str, Column]:
    """Read the tensors; of another program's file there may be very many, or some of types that numpy has not."""
    names = list(file.keys())
    if len(names) > MOST_TENSORS:
        raise DataError(f"this file holds {len(names)} tensors, which is no head of simtool", path)
    for name in names:
        found = file.get_slice(name).get_dtype()
        if found not in DTYPES:
            raise DataError(f"the tensor {name!r} is {found}, which no head of simtool holds", path, "fit it again")
    return {name: file.get_tensor(name) for name in names}


def _checked(tensors: dict[str, Column], metadata: Mapping[str, str], path: str, hint: str) -> SavedHead:
    try:
        about = read_document(metadata.get(KEY, ""))
        kind, schema = about.pop("head"), about.pop("schema")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise DataError("these safetensors hold no head of simtool", path, hint) from None
    if schema != SCHEMA or kind not in HEADS:
        what = f"this head is of another version of simtool: schema {schema}, kind {kind}"
        raise DataError(what, path, "fit it again")
    weight, mean, held_out = (tensors.get(name) for name in ("weight", "mean", "held_out"))
    dims = 1 if kind == "diagonal" else 2
    if weight is None or held_out is None or weight.ndim != dims or not _is_finite(weight):
        raise DataError(f"this file lacks the finite weight of a {kind} head", path, "fit it again")
    centred = mean is None or (mean.shape == weight.shape[-1:] and _is_finite(mean))
    if (kind == "whiten") != (mean is not None) or not centred:
        raise DataError(f"this file lacks the mean of a {kind} head, or holds one too many", path, "fit it again")
    bias = tensors.get("bias")
    if bias is not None and (bias.shape != weight.shape[:1] or not _is_finite(bias)):
        raise DataError(f"the bias of this {kind} head does not fit its weight", path, "fit it again")
    wrong = [name for name, is_right in MEMBERS.items() if name in about and not is_right(about[name])]
    if not _are_rows(held_out, about.get("rows")):
        wrong.append("held_out")
    if wrong:
        raise DataError(f"this head is damaged: {wrong[0]!r} is not what simtool writes", path, "fit it again")
    state = {name.removeprefix(STATE): array for name, array in tensors.items() if name.startswith(STATE)}
    return SavedHead(Head(kind, weight, mean, bias), about, held_out, state)


def _is_finite(tensor: Column) -> bool:
    return tensor.dtype.kind == "f" and bool(np.isfinite(tensor).all())


def _are_rows(numbers: Column, rows: object) -> bool:
    """Tell numbers of rows, of which there are so many if that is known."""
    if numbers.ndim != 1 or numbers.dtype != np.int64:
        return False
    return not len(numbers) or (numbers.min() >= 0 and (not isinstance(rows, int) or bool(numbers.max() < rows)))


def _is_epoch(line: object) -> bool:
    """Tell a loss and a score, either of which may be undefined."""
    return isinstance(line, list) and len(line) == 2 and all(part is None or is_finite_number(part) for part in line)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 63


# what is read again of the metadata, and what it must be
MEMBERS: Mapping[str, Callable[[Any], bool]] = {
    "inputs": lambda value: isinstance(value, dict) and all(isinstance(name, str) for name in value.values()),
    "rows": _is_count,
    "fingerprints": lambda value: isinstance(value, list),
    "plan": lambda value: isinstance(value, dict),
    "data": lambda value: isinstance(value, str),
    "complete": lambda value: isinstance(value, bool),
    "epoch": _is_count,
    "best_epoch": _is_count,
    "history": lambda value: isinstance(value, list) and all(map(_is_epoch, value)),
}


def fingerprint(rows: Column) -> str:
    """Return what tells (k, d) vectors from others, whatever float dtype they are kept in."""
    return hashlib.sha256(np.ascontiguousarray(rows, dtype=np.float64).tobytes()).hexdigest()
