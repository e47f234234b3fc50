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
    ForceOption,
    FormatOption,
    MetricOption,
    QuietOption,
)

KEYS = ("count", "mean", "min", "max")


def channels(
    a: AArgument,
    b: BArgument,
    channel_dim: Annotated[
        int, typer.Option("--channel-dim", help="The dim of the channels; all later dims make the vector.")
    ] = 1,
    metric: MetricOption = "cosine",
    eps: EpsOption = 1e-8,
    nonfinite: Annotated[
        str, typer.Option("--nonfinite", help="Maps with NaN or infinity: `error`, or `propagate` NaN.")
    ] = "error",
    format: FormatOption = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="Write B, each channel times its score, as npy.", show_default=False
        ),
    ] = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compare each channel of two feature maps.

    Examples:

        simtool channels sample_data/maps_a.npy sample_data/maps_b.npy
        simtool channels sample_data/maps_a.npy sample_data/maps_b.npy -o out.npy

    stdout has the scores; `-o` writes B with each channel multiplied by its score.
    """
    import simtool

    from ..session import Session
    from ..weighted import check_weighted_output, write_weighted

    check_weighted_output(output, force=force, inputs=[a, b])
    session = Session.open(output=None, format=format, force=force, quiet=quiet, gates=gates, keys=KEYS, inputs=[a, b])
    maps = simtool.open_vectors(b)
    result = simtool.channels(
        simtool.open_vectors(a),
        maps,
        channel_dim=channel_dim,
        metric=metric,
        eps=eps,
        nonfinite=nonfinite,
        device=device,
        backend=backend,
    )
    write_weighted(output, maps, result, force=force, quiet=quiet)
    session.deliver(result)
