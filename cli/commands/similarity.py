"""`simtool similarity`."""

from typing import Annotated, Any

import typer

from ..options import (
    AArgument,
    AssertOption,
    BackendOption,
    BArgument,
    DeviceOption,
    EpsOption,
    EscapeFormulasOption,
    ForceOption,
    FormatOption,
    HeaderOption,
    IdsAOption,
    IdsBOption,
    MaxMemoryOption,
    MetricOption,
    MetricParamOption,
    NonfiniteOption,
    OutputOption,
    QuietOption,
)

KEYS = ("count", "mean", "min", "max")


def similarity(
    a: AArgument,
    b: BArgument,
    dim: Annotated[str, typer.Option("--dim", metavar="D[,D...]", help="The dims that make a vector.")] = "-1",
    metric: MetricOption = "cosine",
    param: MetricParamOption = None,
    eps: EpsOption = 1e-8,
    ids_a: IdsAOption = None,
    ids_b: IdsBOption = None,
    nonfinite: NonfiniteOption = "error",
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compare vectors with their counterparts, along any dim or dims.

    Examples:

        simtool similarity sample_data/wordsim_a.npy sample_data/wordsim_b.npy
        simtool similarity sample_data/maps_a.npy sample_data/maps_b.npy --dim 2,3
        simtool similarity --assert 'mean > 0.3' \\
            sample_data/wordsim353.parquet::a sample_data/wordsim353.parquet::b

    Shapes are broadcast first; the scores have the dims that `--dim` does not name.
    """
    import simtool

    from ..parsing import parse_dims, parse_parameters
    from ..session import Session

    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        gates=gates,
        keys=KEYS,
        inputs=[a, b, ids_a, ids_b],
    )
    reading: dict[str, Any] = {"nulls": nonfinite != "error", "header": header, "max_memory": max_memory}
    result = simtool.similarity(
        simtool.open_vectors(a, ids=ids_a, **reading),
        simtool.open_vectors(b, ids=ids_b, **reading),
        dim=parse_dims(dim),
        metric=metric,
        parameters=parse_parameters(param or []),
        eps=eps,
        max_memory=max_memory,
        nonfinite=nonfinite,
        device=device,
        backend=backend,
    )
    session.deliver(result)
