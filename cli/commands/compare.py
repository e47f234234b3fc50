"""`simtool compare`."""

from typing import Annotated

import typer

from ..options import (
    AArgument,
    AssertOption,
    BackendOption,
    BArgument,
    DeviceOption,
    EpsOption,
    ForceOption,
    FormatOption,
    IdsAOption,
    IdsBOption,
    OutputOption,
    QuietOption,
)


def compare(
    a: AArgument,
    b: BArgument,
    aggregate: Annotated[
        list[str] | None,
        typer.Option(
            "--aggregate", help="mean (default), argmax, max, centroid or paired. Repeatable.", show_default=False
        ),
    ] = None,
    matches: Annotated[bool, typer.Option("--matches", help="List who matched whom under argmax.")] = False,
    eps: EpsOption = 1e-8,
    ids_a: IdsAOption = None,
    ids_b: IdsBOption = None,
    nonfinite: Annotated[
        str, typer.Option("--nonfinite", help="Rows with NaN, infinity or null: `error`, or `drop` them.")
    ] = "error",
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compare two sets of vectors down to one percentage.

    Examples:

        simtool compare sample_data/texts_a.npy sample_data/texts_b.npy \\
            --aggregate mean --aggregate argmax
        simtool compare sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --aggregate argmax --assert 'argmax >= 0.5'
        simtool compare sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --aggregate argmax --matches --format csv

    The percentage is 100 max(0, s) of the first aggregate. In inputs of (items, tokens, d) item i belongs to
    item i, zero rows are padding, and every score is the mean over the items.
    """
    import simtool

    from ..session import Session

    aggregates = aggregate or ["mean"]
    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=quiet,
        gates=gates,
        keys=simtool.summary_keys(aggregates),
        inputs=[a, b, ids_a, ids_b],
        has_array=False,
    )
    nulls = nonfinite != "error"
    with session.progress() as progress:
        result = simtool.compare(
            simtool.open_vectors(a, ids=ids_a, nulls=nulls),
            simtool.open_vectors(b, ids=ids_b, nulls=nulls),
            aggregates=aggregates,
            eps=eps,
            matches=matches,
            nonfinite=nonfinite,
            device=device,
            backend=backend,
            progress=progress,
        )
    session.deliver(result)
