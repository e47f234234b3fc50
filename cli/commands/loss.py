"""`simtool loss`."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICE

from .. import options
from ..long_run_options import DeviceNameOption, DryRunOption
from ..loss_options import (
    DistanceOption,
    ExamplesOption,
    KindsOption,
    LossParamOption,
    MarginOption,
    ScaleOption,
    TemperatureOption,
    VariantOption,
)
from ..selecting import selecting


@selecting("vectors", keeps=True)
def loss(
    kind: KindsOption,
    vectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VECTORS",
            help="One source of vectors per role, or a table with a column for each (a, b; anchor, positive, negative; "
            "with label or score); without any, that table on stdin.",
            show_default=False,
        ),
    ] = None,
    examples: ExamplesOption = None,
    labels: options.LabelsOption = None,
    margin: MarginOption = None,
    temperature: TemperatureOption = None,
    scale: ScaleOption = None,
    param: LossParamOption = None,
    variant: VariantOption = None,
    distance: DistanceOption = None,
    reduction: Annotated[
        str | None,
        typer.Option(
            "--reduction",
            help="What `loss` is: mean, sum, none, active-mean over what is not zero, or active-mean-by-label.",
        ),
    ] = None,
    sweep: options.SweepOption = None,
    grad: Annotated[
        str | None,
        typer.Option(
            "--grad",
            metavar="PATH",
            help="Write the gradient of the loss by each input, to .parquet or .npy; of two inputs, grad.npy becomes "
            "grad.a.npy and grad.b.npy.",
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="SOURCE", help="The weight matrix of a classifier, one row per class."),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option("--batch-size", help="Rows per batch, for losses of a batch.  [default: all in one]"),
    ] = None,
    shuffle: options.ShuffleOption = False,
    seed: options.SeedOption = 0,
    top: options.TopOption = None,
    eps: options.EpsOption = options.EPS,
    join: options.JoinOption = "row",
    ids: options.IdsOption = None,
    nonfinite: options.NonfiniteOption = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    output: options.OutputOption = None,
    plot: options.PlotOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
    dry_run: DryRunOption = False,
    device_name: DeviceNameOption = DEVICE,
) -> None:
    """Compute losses of pairs, triplets or whole batches, and what is still active.

    Examples:

        simtool loss --kind contrastive --margin 1 < sample_data/wordsim353.parquet
        simtool loss sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --labels sample_data/wordsim_labels.npy --kind cosine
        simtool loss sample_data/wordsim353.parquet --top 5 --format csv \\
            --kind cosine-embedding --margin 0.2
        simtool loss sample_data/digits.parquet --kind sup-con --top 5
        simtool loss sample_data/wordsim353.parquet --kind cosine \\
            --sweep margin=0:1:0.25

    A pair is active while its loss is not zero: only active pairs have a gradient.
    `simtool list losses` has the formulas, `simtool explain` derives one pair.
    """
    import simtool
    from simtool import plots

    from ..output.gradients import gradient_target
    from ..parsing import parse_parameters, sources_or_stdin
    from ..plots.picture import Picture
    from ..session import Session, ineffective

    sources = sources_or_stdin(vectors)
    inputs = [*sources, examples, labels, ids, weights]
    is_listed = not sweep and len({simtool.find("loss", name).name for name in kind}) == 1
    how: dict[str, Any] = {"force": force, "quiet": quiet, "escape_formulas": escape_formulas}
    session = Session.open(output, format, gates, inputs=inputs, has_array=is_listed, limit=top, dry_run=dry_run, **how)
    picture = Picture.check(plot, force=force, quiet=quiet, inputs=inputs, outputs=[output, grad])
    labelling: dict[str, Any] = {
        "examples": examples,
        "labels": labels,
        "ids": ids,
        "weights": weights,
        "header": header,
    }
    formula: dict[str, Any] = {"variant": variant, "distance": distance, "reduction": reduction, "eps": eps}
    reading: dict[str, Any] = {"nonfinite": nonfinite, "max_memory": max_memory}
    computing: dict[str, Any] = {"device": device, "backend": backend}
    batches: dict[str, Any] = {"batch_size": batch_size, "shuffle": shuffle, "seed": seed}
    with (
        gradient_target(grad, force=force, quiet=quiet, inputs=inputs, output=output) as gradients,
        session.progress() as progress,
    ):
        result = simtool.loss(
            *sources,
            kind=kind,
            join=join,
            parameters=parse_parameters(param or [], margin=margin, temperature=temperature, scale=scale),
            sweep=sweep or None,
            gradients_to=gradients,
            top=session.output.limit if not sweep and session.only_shows_a_table else top,
            all_items=session.output.wants_array,
            progress=progress,
            require_keys=session.keys,
            dry_run=dry_run,
            device_name=device_name,
            **labelling,
            **formula,
            **batches,
            **reading,
            **computing,
        )
    if picture is not None and not dry_run:
        picture.write(plots.drawing_of(result))
    session.deliver(result, without_effect=ineffective(result, "seed", typed=seed != 0))
