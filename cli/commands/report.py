"""`simtool report`."""

from typing import Annotated

import typer

from ..options import AssertOption, EscapeFormulasOption, ForceOption, FormatOption, OutputOption, QuietOption

ALL = 1000  # rows of a table: as far as a person reads


def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Results of one command: .json or .html of --report, or .parquet of -o.",
            show_default=False,
        ),
    ],
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
) -> None:
    """Put the numbers of several runs beside each other.

    Examples:

        simtool report sample_data/run_cosine.json sample_data/run_manhattan.json
        simtool report sample_data/run_cosine.json sample_data/run_manhattan.json \\
            -o both.html

    The runs are of one command, and each is called as its file is. Parameters that differ are named.
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
        inputs=runs,
        has_array=False,
        limit=ALL,
    )
    session.deliver(simtool.report(*runs, require_keys=session.keys))
