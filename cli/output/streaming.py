"""Results that are written as they come: a matrix in whole rows, a selection of pairs query block by query block."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from simtool.errors import ParameterError
from simtool.io import ARRAYS, GroupedRows, RowWriter, embedded, open_matrix, open_rows, replacing, row_groups
from simtool.results import Column, MatrixPart, PartSink, Result, RowsInto, Sink

from ..session import Session
from .render import TABLES, Output

if TYPE_CHECKING:
    from simtool.work import MatrixFolder

MOST_CELLS = 10_000  # of a matrix as text on stdout
TEXT = ("json", "jsonl", "csv", "markdown")


class StreamTarget:
    """Opens the output file once there is something to write.

    Args:
        stack: closes the file, and puts it in its place or removes it.
    """

    def __init__(self, session: Session, stack: ExitStack) -> None:
        self.session = session
        self.stack = stack
        self.written = ""
        self.writer: RowWriter | None = None
        self.groups: GroupedRows | None = None
        self.folder: MatrixFolder | None = None
        self.count = 0

    def into(self, shape: tuple[int, ...], dtype: Any) -> Sink | PartSink | None:
        """Return what takes the rows of a matrix of this shape; None keeps it in memory."""
        output = self.session.output
        if output.path is not None and output.file_format in (*ARRAYS, *TABLES):
            return self._file(output, shape, dtype)
        if output.path is None and output.shown == "table":
            return _shown_only
        cells = prod(shape)
        if output.shown in TEXT and cells > MOST_CELLS:
            raise ParameterError(
                f"a matrix of {cells:,} cells is too much for {output.shown} on stdout, which takes {MOST_CELLS:,}",
                "--format",
                "-o scores.npy or -o scores.parquet writes it to a file; --top-k and --threshold keep a part",
            )
        return None

    def _file(self, output: Output, shape: tuple[int, ...], dtype: Any) -> Sink | PartSink:
        assert output.path is not None
        assert output.file_format is not None
        if output.shown not in (None, "table", "json"):
            raise ParameterError(
                f"{output.path} takes the matrix, stdout cannot carry it as {output.shown} too",
                "--format",
                "table and json show its summary",
            )
        if output.is_folder:
            from simtool.work import MatrixFolder

            how = {"force": output.force, "escape_formulas": output.escape_formulas}
            self.folder = MatrixFolder(output.path, output.file_format, shape, dtype, **how)
            return self.folder
        if output.file_format not in ARRAYS:
            return lambda part: self._rows(part.columns())
        temporary = self.stack.enter_context(replacing(output.path, force=output.force))
        matrix = self.stack.enter_context(open_matrix(temporary, shape, dtype, output.file_format))
        self.written = f"{' × '.join(map(str, shape))}, {matrix.layout.dtype}"
        return lambda part: matrix.write(part.start, part.scores)

    @property
    def rows_into(self) -> RowsInto | None:
        """What takes the rows of a selection; None keeps them, to be shown too or written at the end."""
        output = self.session.output
        return self._selected if output.shown is None and output.file_format in TABLES else None

    def _selected(self, columns: dict[str, Column]) -> None:
        """Take rows of a selection, which come in pieces that depend on the machine."""
        if self.writer is None:
            self._open()
            assert self.writer is not None
            self.groups = self.stack.enter_context(row_groups(self.writer))
        assert self.groups is not None
        self.groups.write(columns)
        self._count(columns)

    def _rows(self, columns: dict[str, Column]) -> None:
        """Take whole rows of a matrix, whose memory is used again."""
        if self.writer is None:
            self._open()
            assert self.writer is not None
        self.writer.write(columns)
        self._count(columns)

    def _open(self) -> None:
        output = self.session.output
        assert output.path is not None
        assert output.file_format is not None
        temporary = self.stack.enter_context(replacing(output.path, force=output.force))
        self.writer = self.stack.enter_context(
            open_rows(temporary, output.file_format, escape_formulas=output.escape_formulas)
        )

    def _count(self, columns: dict[str, Column]) -> None:
        self.count += len(columns["score"])
        self.written = f"{self.count} row{'' if self.count == 1 else 's'}"

    def describe(self, result: Result) -> None:
        """Keep the document of the result in the file that its rows have gone to, or say that all parts are there."""
        if self.folder is not None:
            self.written = self.folder.finish()
        if self.groups is not None:
            self.groups.finish()
        if self.writer is not None:
            self.writer.describe(embedded(result))

    def rest(self) -> Session:
        """Return the run that is left once the file is in its place."""
        if not self.written:
            return self.session
        return replace(self.session, output=self.session.output.written(self.written))


@contextmanager
def stream_target(session: Session) -> Iterator[StreamTarget]:
    """Yield the target of a result; its file appears when the body has ended well."""
    with ExitStack() as stack:
        yield StreamTarget(session, stack)


def _shown_only(part: MatrixPart) -> None:
    """Let the rows go: the result keeps the summary and the corner."""
