"""`simtool compare`."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICE

from .. import options
from ..long_run_options import DeviceNameOption, DryRunOption
from ..parsing import split_names
from ..selecting import selecting

FEW = 10  # matches that a person is shown from each end

Weights = Annotated[
    str | None,
    typer.Option(
        metavar="SOURCE", help="One weight, at least 0, for each row (or item and token).", show_default=False
    ),
]
Lengths = Annotated[
    str | None,
    typer.Option(metavar="SOURCE", help="How many tokens of each item count; the rest is padding.", show_default=False),
]


@selecting("a", "b", apart=["b"], keeps=True)
def compare(
    a: options.AArgument,
    b: options.BArgument,
    aggregate: Annotated[
        list[str] | None,
        typer.Option(
            "--aggregate",
            help="argmax (default), mean, paired, cka, frechet, ...: `simtool list aggregates`; or `all`. Repeatable, or with commas.",
            show_default=False,
            callback=split_names,
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUE",
            help="A parameter of an aggregate, as in k=10. Repeatable.",
            show_default=False,
        ),
    ] = None,
    percent: Annotated[
        str,
        typer.Option(
            "--percent",
            help="What the first similarity s becomes: clip 100 max(0, s), affine 50 (1 + s), or baseline (--null).",
        ),
    ] = "clip",
    null: Annotated[
        int,
        typer.Option("--null", metavar="P", help="Compare the scores with P random permutations.", show_default=False),
    ] = 0,
    bootstrap: options.BootstrapOption = None,
    seed: options.SeedOption = 0,
    matches: Annotated[
        bool, typer.Option("--matches", help="List who matched whom under argmax, optimal or mutual.")
    ] = False,
    per_id: Annotated[
        bool,
        typer.Option(
            "--per-id",
            help="List how far each id moved from A to B, the furthest first; with knn-overlap its neighbours too.",
        ),
    ] = False,
    top: options.TopOption = None,
    cross: Annotated[
        bool, typer.Option("--cross", help="The matrix of argmax or maxsim of every item with every other.")
    ] = False,
    items: Annotated[
        str | None,
        typer.Option(
            "--items",
            help="How two lists of texts are paired: aligned, item i with item i, or best, each item with its closest one, "
            "both ways.  [default: aligned where the lists are equally long, else best]",
            show_default=False,
        ),
    ] = None,
    weights_a: Weights = None,
    weights_b: Weights = None,
    lengths_a: Lengths = None,
    lengths_b: Lengths = None,
    eps: options.EpsOption = options.EPS,
    ids_a: options.IdsAOption = None,
    ids_b: options.IdsBOption = None,
    nonfinite: options.NonfiniteDropOption = "error",
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
    """Compare two sets of vectors down to one percentage.

    Examples:

        simtool compare sample_data/wordsim_a.npy sample_data/wordsim_b.npy
        simtool compare sample_data/texts_a.npy sample_data/texts_b.npy \\
            --aggregate mean --aggregate argmax --null 200 --bootstrap 200
        simtool compare sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --aggregate knn-overlap --aggregate paired \\
            --assert 'knn-overlap >= 0.05' --assert 'paired >= 0.2'
        simtool compare sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --matches
        simtool compare sample_data/texts_a.npy sample_data/texts_b.npy --cross
        simtool compare sample_data/texts_a.npy sample_data/texts_b.npy \\
            --items best

    The percentage is that of the first similarity that was named.

    Two lists of texts, each a set of token vectors, are arrays (items, tokens, d) with zero rows as padding, nested
    lists, or npz files with one array per item. Lists of equal length are compared item by item, and every score is
    the mean over the items. Otherwise, and with `--items best`, each item is matched with the closest item of the
    other list, and a score is the F1 of the means of both directions.

    `paired` and the aggregates of two spaces (cka, procrustes, svcca, rsa, knn-overlap) join rows by id where both
    sides have ids, else by row number.

    With `--null`, the column `null` says how p is computed. `pooled`: the rows of both sets are mixed and divided
    again; p is small where the sets differ. `re-paired`: the rows or items of B change partners; p is small where A
    and B belong together.
    """
    import simtool
    from simtool import plots

    from ..output.streaming import stream_target
    from ..parsing import parse_parameters
    from ..plots.picture import Picture
    from ..session import Session, ineffective

    inputs = [a, b, ids_a, ids_b, weights_a, weights_b, lengths_a, lengths_b]
    session = Session.open(
        output,
        format,
        gates,
        inputs=inputs,
        has_array=cross,
        limit=top,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        dry_run=dry_run,
    )
    picture = Picture.check(plot, force=force, quiet=quiet, inputs=inputs, outputs=[output])
    person = session.only_shows_a_table
    listed = top  # by their score; of a table without matches it is how many rows are shown
    if person:
        listed = (FEW if top is None else top) if matches else None
    weighting: dict[str, Any] = {"weights_a": weights_a, "weights_b": weights_b}
    padding: dict[str, Any] = {"lengths_a": lengths_a, "lengths_b": lengths_b}
    reading: dict[str, Any] = {"ids_a": ids_a, "ids_b": ids_b, "header": header, "nonfinite": nonfinite}
    drawing: dict[str, Any] = {"null": null, "bootstrap": bootstrap or 0, "seed": seed}
    computing: dict[str, Any] = {"eps": eps, "max_memory": max_memory, "device": device, "backend": backend}
    with stream_target(session) as target, session.progress() as progress:
        result = simtool.compare(
            a,
            b,
            aggregates=aggregate,
            parameters=parse_parameters(param or []),
            percent=percent,
            matches=matches,
            per_id=per_id,
            cross=cross,
            items=items,
            top=listed,
            # a column for each of all aggregates is more than a person reads
            by_item=not (person and "all" in (aggregate or ())),
            into=target.into if cross and picture is None else None,
            progress=progress,
            require_keys=session.keys,
            dry_run=dry_run,
            device_name=device_name,
            **weighting,
            **padding,
            **reading,
            **drawing,
            **computing,
        )
        target.describe(result)
    if picture is not None and not dry_run:
        picture.write(plots.drawing_of(result))
    target.rest().deliver(result, without_effect=ineffective(result, "seed", typed=seed != 0))
