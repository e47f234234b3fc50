"""Where a full matrix goes: a file that is written as it comes, memory if it is small, nowhere if only shown."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import prod
from typing import Any

from simtool.cells import MatrixPart, Sink
from simtool.errors import ParameterError
from simtool.io.output import replacing
from simtool.io.writers import open_matrix, open_rows

from .render import Output
from .session import Session

MOST_CELLS = 10_000  # of a matrix as text on stdout
STREAMED = ("npy", "parquet", "arrow", "csv", "jsonl")
TEXT = ("json", "jsonl", "csv", "markdown")


class MatrixTarget:
    """Opens the file of a matrix once its shape is known.

    Args:
        session: the run it belongs to.
        stack: closes the file, and puts it in its place or removes it.
    """

    def __init__(self, session: Session, stack: ExitStack) -> None:
        self.session = session
        self.stack = stack
        self.written = ""

    def into(self, shape: tuple[int, ...], dtype: Any) -> Sink | None:
        """Return what takes the rows of a matrix of this shape; None keeps it in memory."""
        output = self.session.output
        if output.path is not None and output.file_format in STREAMED:
            return self._file(output, shape, dtype)
        if output.path is None and output.shown == "table" and len(shape) == 2:
            return _shown_only
        cells = prod(shape)
        if output.shown in TEXT and cells > MOST_CELLS:
            raise ParameterError(
                f"a matrix of {cells:,} cells is too much for {output.shown} on stdout, which takes {MOST_CELLS:,}",
                "--format",
                "-o scores.npy or -o scores.parquet writes it to a file; --top-k and --threshold keep a part",
            )
        return None

    def _file(self, output: Output, shape: tuple[int, ...], dtype: Any) -> Sink:
        assert output.path is not None
        assert output.file_format is not None
        if output.shown not in (None, "table", "json"):
            raise ParameterError(
                f"{output.path} takes the matrix, stdout cannot carry it as {output.shown} too",
                "--format",
                "table and json show its summary",
            )
        temporary = self.stack.enter_context(replacing(output.path, force=output.force))
        self.written = f"{' × '.join(map(str, shape))}, {dtype}"
        if output.file_format == "npy":
            matrix = self.stack.enter_context(open_matrix(temporary, shape, dtype))
            return lambda part: matrix.write(part.start, part.scores)
        rows = self.stack.enter_context(open_rows(temporary, output.file_format))
        return lambda part: rows.write(part.columns())

    def rest(self) -> Session:
        """Return the run that is left once the file is in its place."""
        if not self.written:
            return self.session
        return replace(self.session, output=self.session.output.written(self.written))


@contextmanager
def matrix_target(session: Session) -> Iterator[MatrixTarget]:
    """Yield the target of a matrix; its file appears when the body has ended well."""
    with ExitStack() as stack:
        yield MatrixTarget(session, stack)


def _shown_only(part: MatrixPart) -> None:
    """Let the rows go: the result keeps the summary and the corner."""
