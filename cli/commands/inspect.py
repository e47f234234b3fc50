"""`simtool inspect`."""

from typing import Annotated

import typer

from .. import options
from ..selecting import selecting


@selecting("files", keeps=True)
def inspect(
    files: options.SourcesArgument,
    list_rows: Annotated[
        list[str] | None,
        typer.Option(
            "--list-rows",
            metavar="KIND",
            help="List the rows that are zero, nonfinite or duplicates, instead of the columns. Repeatable.",
            show_default=False,
        ),
    ] = None,
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    output: options.OutputOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    top: options.TopOption = None,
    escape_formulas: options.EscapeFormulasOption = False,
) -> None:
    """Show what a file holds: shapes, dtypes, norms, and zero, non-finite and duplicate rows.

    Examples:

        simtool inspect sample_data/wordsim353.parquet
        simtool inspect sample_data/words.parquet::embedding \\
            --assert 'duplicates == 0'
        simtool inspect sample_data/wordsim353.parquet::a --list-rows duplicates \\
            --keep-columns word_a

    Without `::NAME` all columns are listed, with what each is taken for. A duplicate equals an earlier row.
    """
    import simtool

    from ..session import Session

    session = Session.open(
        output,
        format,
        gates,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        inputs=files,
        has_array=False,
        limit=top if list_rows else 1000,
    )
    found = simtool.inspect(
        *files, list_rows=list_rows or (), header=header, max_memory=max_memory, require_keys=session.keys
    )
    session.deliver(found)
