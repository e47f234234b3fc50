"""`simtool fit`."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import (
    AssertOption,
    DeviceOption,
    EpsOption,
    EscapeFormulasOption,
    ForceOption,
    FormatOption,
    HeaderOption,
    MarginOption,
    MaxMemoryOption,
    PlotOption,
    QuietOption,
)

if TYPE_CHECKING:
    from simtool.catalogue import Entry
    from simtool.results import Result

    from ..plots.picture import Picture
    from ..session import Session

EVERY_EPOCHS = 10  # between two lines
EVERY_SECONDS = 30.0


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
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="A loss of `simtool list losses`. A whiten head needs none.", show_default=False),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="SOURCE",
            help="0/1, false/true or -1/1, a score, or a class, as the loss takes them; or `::NAME`, a column.",
            show_default=False,
        ),
    ] = None,
    head: Annotated[
        str, typer.Option("--head", help="linear, low-rank, orthogonal, diagonal, or whiten, which takes no steps.")
    ] = "linear",
    rank: Annotated[
        int | None,
        typer.Option("--rank", help="Dims that are left: of low-rank, orthogonal and whiten.", show_default=False),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            help="Start: identity, pca, or random, as torch.nn.Linear starts.  [default: pca where dims are left out]",
            show_default=False,
        ),
    ] = None,
    bias: Annotated[bool, typer.Option("--bias", help="Learn a bias beside the weight.")] = False,
    optimizer: Annotated[str, typer.Option("--optimizer", help="sgd, adam or lbfgs.")] = "adam",
    lr: Annotated[
        float | None,
        typer.Option("--lr", help="The learning rate.  [default: 0.01, for lbfgs 1]", show_default=False),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", help="How often the training data is gone through.")] = 100,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Examples per step, at most.")] = 256,
    per_class: Annotated[
        int, typer.Option("--per-class", help="Rows of each class in a batch of classes; 0 draws rows at random.")
    ] = 8,
    miner: Annotated[
        str, typer.Option("--miner", help="Pairs of a batch with classes: all, or hard, those not yet in order.")
    ] = "all",
    weight_decay: Annotated[float, typer.Option("--weight-decay", help="The weight of the L2 penalty.")] = 0.0,
    patience: Annotated[
        int | None,
        typer.Option(
            "--patience",
            metavar="N",
            help="Stop after N epochs without a better score on a share of its own.  [default: never]",
            show_default=False,
        ),
    ] = None,
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="The share that judges; no vector or id leaks into it.")
    ] = 0.2,
    held_out_ids: Annotated[
        str | None,
        typer.Option(
            "--held-out-ids", metavar="PATH", help="Write the rows and ids that were held out.", show_default=False
        ),
    ] = None,
    margin: MarginOption = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", help="The temperature, in units of the similarity.")
    ] = None,
    scale: Annotated[float | None, typer.Option("--scale", help="The scale of the similarity.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="Any other parameter of the loss. Repeatable."),
    ] = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="The loss as another library computes it: torch, sbert, pml, ...")
    ] = None,
    distance: Annotated[
        str | None, typer.Option("--distance", help="The metric to compute it on; `simtool list KIND` has the choices.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The seed of the split, the batches and the resamples.")] = 0,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="Keep the head, as .safetensors.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the output, if it is there.")] = False,
    plot: PlotOption = None,
    ids: Annotated[
        str | None,
        typer.Option(
            "--ids", metavar="SOURCE", help="Ids: rows of one id stay together. A file, or `::NAME`, a column."
        ),
    ] = None,
    eps: EpsOption = 1e-8,
    nonfinite: Annotated[
        str, typer.Option("--nonfinite", help="Rows with NaN, infinity or null: `error`, or `drop` them.")
    ] = "error",
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    format: FormatOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
    device: DeviceOption = "cpu",
) -> None:
    """Learn a projection of frozen embeddings under a loss, and judge it by data held out.

    Examples:

        simtool fit sample_data/wordsim353.parquet --kind cosine \\
            --epochs 100 --lr 0.01 --optimizer sgd
        simtool fit sample_data/digits.parquet --kind sup-con --epochs 10 \\
            -o head.safetensors --assert 'roc_auc.difference.low > 0'
        simtool fit sample_data/digits.parquet --kind contrastive --epochs 10 \\
            --head low-rank --rank 16
        simtool fit sample_data/digits.parquet --head whiten --rank 32

    With `--init random --bias --optimizer sgd` and one batch an epoch it is the loop of a `torch.nn.Linear`, loss by loss.
    The same seed gives the same head, byte for byte on one device. Killed, it leaves the last state; --resume goes on.
    `simtool apply HEAD FILE -o OUT` puts a file through the head.
    """
    import simtool
    from simtool.catalogue import check_parameter
    from simtool.io.pairs import open_examples

    from ..output.terminal import say, say_once_delivered
    from ..parsing import parse_parameters, sources_or_stdin
    from ..session import Session

    sources = sources_or_stdin(vectors)
    entry = None if kind is None else simtool.find("loss", kind)
    typed = [source for source in (*sources, labels, ids) if source is not None]
    session = Session.open(
        output=None,
        format=format,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        gates=gates,
        keys=simtool.fit_keys(),
        inputs=typed,
    )
    _check_outputs([output, held_out_ids], typed, force=force or resume)
    picture = _picture(plot, head, typed, [output, held_out_ids], force=force or resume, quiet=quiet)
    parameters = parse_parameters(param or [], margin=margin, temperature=temperature, scale=scale)
    for name in parameters:  # before they become keywords of a function that has others
        check_parameter(
            [] if entry is None else [entry], name, "" if name in ("margin", "temperature", "scale") else "«parameters»"
        )
    roles = ("a", "b") if entry is None else simtool.loss_roles(entry)
    examples = open_examples(
        sources,
        roles if entry is not None or len(sources) < 3 else ("anchor", "positive", "negative"),
        labels=labels,
        ids=ids,
        wanted=simtool.label_columns([entry]) if entry is not None else ("label", "labels", "class", "target"),
        or_one_set=entry is None or entry.inputs in ("pairs", "triplets"),
        nulls=nonfinite != "error",
        max_memory=max_memory,
        header=header,
    )
    result = simtool.fit(
        *examples.vectors,
        kind=kind,
        labels=examples.labels if _takes_labels(entry, len(examples.vectors), labels) else None,
        labels_name=examples.labels_name,
        variant=variant,
        distance=distance,
        head=head,
        rank=rank,
        init=init,
        head_bias=bias,
        optimizer=optimizer,
        lr=lr,
        epochs=epochs,
        batch_size=batch_size,
        per_class=per_class,
        miner=miner,
        weight_decay=weight_decay,
        patience=patience,
        held_out=held_out,
        held_out_ids=held_out_ids,
        seed=seed,
        output=output,
        force=force,
        resume=resume,
        eps=eps,
        max_memory=max_memory,
        nonfinite=nonfinite,
        device=device,
        told=None if quiet else _Epochs().told,
        **parameters,
    )
    if not quiet:
        written = [path for path in (output, held_out_ids) if path is not None]
        if written:
            say_once_delivered(f"wrote {', '.join(written)}")
        else:
            say("note: the head was not kept: -o head.safetensors keeps it")
    if picture is not None and result.history is not None:
        from ..plots.curves import history_drawing
        from ..plots.picture import title_of

        best = int(result.summary["best_epoch"] or 0) if patience is not None else None
        picture.write(*history_drawing(result.history, title=f"{kind}, {title_of(result.inputs)}", best_epoch=best))
    session.deliver(_for_reading(result, session))


def _picture(
    plot: str | None, head: str, inputs: list[str], outputs: list[str | None], *, force: bool, quiet: bool
) -> "Picture | None":
    """Return where the loss curve goes, checked before the work."""
    if plot is None:
        return None
    if head == "whiten":
        from simtool.errors import ParameterError

        raise ParameterError("whitening learns in no epochs, so there is no curve", "--plot", "leave it out")
    from ..plots.picture import Picture

    return Picture.check(plot, force=force, quiet=quiet, inputs=inputs, outputs=outputs)


class _Epochs:
    """The loss on stderr: every ten epochs, after the last one, and where an epoch takes long."""

    def __init__(self) -> None:
        self.start = self.last = 0.0
        self.first: int | None = None

    def told(self, epoch: int, epochs: int, loss: float, score: float | None) -> None:
        from ..output.terminal import say

        now = time.monotonic()
        if self.first is None:  # which took as long as its imports
            self.first, self.start, self.last = epoch, now, now
        is_slow = now - self.last >= EVERY_SECONDS
        if epoch % EVERY_EPOCHS and epoch < epochs and not is_slow:
            return
        self.last = now
        scored = "" if score is None else f"  score {score:.6g}"
        left = (now - self.start) / max(1, epoch - self.first) * (epochs - epoch)
        estimate = f"  about {left:,.0f} s left" if left >= 1 else ""
        say(f"epoch {epoch} of {epochs}  loss {loss:.6g}{scored}{estimate}")


def _check_outputs(paths: list[str | None], inputs: list[str], *, force: bool) -> None:
    """Refuse, before any work, outputs that are inputs or each other."""
    from simtool.errors import OutputError
    from simtool.io.output import check_output

    given = [path for path in paths if path is not None]
    for path in given:
        check_output(path, force=force, inputs=inputs)
    if len(given) > len(set(given)):
        raise OutputError("the head and the rows held out are two files", given[0], "name another file")


def _takes_labels(entry: "Entry | None", sides: int, typed: str | None) -> bool:
    """Whether labels that were found belong to the loss: the column `label` of a table of triplets does not."""
    if typed is not None or entry is None:
        return typed is not None or sides < 3
    return entry.labels != "none" or (sides == 1 and entry.inputs in ("pairs", "triplets"))


def _for_reading(result: "Result", session: "Session") -> "Result":
    """Return what a table shows: below it no number that is in it, unless a gate names it."""
    if not session.only_shows_a_table:
        return result
    wanted = {gate.key for gate in session.gates}
    kept = {key: value for key, value in result.summary.items() if "." not in key or key in wanted}
    return replace(result, summary=kept)
