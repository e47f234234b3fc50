"""A result becomes what was asked for: a table or data on stdout, a file, notes on stderr."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Self

from simtool.errors import OutputError, ParameterError, closest, printable
from simtool.io import ARRAYS, check_output, embedded, open_rows, output_format, replacing, write_array
from simtool.results import Column, Result, Verdict, in_batches, scalar_to_python, to_python

from ..option_names import as_option
from ..options import FORMATS
from .cells import is_number
from .moved import moved_since
from .terminal import say, say_once_delivered, standard_output, stdout_is_terminal, text_of

REPORTS = {".html": "html", ".md": "markdown", ".json": "json", ".xml": "junit"}
TABLES = ("parquet", "arrow", "arrow-stream", "csv", "jsonl")
_BINARY = {"npy", "parquet", "arrow"}
_MARKUP = re.compile(r"[\\|<`*\[]")


@dataclass(frozen=True)
class Output:
    """Where a result goes, checked before the work.

    Args:
        path: the file to write, or None.
        file_format: its format, from the suffix.
        is_folder: whether the path is a folder, whose files have that format.
        shown: the format on stdout, or None when only the file was asked for.
        limit: rows that a table shows.
        listing: what lists the rows that a table leaves out.
    """

    path: str | None
    file_format: str | None
    shown: str | None
    force: bool = False
    quiet: bool = False
    limit: int = 20
    escape_formulas: bool = False
    listing: str = "-o FILE or --format csv"
    is_folder: bool = False

    @classmethod
    def check(
        cls,
        path: str | None,
        format: str | None,
        force: bool = False,
        *,
        quiet: bool = False,
        inputs: Iterable[str] = (),
        has_array: bool = True,
        limit: int | None = None,
        in_parts: bool = False,
    ) -> Self:
        """Refuse, before any work, an output that could not be written after it.

        Args:
            inputs: what was typed for each input; the output may be none of them.
            has_array: whether the result will have a single array, for npy.
            limit: rows that a table shows; None for as many as usual.
            in_parts: whether a path that ends in / is a folder that takes a matrix in parts.

        Raises:
            OutputError: the file may not be written, or a binary format would meet a terminal.
            ParameterError: the format is unknown.
        """
        file_format, is_folder = None, in_parts and path is not None and path.partition("?")[0].endswith("/")
        if path is not None and is_folder:
            from simtool.work import check_matrix_folder

            check_matrix_folder(path, force=force, inputs=inputs)
            file_format = _format_of_parts(path)
        elif path is not None:
            check_output(path, force=force, inputs=inputs)
            file_format = REPORTS.get(os.path.splitext(path)[1].lower()) or output_format(path)
        if format is not None:
            _check_shown(format)
        if limit is not None and limit < 1:
            raise ParameterError(f"a table has at least one row, got {limit}", "--top")
        if not has_array and (of_array := {file_format, format} & {*ARRAYS}):
            raise _no_array(path, of_array.pop())
        shown = format if path is not None else format or "table"
        limit = cls.limit if limit is None else limit
        return cls(path, file_format, shown, force, quiet, limit, is_folder=is_folder)

    @property
    def wants_array(self) -> bool:
        """Whether the result is to be one array."""
        return bool({self.file_format, self.shown} & {*ARRAYS})

    def written(self, description: str) -> Self:
        """Return the output that is left once the command itself has written the file, and say so."""
        if not self.quiet:
            say_once_delivered(f"wrote {self.path} ({description})")
        return replace(self, path=None, file_format=None)


def render(result: Result, output: Output, *, gates: Sequence[Verdict] = ()) -> None:
    """Write a result to its file, to stdout, or to both, and its notes to stderr.

    On stdout the table leaves the verdicts to the session, which says them right below it.

    Args:
        output: made by `Output.check`.
        gates: verdicts for the document and the report.

    Raises:
        OutputError: the result has no single array for npy, or the file may not be written.
        ResourceError: the disk is full.
    """
    if output.path is not None and output.file_format is not None:
        with replacing(output.path, force=output.force) as temporary, open(temporary, "wb") as file:
            write_as(output.file_format, result, file, gates, output)
        output = output.written(_description(result, output.file_format))
    if output.shown is not None:
        _show(result, output.shown, gates, output)
    if not output.quiet:
        for note in (*dict.fromkeys(result.provenance.values()), *result.spelled_notes(as_option)):
            say(f"note: {note}")


def _check_shown(format: str) -> None:
    if format not in FORMATS:
        nearest = closest(format, FORMATS)
        guess = f"did you mean {nearest}? " if nearest else ""
        raise ParameterError(f"no format is called {format!r}", "--format", f"{guess}there is {', '.join(FORMATS)}")
    if format in _BINARY and stdout_is_terminal():
        raise OutputError(
            f"{format} is binary, and stdout is a terminal", "--format", f"-o FILE.{format} writes it to a file"
        )


def _format_of_parts(path: str) -> str:
    """Return the format of the files of a folder, which its suffix names; npy where it has none."""
    name = path.partition("?")[0].rstrip("/")
    named = output_format(name) if os.path.splitext(name)[1] else "npy"
    if named not in (*ARRAYS, *TABLES):
        raise OutputError(f"no parts of a matrix are written as {named}", path, "name a folder such as scores.npy/")
    return named


def _no_array(where: str | None, format: str | None) -> OutputError:
    what = f"{format} holds one array, and this result is a table"
    return OutputError(what, where or "--format npy", "-o FILE.parquet holds every column")


def _show(result: Result, shown: str, gates: Sequence[Verdict], output: Output) -> None:
    # the table is printable already, and its colours must stay
    with standard_output(escaped=stdout_is_terminal() and shown != "table") as stream:
        if shown == "table":
            from .table import on_stdout

            stream.write(on_stdout(result, limit=output.limit, listing=output.listing))
        else:
            # what goes through a pipe is read from its start to its end, which the file format is not made for
            write_as("arrow-stream" if shown == "arrow" else shown, result, stream, gates, output)


def write_as(format: str, result: Result, file: BinaryIO, gates: Sequence[Verdict], output: Output) -> None:
    """Write a result in one of the formats of a file."""
    match format:
        case _ if format in ARRAYS:
            if result.array is None:
                raise _no_array(output.path, format)
            write_array(file, result.array, format)
        case "json":
            for part in result.document(gates=[verdict.record() for verdict in gates], spell=as_option):
                file.write(part.encode())
        case "html":
            from ..reports.html import html_report

            file.writelines(part.encode() for part in html_report(result, gates))
        case "junit":
            from ..reports.junit import junit_report

            file.write(junit_report(result, gates))
        case "markdown":
            _write_markdown(result, file, gates)
        case _:
            with open_rows(file, format, escape_formulas=output.escape_formulas) as writer:
                for columns in in_batches(result.table):
                    writer.write(columns)
                writer.describe(embedded(result))


def _write_markdown(result: Result, file: BinaryIO, gates: Sequence[Verdict]) -> None:
    def write_row(cells: Iterable[str]) -> None:
        file.write(f"| {' | '.join(cells)} |\n".encode())

    def write_table(columns: Mapping[str, Column], *, headed: bool = True) -> None:
        if headed:
            write_row(map(_markdown, columns))
            write_row("---:" if is_number(column) else "---" for column in columns.values())
        for row in zip(*map(to_python, columns.values()), strict=True):
            write_row(map(_markdown, row))

    for verdict in gates:
        file.write(f"- {_markdown(verdict.sentence())}\n".encode())
    if gates:
        file.write(b"\n")
    for number, columns in enumerate(in_batches(result.rows)):
        if columns:
            write_table(columns, headed=number == 0)
    if result.rows.names:
        file.write(b"\n")
    write_row(("summary", "value"))
    write_row(("---", "---:"))
    for key, value in result.summary.items():
        write_row((_markdown(key), _markdown(scalar_to_python(value))))
    if result.baseline is not None:
        moved, said = moved_since(result, result.baseline)
        file.write(f"\nAgainst {_markdown(result.baseline.source)}:\n\n".encode())
        if moved:
            write_table(moved)
        file.writelines(f"\n{_markdown(sentence)}\n".encode() for sentence in said)
    if result.inputs:
        file.write(b"\n")
    for role, name in result.inputs.items():
        file.write(f"- {_markdown(role)}: {_markdown(name)}\n".encode())


def _markdown(value: object) -> str:
    return _MARKUP.sub(r"\\\g<0>", printable(text_of(value)))


def _description(result: Result, format: str) -> str:
    if format in ARRAYS and result.array is not None:
        dtype = "float32" if format in ("fbin", "fvecs") else result.array.dtype
        return f"{' × '.join(map(str, result.array.shape)) or 'one number'}, {dtype}"
    count = len(result.rows)
    return f"{count} row{'' if count == 1 else 's'}" if result.rows.names else "summary"
