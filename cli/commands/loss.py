"""`simtool loss`."""

from typing import Annotated

import typer

from ..options import (
    AssertOption,
    BackendOption,
    DeviceOption,
    EpsOption,
    ForceOption,
    FormatOption,
    MarginOption,
    NonfiniteOption,
    OutputOption,
    QuietOption,
)

MOST = 20  # pairs of a table, unless asked for
KEYS = ("loss", "total", "mean", "items", "active", "positives", "negatives")


def loss(
    kind: Annotated[
        str,
        typer.Option("--kind", help="contrastive, cosine, cosine-embedding or cosine-distance.", show_default=False),
    ],
    vectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VECTORS",
            help="Two sources of vectors, or one table with columns a, b, label; without any, that table on stdin.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels", metavar="SOURCE", help="One label per pair: 0/1, false/true or -1/1.", show_default=False
        ),
    ] = None,
    margin: MarginOption = None,
    reduction: Annotated[
        str, typer.Option("--reduction", help="What `loss` is: mean, sum, none, or active-mean over non-zero losses.")
    ] = "mean",
    top: Annotated[
        int | None,
        typer.Option(
            "--top", help="List the N largest losses.  [default: 20 in a table, all elsewhere]", show_default=False
        ),
    ] = None,
    eps: EpsOption = 1e-8,
    ids: Annotated[
        str | None, typer.Option("--ids", metavar="SOURCE", help="Ids of the pairs: a file, or `::NAME`, a column.")
    ] = None,
    nonfinite: NonfiniteOption = "error",
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compute the loss of each pair, and what is still active.

    Examples:

        simtool loss --kind contrastive --margin 1 < sample_data/wordsim353.parquet
        simtool loss sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --labels sample_data/wordsim_labels.npy --kind cosine
        simtool loss sample_data/wordsim353.parquet --top 5 --format csv \\
            --kind cosine-embedding --margin 0.2

    A pair is active while its loss is not zero: only active pairs have a gradient.
    `simtool list losses` has the formulas, `simtool explain` derives one pair.
    """
    import simtool

    from ..parsing import sources_or_stdin
    from ..session import Session

    sources = sources_or_stdin(vectors)
    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=quiet,
        gates=gates,
        keys=KEYS,
        inputs=[*sources, labels, ids],
        limit=MOST if top is None else top,
    )
    entry = simtool.find("loss", kind)
    pairs = simtool.open_pairs(
        sources, labels=labels, ids=ids, labelled=entry.labels != "none", nulls=nonfinite != "error"
    )
    result = simtool.loss(
        pairs.a,
        pairs.b,
        pairs.labels,
        labels_name=pairs.labels_name,
        kind=kind,
        margin=margin,
        reduction=reduction,
        eps=eps,
        top=MOST if top is None and session.only_shows_a_table else top,
        nonfinite=nonfinite,
        device=device,
        backend=backend,
    )
    session.deliver(result)
