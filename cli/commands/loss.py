"""`simtool loss`."""

from typing import Annotated

import typer

from ..options import (
    AssertOption,
    BackendOption,
    DeviceOption,
    EpsOption,
    EscapeFormulasOption,
    ForceOption,
    FormatOption,
    HeaderOption,
    MarginOption,
    MaxMemoryOption,
    NonfiniteOption,
    OutputOption,
    QuietOption,
)

MOST = 20  # items of a table, unless asked for


def loss(
    kind: Annotated[
        list[str],
        typer.Option("--kind", help="A loss of `simtool list losses`. Repeatable, to compare.", show_default=False),
    ],
    vectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VECTORS",
            help="One source of vectors per role, or a table with a column for each (a, b; anchor, positive, negative; "
            "with label or score); without any, that table on stdin.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="SOURCE",
            help="One label per row: 0/1, false/true or -1/1, a score, or a class, as the loss takes them.",
            show_default=False,
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
        str | None,
        typer.Option("--variant", help="The loss as another library computes it: torch, sbert, pml, hadsell, ..."),
    ] = None,
    distance: Annotated[
        str | None, typer.Option("--distance", help="The metric to compute it on; `simtool list KIND` has the choices.")
    ] = None,
    reduction: Annotated[
        str | None,
        typer.Option(
            "--reduction",
            help="What `loss` is: mean, sum, none, active-mean over what is not zero, or active-mean-by-label.",
        ),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option(
            "--sweep", metavar="NAME=FROM:TO:STEP", help="The loss over a range of a parameter; or NAME=V,V,V."
        ),
    ] = None,
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
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Cut the batches in a random order.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="The seed of that order.")] = 0,
    top: Annotated[
        int | None,
        typer.Option(
            "--top", help="List the N largest losses.  [default: 20 in a table, all elsewhere]", show_default=False
        ),
    ] = None,
    eps: EpsOption = 1e-8,
    ids: Annotated[
        str | None, typer.Option("--ids", metavar="SOURCE", help="Ids of the rows: a file, or `::NAME`, a column.")
    ] = None,
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
    from simtool.catalogue import check_parameter
    from simtool.io.pairs import open_examples

    from ..output.gradients import check_gradient_output, gradient_files
    from ..parsing import parse_parameters, parse_sweep, sources_or_stdin
    from ..session import Session, ineffective

    sources = sources_or_stdin(vectors)
    entry = simtool.find("loss", kind[0])
    asked = [simtool.find("loss", name) for name in kind]
    roles = simtool.loss_roles(entry)
    typed = [source for source in (*sources, labels, ids, weights) if source is not None]
    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        gates=gates,
        keys=simtool.loss_keys(kind, swept=sweep is not None, gradient=grad is not None),
        keys_by_option={"--grad PATH": simtool.loss_keys(kind, swept=sweep is not None, gradient=True)},
        inputs=typed,
        has_array=sweep is None and len({each.name for each in asked}) == 1,
        limit=MOST if top is None else top,
    )
    wanted = simtool.label_columns(asked)
    swept = None if sweep is None else parse_sweep(sweep)
    parameters = parse_parameters(param or [], margin=margin, temperature=temperature, scale=scale)
    for name in parameters:  # before they become keywords of a function that has others
        check_parameter(asked, name, "" if name in ("margin", "temperature", "scale") else "«parameters»")
    examples = open_examples(
        sources,
        roles,
        labels=labels,
        ids=ids,
        wanted=wanted,
        or_one_set=bool(entry.of_classes),
        nulls=nonfinite != "error",
        max_memory=max_memory,
        header=header,
    )
    # the column `label` of a table of triplets is none of theirs, unless another loss takes it
    labelled = labels is not None or len(examples.vectors) < 3 or any(each.labels != "none" for each in asked)
    matrix = None if weights is None else simtool.open_vectors(weights, max_memory=max_memory, header=header)
    roles = roles if len(examples.vectors) == len(roles) else ("vectors",)
    shaped = dict(zip(roles, examples.vectors, strict=True)) | ({} if matrix is None else {"weights": matrix})
    row_ids = next((side.ids for side in examples.vectors if side.ids is not None), None)
    check_gradient_output(grad, list(shaped), force=force, inputs=typed, output=output)
    with (
        gradient_files(grad, shaped, row_ids, force=force, quiet=quiet) as sink,
        session.progress() as progress,
    ):
        result = simtool.loss(
            *examples.vectors,
            kind=kind,
            labels=examples.labels if labelled else None,
            labels_name=examples.labels_name,
            weights=matrix,
            variant=variant,
            distance=distance,
            reduction=reduction,
            sweep=swept,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            gradients=sink,
            eps=eps,
            top=MOST if top is None and swept is None and session.only_shows_a_table else top,
            max_memory=max_memory,
            all_items=session.output.file_format == "npy" or session.output.shown == "npy",
            nonfinite=nonfinite,
            device=device,
            backend=backend,
            progress=progress,
            **parameters,
        )
    session.deliver(result, without_effect=ineffective(result, "seed", typed=seed != 0))
