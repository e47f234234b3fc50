"""`simtool similarity`."""

from typing import Annotated

import typer

from .. import options
from ..selecting import selecting


@selecting("a", "b", keeps=True)
def similarity(
    a: options.AArgument,
    b: Annotated[
        str | None,
        typer.Argument(metavar="B", help="Vectors; without B, A is a table with columns a and b.", show_default=False),
    ] = None,
    dim: Annotated[str, typer.Option("--dim", metavar="D[,D...]", help="The dims that make a vector.")] = "-1",
    metric: options.MetricOption = "cosine",
    param: options.MetricParamOption = None,
    eps: options.EpsOption = options.EPS,
    join: options.JoinOption = "row",
    ids_a: options.IdsAOption = None,
    ids_b: options.IdsBOption = None,
    nonfinite: options.NonfiniteOption = "error",
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
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
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
