"""Reader of Lance, by the extra `lance`: the folder of a dataset, in its newest version.

Accepted: the columns that Parquet may have; rows are read by range.
Refused: what the library refuses, or what ends it.
Lost: nothing; older versions, indices and deleted rows are not read.

The library reads in a process of its own, which sends Arrow streams: where a file is damaged its Rust may end the
process that it runs in.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Lock
from typing import Any
from weakref import finalize

import pyarrow as pa

from ..errors import DataError
from .arrow_columns import table_of
from .formats import check_library
from .parquet_and_arrow import ColumnarBatches
from .source import Reading, Source
from .text_blocks import TextTable

BUFFER = 32 << 20  # bytes that the library reads ahead; its own default is 2 GiB
PATIENCE = 5  # seconds for the process to end by itself
# each range by itself: a scan of the whole reads on, beyond any bound, while its batches are used
READER = """
import json, sys
import lance
import pyarrow as pa

def send(table):
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)
    sys.stdout.buffer.flush()

try:
    dataset = lance.dataset(sys.argv[1])
    counts = [fragment.count_rows() for fragment in dataset.get_fragments()]
    send(dataset.schema.with_metadata({"counts": json.dumps(counts)}).empty_table())
    for line in sys.stdin:
        columns, offset, limit = json.loads(line)
        options = {"batch_size": limit, "io_buffer_size": int(sys.argv[2])}
        send(dataset.to_table(columns=columns, offset=offset, limit=limit, **options))
except BaseException as error:
    sys.exit("\\n" + (str(error).strip("'\\" ").splitlines() or [type(error).__name__])[0][:120])
"""


class LanceBatches(ColumnarBatches):
    """The fragments of a dataset, read by a process that ends with this object."""

    null_rows = 1 << 10

    def __init__(self, name: str) -> None:
        """Start the process, and learn the columns and the rows of every fragment."""
        self._name, self._lock = name, Lock()
        self._errors = TemporaryFile()  # noqa: SIM115 - is closed with the process
        command = [sys.executable, "-P", "-c", READER, name, str(BUFFER)]
        pipe = subprocess.PIPE
        self._process: Any = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._errors)
        finalize(self, self._errors.close)
        finalize(self, _stop, self._process)
        schema = self._received().schema
        self.counts: list[int] = json.loads(schema.metadata[b"counts"])
        self.schema = schema.remove_metadata()

    def read_together(self, group: int, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield columns, a batch at a time."""
        start, total = sum(self.counts[:group]), sum(self.counts)
        for first in range(start, total, rows):
            with self._lock:
                request = json.dumps([columns, first, min(rows, total - first)])
                table = self._received(f"{request}\n".encode())
            for batch in table.to_batches():
                batch.validate(full=True)
                yield batch

    def _received(self, request: bytes = b"") -> pa.Table:
        """Return what the process sends, or say why it ended."""
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
            with pa.ipc.open_stream(self._process.stdout) as stream:
                return stream.read_all()
        except (pa.ArrowException, OSError, ValueError):  # the last one where it has ended before
            code = _stop(self._process)
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().splitlines()
            reason = said[-1][:120] if code == 1 and said else f"its library ended with {code}"
            what = f"this dataset is damaged or cannot be decoded: {reason}"
            raise DataError(what, self._name, "write it again") from None


def open_lance(source: Source, reading: Reading) -> TextTable:
    """Open the newest version of a dataset."""
    check_library("lance", "lance", source.name)
    return table_of(LanceBatches(source.name), source, reading)


def _stop(process: Any) -> int:
    """End a process, and return how it ended."""
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was not sent is not wanted
            pipe.close()
    try:
        code: int = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    return code
