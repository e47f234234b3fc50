"""What a block came to as bytes and back: numbers, arrays, and records of ours, checked by a digest.

Accepted: None, bools, whole numbers, floats, text, arrays of numbers, ranges, tuples, lists, dicts, and the frozen or
plain records of simtool made of them.
Refused: bytes whose digest is another: a file that is damaged, or was cut off. Nothing in a file is run.
Lost: nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from importlib import import_module
from typing import Any

import numpy as np

MAGIC = b"simtool block 1\n"
DIGEST = 32  # bytes


def encoded(value: Any, key: bytes) -> bytes:
    """Return a value as bytes; `key` is what they are of, 64 bytes at most, without which they cannot be read."""
    arrays: list[np.ndarray[Any, Any]] = []
    content = _plain(value, arrays)
    shapes = [[array.dtype.str, list(array.shape)] for array in arrays]
    header = json.dumps([content, shapes]).encode()
    body = b"".join([len(header).to_bytes(8, "little"), header, *(np.ascontiguousarray(each).data for each in arrays)])
    return b"".join([MAGIC, blake2b(body, digest_size=DIGEST, key=key).digest(), body])


def decoded(data: bytes, key: bytes) -> tuple[Any] | None:
    """Return the value alone in a tuple; None where the bytes are damaged, or are of something else."""
    start = len(MAGIC) + DIGEST
    body = memoryview(data)[start:]
    if data[:start] != MAGIC + blake2b(body, digest_size=DIGEST, key=key).digest():
        return None
    place = 8 + int.from_bytes(body[:8], "little")
    content, shapes = json.loads(bytes(body[8:place]))
    arrays = []
    for dtype, shape in shapes:
        size = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(body, dtype, size, place).reshape(shape).copy())
        place += arrays[-1].nbytes
    return (_restored(content, arrays),)


def _plain(value: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    """Return a value as JSON has it, its arrays beside it."""
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1, "alone": isinstance(value, np.generic)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop]}
    if isinstance(value, list):
        return [_plain(each, arrays) for each in value]
    if isinstance(value, dict):
        return {"dict": [[key, _plain(each, arrays)] for key, each in value.items()]}
    kind, parts = type(value), value
    if is_dataclass(value):
        parts = [getattr(value, each.name) for each in fields(value)]
    name = "" if kind is tuple else f"{kind.__module__}:{kind.__qualname__}"
    return {"record": name, "parts": [_plain(each, arrays) for each in parts]}


def _restored(content: Any, arrays: Sequence[np.ndarray[Any, Any]]) -> Any:
    match content:
        case list():
            return [_restored(each, arrays) for each in content]
        case {"array": number, "alone": alone}:
            return arrays[number][()] if alone else arrays[number]
        case {"slice": ends}:
            return slice(*ends)
        case {"dict": pairs}:
            return {key: _restored(each, arrays) for key, each in pairs}
        case {"record": name, "parts": parts}:
            restored = [_restored(each, arrays) for each in parts]
            return _record(name)(*restored) if name else tuple(restored)
    return content


def _record(name: str) -> Any:
    """Return a class of records of ours."""
    module, _, kind = name.partition(":")
    found = getattr(import_module(module), kind) if module.startswith("simtool.") else None
    if not (isinstance(found, type) and (is_dataclass(found) or hasattr(found, "_fields"))):
        raise TypeError(f"{name} is no record")
    return found
