"""`simtool explain`."""

from typing import Annotated

import typer

from ..options import (
    AArgument,
    AssertOption,
    BArgument,
    EscapeFormulasOption,
    ForceOption,
    FormatOption,
    HeaderOption,
    IdsAOption,
    IdsBOption,
    InputFormatOption,
    MarginOption,
    MaxMemoryOption,
    OutputOption,
    QuietOption,
)
from ..selecting import selecting


@selecting("a", "b", rows=False)
def explain(
    a: AArgument,
    b: BArgument,
    row: Annotated[str, typer.Option("--row", help="The pair: a row number from 0, or an id.")] = "0",
    margin: MarginOption = None,
    ids_a: IdsAOption = None,
    ids_b: IdsBOption = None,
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    input_format: InputFormatOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
) -> None:
    """Derive the cosine, the distance and every pair loss of one pair, step by step.

    Examples:

        simtool explain sample_data/wordsim_a.npy sample_data/wordsim_b.npy --row 12
        simtool explain --row 12 --format json \\
            sample_data/wordsim353.parquet::a sample_data/wordsim353.parquet::b

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
        margin=margin,
        ids_a=ids_a,
        ids_b=ids_b,
        header=header,
        max_memory=max_memory,
        require_keys=session.keys,
    )
    session.deliver(result)
