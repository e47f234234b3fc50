"""`simtool explain`."""

from typing import Annotated

import typer

from .. import options
from ..loss_options import MarginOption
from ..selecting import selecting


@selecting("a", "b", rows=False)
def explain(
    a: options.AArgument,
    b: options.BArgument,
    row: Annotated[str, typer.Option("--row", metavar="KEY", help="The pair: an id, or a row number from 0.")] = "0",
    row_b: Annotated[
        str | None,
        typer.Option(
            "--row-b", metavar="KEY", help="The row of B, if it is another than that of A.", show_default=False
        ),
    ] = None,
    join: options.JoinOption = "row",
    margin: MarginOption = None,
    ids_a: options.IdsAOption = None,
    ids_b: options.IdsBOption = None,
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    output: options.OutputOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
) -> None:
    """Derive the cosine, the distance and every pair loss of one pair, step by step.

    Examples:

        simtool explain sample_data/wordsim_a.npy sample_data/wordsim_b.npy --row 12
        simtool explain --row 12 --format json \\
            sample_data/wordsim353.parquet::a sample_data/wordsim353.parquet::b
        simtool explain sample_data/words.parquet sample_data/words.parquet \\
            --row king --row-b queen
        simtool explain '[0,1,0,9,1]' '[3,0,0,9,0]'

    Each line has the formula, the same with its numbers filled in, and the value.
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
        inputs=[a, b, ids_a, ids_b],
        has_array=False,
        limit=100,
    )
    result = simtool.explain(
        a,
        b,
        row=row,
        row_b=row_b,
        join=join,
        margin=margin,
        ids_a=ids_a,
        ids_b=ids_b,
        header=header,
        max_memory=max_memory,
        require_keys=session.keys,
    )
    session.deliver(result)
