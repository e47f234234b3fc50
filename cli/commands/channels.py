"""`simtool channels`."""

from typing import Annotated

import typer

from .. import options
from ..parsing import split_names
from ..selecting import selecting


@selecting("a", "b")
def channels(
    a: options.AArgument,
    b: options.BArgument,
    channel_dim: Annotated[
        int | None,
        typer.Option(
            "--channel-dim",
            help="The dim of the channels; all later dims make the vector. -1 for channels last.  "
            "[default: 0 of three dims, else 1]",
            show_default=False,
        ),
    ] = None,
    metric: options.MetricOption = "cosine",
    param: options.MetricParamOption = None,
    aggregate: Annotated[
        list[str] | None,
        typer.Option(
            "--aggregate",
            help="Over the channels of each map: mean, min, max, median. Repeatable, or with commas.",
            show_default=False,
            callback=split_names,
        ),
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
    eps: options.EpsOption = options.EPS,
    nonfinite: Annotated[
        str, typer.Option("--nonfinite", help="Maps with NaN or infinity: `error`, or `propagate` NaN.")
    ] = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="Write B, each channel times its weight, as npy.", show_default=False
        ),
    ] = None,
    plot: options.PlotOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    top: options.TopOption = None,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
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
    from simtool import plots

    from ..parsing import parse_parameters
    from ..plots.picture import Picture
    from ..session import Session, ineffective

    session = Session.open(
        None,
        format,
        gates,
        inputs=[a, b, use_weights],
        limit=top,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
    )
    picture = Picture.check(plot, force=force, quiet=quiet, inputs=[a, b, use_weights], outputs=[output, save_weights])
    result = simtool.channels(
        a,
        b,
        channel_dim=channel_dim,
        metric=metric,
        parameters=parse_parameters(param or []),
        aggregates=aggregate or (),
        weights=weights,
        temperature=temperature,
        use_weights=use_weights,
        output=output,
        save_weights=save_weights,
        force=force,
        eps=eps,
        max_memory=max_memory,
        nonfinite=nonfinite,
        device=device,
        backend=backend,
        header=header,
        require_keys=session.keys,
    )
    if picture is not None:
        picture.write(plots.drawing_of(result))
    no_softmax = ineffective(result, "temperature", typed=temperature != 1, why="only --weights softmax takes it")
    session.deliver(result, without_effect=no_softmax)
