"""Reader of folders that Hugging Face `datasets` saves: Dataset.save_to_disk.

Accepted: the Arrow streams that `state.json` names, in its order; each is mapped.
Refused: a folder of several splits (name one of them), a dataset whose rows were chosen by indices that lie beside it,
files that are not in the folder, or that have other columns than the first.
Lost: what `dataset_info.json` says, such as the names of classes.
"""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from ..errors import DataError
from .arrow_columns import table_of
from .parquet_and_arrow import ColumnarBatches, MessageBatches, damage
from .source import Reading, Source
from .source_opening import open_source
from .text_blocks import TextTable

STATE = "state.json"
MOST_STATE = 16 << 20
RESAVE = "save it again with Dataset.save_to_disk"


class JoinedBatches(ColumnarBatches):
    """Files with the same columns, one after another."""

    def __init__(self, parts: Sequence[MessageBatches]) -> None:
        """Take files whose schemas are the same."""
        self._parts = parts
        self.schema = parts[0].schema
        self.counts = [count for part in parts for count in part.counts]

    def read_together(self, group: int, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield columns, a record batch at a time."""
        for part in self._parts:
            if group < len(part.counts):
                yield from part.read_together(group, columns, rows)
            group = max(0, group - len(part.counts))

    def may_hold_nulls(self, column: str) -> bool:
        """Look for nulls, which takes no decoding."""
        return any(part.may_hold_nulls(column) for part in self._parts)


def open_dataset(source: Source, reading: Reading) -> TextTable:
    """Open the files of a folder."""
    names = _file_names(source)
    parts = []
    for name in names:
        file = open_source(os.path.join(source.name, name), source.most)
        if file.format not in ("arrow", "arrow-stream"):
            raise DataError(f"expected an Arrow stream, got {file.format}", file.name, RESAVE)
        with damage(file.name):
            parts.append(MessageBatches(file))
        if not parts[-1].schema.equals(parts[0].schema):
            raise DataError(f"this file has other columns than {names[0]}", file.name, RESAVE)
    return table_of(JoinedBatches(parts), source, reading)


def _file_names(source: Source) -> list[str]:
    """Return what the state of a dataset says of its files, trusting nothing."""
    path = os.path.join(source.name, STATE)
    try:
        with open(path, "rb") as file:
            state: Any = json.loads(file.read(MOST_STATE))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"the state of this dataset cannot be read: {error}", path, RESAVE) from None
    try:
        names = [entry["filename"] for entry in state["_data_files"]]
        chosen = state.get("_indices_data_files") or state.get("_indices_files")
    except (TypeError, KeyError, AttributeError):
        names, chosen = [], None
    if chosen:
        raise DataError("its rows are chosen by indices", path, "Dataset.flatten_indices().save_to_disk(FOLDER)")
    if not names or not all(isinstance(name, str) for name in names):
        raise DataError("the state of this dataset names no files", path, RESAVE)
    outside = [name for name in names if os.path.basename(name) != name or name in (".", "..")]
    if outside:
        raise DataError(f"a file of this dataset lies outside its folder: {outside[0][:80]}", path, RESAVE)
    return names
