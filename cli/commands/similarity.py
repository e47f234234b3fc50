"""`simtool similarity`."""

from typing import Annotated

import typer

from ..options import (
    EPS,
    AArgument,
    AssertOption,
    BackendOption,
    DeviceOption,
    EpsOption,
    EscapeFormulasOption,
    ForceOption,
    FormatOption,
    HeaderOption,
    IdsAOption,
    IdsBOption,
    InputFormatOption,
    JoinOption,
    MaxMemoryOption,
    MetricOption,
    MetricParamOption,
    NonfiniteOption,
    OutputOption,
    QuietOption,
    TopOption,
)
from ..selecting import selecting


@selecting("a", "b", keeps=True)
def similarity(
    a: AArgument,
    b: Annotated[
        str | None,
        typer.Argument(metavar="B", help="Vectors; without B, A is a table with columns a and b.", show_default=False),
    ] = None,
    dim: Annotated[str, typer.Option("--dim", metavar="D[,D...]", help="The dims that make a vector.")] = "-1",
    metric: MetricOption = "cosine",
    param: MetricParamOption = None,
    eps: EpsOption = EPS,
    join: JoinOption = "row",
    ids_a: IdsAOption = None,
    ids_b: IdsBOption = None,
    nonfinite: NonfiniteOption = "error",
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    input_format: InputFormatOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    top: TopOption = None,
    escape_formulas: EscapeFormulasOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compare vectors with their counterparts, along any dim or dims.

    Examples:

        simtool similarity sample_data/wordsim_a.npy sample_data/wordsim_b.npy
        simtool similarity sample_data/maps_a.npy sample_data/maps_b.npy --dim 2,3
        simtool similarity sample_data/wordsim353.parquet --assert 'mean > 0.3'

    Shapes are broadcast first; the scores have the dims that `--dim` does not name.
    """
    import simtool

    from ..parsing import parse_dims, parse_parameters
    from ..session import Session

    session = Session.open(
        output,
        format,
        gates,
        inputs=[a, b, ids_a, ids_b],
        limit=top,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
    )
    result = simtool.similarity(
        a,
        b,
        dim=parse_dims(dim),
        join=join,
        metric=metric,
        parameters=parse_parameters(param or []),
        eps=eps,
        max_memory=max_memory,
        nonfinite=nonfinite,
        device=device,
        backend=backend,
        ids_a=ids_a,
        ids_b=ids_b,
        header=header,
        require_keys=session.keys,
    )
    session.deliver(result)
