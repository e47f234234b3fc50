"""The file of a head: safetensors, so that reading it runs no code.

Accepted: safetensors as `write_head` leaves them: tensors `weight` (and `mean` or `bias`), `held_out` (the numbers of
the examples that were held out), and `state.*`, from which `fit --resume` goes on; one member of the metadata,
`simtool`, holds JSON with all that is needed to learn the same head again.
Refused: any other file, and one that is damaged.
Lost: nothing; the same head and the same metadata give the same bytes.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataError, InputNotFoundError
from ..io.output import replacing
from ..results import Column
from .heads import HEADS, Head

SUFFIX = ".safetensors"
SCHEMA = 1
KEY = "simtool"  # a single member: the order of several is not the same in every run
STATE = "state."


@dataclass(frozen=True)
class SavedHead:
    """What the file of a head holds.

    Args:
        head: the projection.
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

    Args:
        path: the file.
        saved: what it is to hold.
        force: an existing file may be replaced.
        at_once: do not wait for the other outputs of a delivery.

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

    Args:
        path: the file.

    Raises:
        InputNotFoundError: there is no such file.
        DataError: it holds something else.
    """
    from safetensors import SafetensorError, safe_open

    hint = f"simtool fit -o head{SUFFIX} writes one"
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            # safe_open is no mapping: it has keys, and no iterator
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise InputNotFoundError("no such file", path, hint) from None
    except SafetensorError as error:
        raise DataError(f"expected a head as safetensors: {error}", path, hint) from None
    except OSError as error:
        raise InputNotFoundError(f"this file cannot be read: {error.strerror or error}", path) from None
    return _checked(tensors, metadata, path, hint)


def _checked(tensors: dict[str, Column], metadata: Mapping[str, str], path: str, hint: str) -> SavedHead:
    try:
        about = json.loads(metadata.get(KEY, ""))
        kind, schema = about.pop("head"), about.pop("schema")
    except (ValueError, KeyError, AttributeError):
        raise DataError("these safetensors hold no head of simtool", path, hint) from None
    if schema != SCHEMA or kind not in HEADS:
        what = f"this head is of another version of simtool: schema {schema}, kind {kind}"
        raise DataError(what, path, "fit it again")
    weight, mean, held_out = (tensors.get(name) for name in ("weight", "mean", "held_out"))
    dims = 1 if kind == "diagonal" else 2
    if weight is None or held_out is None or weight.ndim != dims or not np.isfinite(weight).all():
        raise DataError(f"this file lacks the finite weight of a {kind} head", path, "fit it again")
    if (kind == "whiten") != (mean is not None) or (mean is not None and mean.shape != weight.shape[-1:]):
        raise DataError(f"this file lacks the mean of a {kind} head, or holds one too many", path, "fit it again")
    bias = tensors.get("bias")
    if bias is not None and (bias.shape != weight.shape[:1] or not np.isfinite(bias).all()):
        raise DataError(f"the bias of this {kind} head does not fit its weight", path, "fit it again")
    state = {name.removeprefix(STATE): array for name, array in tensors.items() if name.startswith(STATE)}
    return SavedHead(Head(kind, weight, mean, bias), about, held_out, state)


def fingerprint(rows: Column) -> str:
    """Return what tells (k, d) vectors from others, whatever float dtype they are kept in."""
    return hashlib.sha256(np.ascontiguousarray(rows, dtype=np.float64).tobytes()).hexdigest()
