"""`simtool channels`."""

from typing import Annotated

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
    MaxMemoryOption,
    MetricOption,
    MetricParamOption,
    QuietOption,
)

KEYS = ("count", "mean", "min", "max", "median")


def channels(
    a: AArgument,
    b: BArgument,
    channel_dim: Annotated[
        int | None,
        typer.Option(
            "--channel-dim",
            help="The dim of the channels; all later dims make the vector. -1 for channels last.  "
            "[default: 0 of three dims, else 1]",
            show_default=False,
        ),
    ] = None,
    metric: MetricOption = "cosine",
    param: MetricParamOption = None,
    aggregate: Annotated[
        list[str] | None,
        typer.Option("--aggregate", help="Over the channels of each map: mean, min, max, median.", show_default=False),
    ] = None,
    weights: Annotated[
        str, typer.Option("--weights", help="What a score becomes as a weight: raw, clip at 0, softmax or rank.")
    ] = "raw",
    temperature: Annotated[float, typer.Option("--temperature", help="The temperature of softmax.")] = 1.0,
    save_weights: Annotated[
        str | None, typer.Option("--save-weights", metavar="PATH", help="Write the weights, as npy.")
    ] = None,
    use_weights: Annotated[
        str | None,
        typer.Option("--use-weights", metavar="SOURCE", help="Weigh B by saved weights instead of these scores."),
    ] = None,
    eps: EpsOption = 1e-8,
    nonfinite: Annotated[
        str, typer.Option("--nonfinite", help="Maps with NaN or infinity: `error`, or `propagate` NaN.")
    ] = "error",
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    format: FormatOption = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="Write B, each channel times its weight, as npy.", show_default=False
        ),
    ] = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compare each channel of two feature maps.

    Examples:

        simtool channels sample_data/maps_a.npy sample_data/maps_b.npy
        simtool channels sample_data/maps_a.npy sample_data/maps_b.npy -o out.npy
        simtool channels sample_data/maps_a.npy sample_data/maps_b.npy \\
            --weights softmax --save-weights weights.npy

    Three dims are one map, (channels, height, width); more are many, (maps, channels, ...); `--channel-dim` says otherwise.
    stdout has the scores; `-o` writes B with each channel multiplied by its weight.
    """
    import simtool
    from simtool.errors import ParameterError
    from simtool.operations.channels import weighted

    from ..output.arrays import check_arrays, write_array_file
    from ..parsing import parse_parameters
    from ..session import Session, ineffective

    if use_weights is not None and output is None:
        raise ParameterError(
            "weights to use, and nothing to weigh", "--use-weights", "-o PATH writes the weighted maps"
        )
    if use_weights is not None and weights != "raw":
        raise ParameterError("saved weights are used as they are", "--weights", "leave it out with --use-weights")
    typed = [source for source in (a, b, use_weights) if source is not None]
    check_arrays(output, save_weights, force=force, inputs=typed)
    session = Session.open(
        output=None,
        format=format,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        gates=gates,
        keys=KEYS,
        inputs=typed,
    )
    saved = None if use_weights is None else simtool.open_vectors(use_weights, max_memory=max_memory, header=header)
    maps = simtool.open_vectors(b, max_memory=max_memory, header=header)
    result = simtool.channels(
        simtool.open_vectors(a, max_memory=max_memory, header=header),
        maps,
        channel_dim=channel_dim,
        metric=metric,
        parameters=parse_parameters(param or []),
        aggregates=aggregate or (),
        weights=weights,
        temperature=temperature,
        eps=eps,
        max_memory=max_memory,
        nonfinite=nonfinite,
        device=device,
        backend=backend,
    )
    factors = result.array if saved is None else saved.read(0, saved.shape[0])
    if output is not None and factors is not None:
        write_array_file(
            output, weighted(maps, factors, channel_dim=channel_dim, max_memory=max_memory), force=force, quiet=quiet
        )
    if save_weights is not None:
        write_array_file(save_weights, result.array, force=force, quiet=quiet)
    no_softmax = ineffective(result, "temperature", typed=temperature != 1, why="only --weights softmax takes it")
    session.deliver(result, without_effect=no_softmax)
