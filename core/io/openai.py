"""Reader of what the OpenAI embeddings API answers, and of the output of its batches.

Accepted: one answer, `{"object": "list", "data": [{"embedding": ..., "index": ...}, ...]}`, or one per line; or the
lines of a batch, `{"custom_id": ..., "response": {"body": ANSWER}}`, whose `custom_id` are the ids; where an answer has
several vectors, `custom_id:index`. A vector is a list of numbers or, with `encoding_format="base64"`, its bytes.
Refused: a batch of which a request failed, with the ids that did; an answer that holds no vectors, or whose `index`
does not count them; base64 that is not whole float32 numbers; an answer that does not fit into memory.
Lost: digits beyond float32, which the API computes in; the rows of an answer are in the order of its `index`.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import DataError
from ..memory import check_held
from .buffers import arrow_values
from .json_lines import is_one_line, parse_json
from .source import Source
from .text_blocks import Block, TextBatches
from .text_layout import HEAD_BYTES
from .vectors import Array

ID, VECTOR = "id", "embedding"
# an object whose first list is `data`, of objects; or a line of a batch
ANSWER = re.compile(rb'\s*\{[^\[{]*"data"\s*:\s*\[\s*\{\s*"(object|index|embedding)"\s*:')
BATCH = re.compile(rb'\s*\{[^\[{]*"custom_id"[^\[{]*"(response|error)"\s*:')
SHOWN = 3


def is_answer(head: bytes) -> bool:
    """Say whether JSON begins as an answer of the API or a line of a batch does."""
    return bool(ANSWER.match(head) or BATCH.match(head))


class AnswerBatches(TextBatches):
    """Answers in blocks of lines, or one answer that goes on over lines, which is one block."""

    def __init__(self, source: Source, block_bytes: int, parsed_bytes: int) -> None:
        """Parse the whole file once."""
        super().__init__(source, block_bytes)
        self._width: int | None = None
        self._named: bool | None = None
        self._failed: list[str] = []
        self._failures = 0
        head = source.read(self._start, HEAD_BYTES)
        line, end, _ = head.strip().partition(b"\n")
        self._is_one = line.rstrip()[-1:] != b"}" if end else is_one_line(source, head)
        if self._is_one:
            check_held(parsed_bytes, source.most, "one answer, parsed whole,", source.name)
            self._block_bytes = source.size + 1
        for block, piece in self._cut(self._start, 1):
            self._keep(block, sum(1 for _ in self._vectors(block, piece)))
        if self._failures:
            raise self._failure()
        kind = pa.list_(pa.float32(), self._width or 0)
        self.schema = pa.schema([*([(ID, pa.string())] if self._named else []), (VECTOR, kind)])

    def _column(self, block: Block, column: str) -> pa.Array:
        piece = self._bytes(block.start, block.stop - block.start)
        found = list(self._vectors(block, piece))
        if column == ID:
            return pa.array([name for name, _ in found], pa.string())
        rows = np.concatenate([np.empty((0, self._width or 0), np.float32), *(row[None] for _, row in found)])
        return pa.FixedSizeListArray.from_arrays(arrow_values(rows.ravel()), type=self.schema.field(VECTOR).type)

    def _vectors(self, block: Block, piece: bytes) -> Iterator[tuple[str | None, Array]]:
        """Yield the vectors of a block with their ids."""
        for number, text in self._lines(block, [piece] if self._is_one else piece.split(b"\n")):
            answer, name = self._answer(parse_json(text, number, self._source.name), number)
            rows = self._rows(answer, number) if answer is not None else []
            for place, row in enumerate(rows):
                if self._width is None:
                    self._width = len(row)
                if len(row) != self._width:
                    what = f"line {number}: vector {place} has {len(row)} dims, expected {self._width} as in the first"
                    raise DataError(what, self._source.name, "every vector needs the same number of dims")
                yield (name if len(rows) == 1 or name is None else f"{name}:{place}"), row

    def _answer(self, document: Any, number: int) -> tuple[Any, str | None]:
        """Return an answer and its custom_id; without the answer where the request failed."""
        fields = document if isinstance(document, dict) else {}
        named = "custom_id" in fields
        self._named = named if self._named is None else self._named
        if named != self._named:
            raise DataError(f"line {number} is of another kind than the lines before it", self._source.name)
        if not named:
            return document, None
        response = fields.get("response")
        response = response if isinstance(response, dict) else {}
        name = str(fields["custom_id"])
        if fields.get("error") is None and response.get("status_code", 200) == 200:
            return response.get("body"), name
        self._failures += 1
        if self._failures <= SHOWN:
            self._failed.append(f"{name[:40]!r} ({_reason(fields, response)})")
        return None, name

    def _rows(self, answer: Any, number: int) -> list[Array]:
        """Return the vectors of an answer, in the order of `index`."""
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list) or not data or not all(isinstance(each, dict) for each in data):
            reason = _reason(answer, {}) if isinstance(answer, dict) and "error" in answer else "no list `data`"
            raise DataError(f"line {number} holds no vectors: {reason}", self._source.name)
        order = [each.get("index", place) for place, each in enumerate(data)]
        if any(type(place) is not int for place in order) or sorted(order) != list(range(len(data))):
            raise DataError(f"line {number}: `index` does not count the {len(data)} vectors", self._source.name)
        return [self._vector(data[place].get("embedding"), number, order[place]) for place in np.argsort(order)]

    def _vector(self, cell: Any, number: int, place: int) -> Array:
        try:
            if isinstance(cell, str):
                return np.frombuffer(b64decode(cell, validate=True), "<f4")
            if isinstance(cell, list) and cell and all(type(each) in (int, float) for each in cell):
                return np.asarray([float(each) for each in cell], np.float64).astype(np.float32)
        except (binascii.Error, ValueError, OverflowError) as error:
            raise self._no_vector(number, place) from error
        raise self._no_vector(number, place)

    def _no_vector(self, number: int, place: int) -> DataError:
        what = f"line {number}: vector {place} is neither a list of numbers nor float32 numbers as base64"
        return DataError(what, self._source.name)

    def _failure(self) -> DataError:
        more = f" and {self._failures - SHOWN} more" if self._failures > SHOWN else ""
        verb = "request" if self._failures == 1 else "requests"
        what = f"{self._failures} {verb} of this batch failed: {', '.join(self._failed)}{more}"
        return DataError(what, self._source.name, "send these again, or leave their lines out")


def _reason(fields: dict[str, Any], response: dict[str, Any]) -> str:
    """Return why a request failed, as the API says it."""
    body = response.get("body")
    error = fields.get("error") or (body.get("error") if isinstance(body, dict) else None)
    said = error.get("code") or error.get("message") if isinstance(error, dict) else error
    return str(said or f"status {response.get('status_code')}")[:60]
