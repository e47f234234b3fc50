"""`simtool fit`."""

from typing import Annotated, Any

import typer

from .. import options
from ..loss_options import (
    DistanceOption,
    ExamplesOption,
    KindOption,
    LossParamOption,
    MarginOption,
    ScaleOption,
    TemperatureOption,
    VariantOption,
)
from ..selecting import selecting

NOT_KEPT = "the head was not kept: -o head.safetensors keeps it"


@selecting("vectors")
def fit(
    vectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VECTORS",
            help="One set with classes, one source per role, or a table with a column for each (a, b; anchor, positive, "
            "negative); without any, that table on stdin.",
            show_default=False,
        ),
    ] = None,
    kind: KindOption = None,
    examples: ExamplesOption = None,
    labels: options.LabelsOption = None,
    head: Annotated[
        str, typer.Option("--head", help="linear, low-rank, orthogonal, diagonal, or whiten, which needs no loss.")
    ] = "linear",
    rank: Annotated[
        int | None,
        typer.Option("--rank", help="Dims to keep, for low-rank, orthogonal and whiten.", show_default=False),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            help="Where the weight starts: identity, pca, or random, as in torch.nn.Linear.  [default: pca where dims are left out]",
            show_default=False,
        ),
    ] = None,
    bias: Annotated[bool, typer.Option("--bias", help="Train a bias beside the weight.")] = False,
    optimizer: Annotated[str, typer.Option("--optimizer", help="sgd, adam or lbfgs.")] = "adam",
    lr: Annotated[
        float | None,
        typer.Option("--lr", help="The learning rate.  [default: 0.01, for lbfgs 1]", show_default=False),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the training data.")] = 100,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Examples per step, at most.")] = 256,
    per_class: Annotated[
        int, typer.Option("--per-class", help="Rows of each class in a batch of classes; 0 draws rows at random.")
    ] = 8,
    miner: Annotated[
        str,
        typer.Option(
            "--miner", help="Pairs of a batch with classes: all, or only the hard ones, which are out of order."
        ),
    ] = "all",
    weight_decay: Annotated[float, typer.Option("--weight-decay", help="The weight of the L2 penalty.")] = 0.0,
    patience: Annotated[
        int | None,
        typer.Option(
            "--patience",
            metavar="N",
            help="Stop after N epochs without a better score on a second held-out share.  [default: never]",
            show_default=False,
        ),
    ] = None,
    held_out: Annotated[
        float,
        typer.Option(
            "--held-out", metavar="SHARE", help="The share to evaluate on; it shares no vector or id with the rest."
        ),
    ] = 0.2,
    held_out_ids: Annotated[
        str | None,
        typer.Option(
            "--held-out-ids", metavar="PATH", help="Write which rows were held out, with their ids.", show_default=False
        ),
    ] = None,
    margin: MarginOption = None,
    temperature: TemperatureOption = None,
    scale: ScaleOption = None,
    param: LossParamOption = None,
    variant: VariantOption = None,
    distance: DistanceOption = None,
    seed: options.SeedOption = 0,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="Keep the head, as .safetensors.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the output, if it is there.")] = False,
    plot: options.PlotOption = None,
    ids: options.IdsOption = None,
    eps: options.EpsOption = options.EPS,
    nonfinite: options.NonfiniteDropOption = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
) -> None:
    """Train a projection of frozen embeddings with a loss, and evaluate it on held-out data.

    Examples:

        simtool fit sample_data/wordsim353.parquet --kind cosine \\
            --epochs 100 --lr 0.01 --optimizer sgd
        simtool fit sample_data/digits.parquet --kind sup-con --epochs 10 \\
            -o head.safetensors --assert 'roc_auc.difference.low > 0'
        simtool fit sample_data/digits.parquet --kind contrastive --epochs 10 \\
            --head low-rank --rank 16
        simtool fit sample_data/digits.parquet --head whiten --rank 32

    With `--init random --bias --optimizer sgd` and one batch an epoch, the losses are those of a plain
    `torch.nn.Linear` training loop. The same seed gives the same head, byte for byte on one device.
    If it is killed, `--resume` continues from the last saved epoch. `simtool apply HEAD FILE -o OUT` projects a file.
    """
    import simtool
    from simtool import plots

    from ..parsing import parse_parameters, sources_or_stdin
    from ..plots.picture import history_picture
    from ..progress import Epochs
    from ..session import Session

    sources = sources_or_stdin(vectors)
    inputs, outputs = [*sources, examples, labels, ids], [output, held_out_ids]
    session = Session.open(
        None, format, gates, force=force, quiet=quiet, escape_formulas=escape_formulas, inputs=inputs
    )
    picture = history_picture(plot, head, inputs, outputs, force=force or resume, quiet=quiet)
    loss: dict[str, Any] = {"kind": kind, "variant": variant, "distance": distance, "eps": eps}
    projection: dict[str, Any] = {"head": head, "rank": rank, "init": init, "head_bias": bias}
    steps: dict[str, Any] = {"optimizer": optimizer, "lr": lr, "weight_decay": weight_decay, "patience": patience}
    batches: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "per_class": per_class, "miner": miner}
    split: dict[str, Any] = {"held_out": held_out, "held_out_ids": held_out_ids, "seed": seed}
    files: dict[str, Any] = {"output": output, "force": force, "resume": resume}
    reading: dict[str, Any] = {"ids": ids, "header": header, "nonfinite": nonfinite, "max_memory": max_memory}
    result = simtool.fit(
        *sources,
        examples=examples,
        labels=labels,
        device=device,
        on_epoch=None if quiet else Epochs(),
        require_keys=session.keys,
        parameters=parse_parameters(param or [], margin=margin, temperature=temperature, scale=scale),
        **loss,
        **projection,
        **steps,
        **batches,
        **split,
        **files,
        **reading,
    )
    if picture is not None and result.history is not None:
        picture.write(plots.history_drawing(result))
    session.deliver(result, without_effect=[] if result.written else [NOT_KEPT])
