"""Reader of Lance, by the extra `lance`: the folder of a dataset, in its newest version.

Accepted: the columns that Parquet may have; rows are read by range, a batch at a time.
Refused: what the library refuses.
Lost: nothing; older versions, indices and deleted rows are not read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from ..errors import DataError
from .arrow import null_mask
from .arrow_columns import as_table
from .formats import check_library
from .source import Reading, Source
from .text_blocks import TextTable

BUFFER = 32 << 20  # bytes that the library reads ahead; its own default is 2 GiB


class LanceBatches:
    """The fragments of a dataset."""

    reads_members = False

    def __init__(self, name: str, dataset: Any) -> None:
        """Count the rows of every fragment."""
        self._name, self._dataset = name, dataset
        self.schema = dataset.schema
        self.counts = [fragment.count_rows() for fragment in dataset.get_fragments()]

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column, a batch at a time."""
        return (batch.column(0) for batch in self.read_together(group, [column], rows))

    def read_together(self, group: int, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield columns, a batch at a time."""
        start, total = sum(self.counts[:group]), sum(self.counts)
        # each range by itself: a scan of the whole reads on, beyond any bound, while its batches are used
        for first in range(start, total, rows):
            with damage(self._name):
                table = self._dataset.to_table(
                    columns=columns,
                    offset=first,
                    limit=min(rows, total - first),
                    batch_size=rows,
                    io_buffer_size=BUFFER,
                )
            yield from table.to_batches()

    def may_hold_nulls(self, column: str) -> bool:
        """Look for nulls."""
        return any(null_mask(array) is not None for array in self.read(0, column, 1 << 10))

    def held(self, columns: list[str]) -> int:
        """Return what the library reads ahead."""
        return BUFFER


def open_lance(source: Source, reading: Reading) -> TextTable:
    """Open the newest version of a dataset."""
    check_library("lance", "lance", source.name)
    import lance

    with damage(source.name):
        batches = LanceBatches(source.name, lance.dataset(source.name))
    return as_table(batches, source, reading)


@contextmanager
def damage(where: str) -> Iterator[None]:
    """Turn what the library says about a damaged dataset into one line, where its Rust panics too."""
    try:
        yield
    except (DataError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        reason = (str(error).strip("'\" ").splitlines() or [type(error).__name__])[0][:120]
        raise DataError(f"this dataset is damaged or cannot be decoded: {reason}", where, "write it again") from None
