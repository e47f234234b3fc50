"""`simtool evaluate`."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICE

from .. import options
from ..long_run_options import DeviceNameOption, DryRunOption
from ..selecting import selecting

FOLDS = 10
UNRANKED = "rows are ranked only around those of one labelled source, not with --no-retrieval"
ALL = 1000  # rows of a table: measures are all shown, and groups as far as a person reads


@selecting("pairs", "scores", "vectors", "against")
def evaluate(
    vectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VECTORS",
            help="Two sources, a table with columns a and b, or one source with classes; without any, a table on stdin.",
            show_default=False,
        ),
    ] = None,
    labels: options.LabelsOption = None,
    targets: Annotated[
        str | None,
        typer.Option(
            "--targets", metavar="SOURCE", help="A score per pair to agree with, larger is closer.", show_default=False
        ),
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option(
            "--scores",
            metavar="SOURCE",
            help="Scores of the pairs, computed elsewhere; no VECTORS.",
            show_default=False,
        ),
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option(
            "--pairs", metavar="TABLE", help="Columns a and b with ids of one file of VECTORS.", show_default=False
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="SOURCE",
            help="Groups of the pairs, a column or a file; each is evaluated on its own.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--against",
            metavar="A B",
            help="The same pairs in another model; differences are this model minus the other.",
            show_default=False,
        ),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option("--queries", metavar="SOURCE", help="Vectors with ids, with --qrels.", show_default=False),
    ] = None,
    corpus: options.CorpusOption = None,
    qrels: Annotated[
        str | None,
        typer.Option("--qrels", metavar="FILE", help="Relevance of documents, of BEIR or TREC.", show_default=False),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="FILE", help="Ranked lists of TREC instead of vectors.", show_default=False),
    ] = None,
    against_run: Annotated[
        str | None,
        typer.Option("--against-run", metavar="FILE", help="The run of another model.", show_default=False),
    ] = None,
    run_out: Annotated[
        str | None,
        typer.Option(
            "--run-out", metavar="PATH", help="Write the lists, as long as the largest --k.", show_default=False
        ),
    ] = None,
    per_query: Annotated[bool, typer.Option("--per-query", help="With --qrels: a row for each query.")] = False,
    metric: options.MetricOption = "cosine",
    param: options.MetricParamOption = None,
    ks: Annotated[
        list[int] | None,
        typer.Option(
            "--k", help="Depth of precision@k and the like. Repeatable.  [default: 1, 5, 10]", show_default=False
        ),
    ] = None,
    retrieval: Annotated[
        bool,
        typer.Option("--retrieval/--no-retrieval", help="With one source: also retrieve the other rows for each row."),
    ] = True,
    folds: Annotated[int, typer.Option("--folds", help="Folds of the fold accuracy.")] = FOLDS,
    bootstrap: options.BootstrapOption = None,
    seed: options.SeedOption = 0,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="KIND=RATE",
            help="The threshold that reaches precision=0.99, recall=0.9 or far=0.001. Repeatable.",
            show_default=False,
        ),
    ] = None,
    sweep: options.SweepOption = None,
    thresholds_out: Annotated[
        str | None,
        typer.Option(
            "--thresholds-out",
            metavar="PATH",
            help="Write the thresholds, for `pairwise --threshold @PATH[:NAME]`.",
            show_default=False,
        ),
    ] = None,
    plot: options.PlotOption = None,
    plot_kind: Annotated[
        str | None,
        typer.Option(
            "--plot-kind",
            metavar="KIND",
            help="roc, det, precision-recall, scores, or all of them.  [default: roc]",
            show_default=False,
        ),
    ] = None,
    exact_pairs: Annotated[
        int,
        typer.Option("--exact-pairs", help="Of one source: rank up to this many pairs, count more of them in bins."),
    ] = 1 << 22,
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    eps: options.EpsOption = options.EPS,
    ids: options.IdsOption = None,
    nonfinite: options.NonfiniteDropOption = "error",
    format: options.FormatOption = None,
    output: options.OutputOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
    dry_run: DryRunOption = False,
    device_name: DeviceNameOption = DEVICE,
) -> None:
    """Measure how well similar pairs are told from dissimilar ones, and where to put the threshold.

    Examples:

        simtool evaluate sample_data/wordsim353.parquet
        simtool evaluate sample_data/digits.parquet --labels ::label
        simtool evaluate sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --labels sample_data/wordsim_labels.npy --bootstrap 200 \\
            --assert 'roc_auc.low >= 0.8'
        simtool evaluate sample_data/wordsim353.parquet --plot roc.png

    One source with classes is compared with itself: all pairs, and each row as a query for its class.
    `--thresholds-out t.json` keeps the thresholds, and `simtool pairwise --threshold @t.json:eer` takes one.
    """
    import simtool
    from simtool import plots

    from ..parsing import parse_parameters, sources_or_stdin, two_at_most
    from ..plots.picture import curve_picture
    from ..session import Session, ineffective

    alone = scores is None and qrels is None
    a, b = two_at_most(sources_or_stdin(vectors) if alone else list(vectors or ()))
    inputs = [a, b, *(against or ()), labels, targets, scores, pairs, by, ids, queries, corpus, qrels, run, against_run]
    how: dict[str, Any] = {"force": force, "quiet": quiet, "escape_formulas": escape_formulas}
    session = Session.open(
        output,
        format,
        gates,
        inputs=inputs,
        beside=[thresholds_out, run_out],
        has_array=False,
        limit=ALL,
        dry_run=dry_run,
        **how,
    )
    outputs = [output, thresholds_out, run_out]
    picture = curve_picture(plot, plot_kind, inputs, outputs, swept=bool(sweep), force=force, quiet=quiet)
    given: dict[str, Any] = {"targets": targets, "scores": scores, "pairs": pairs, "by": by, "against": against}
    given |= {"queries": queries, "corpus": corpus, "qrels": qrels, "run": run, "against_run": against_run}
    writing: dict[str, Any] = {"at": at or (), "thresholds_out": thresholds_out, "run_out": run_out, "force": force}
    ranking: dict[str, Any] = {"retrieval": retrieval, "k": ks, "exact_pairs": exact_pairs, "per_query": per_query}
    reading: dict[str, Any] = {"ids": ids, "header": header, "nonfinite": nonfinite, "max_memory": max_memory}
    computing: dict[str, Any] = {"metric": metric, "eps": eps, "device": device, "backend": backend}
    resampling: dict[str, Any] = {"folds": folds, "bootstrap": bootstrap, "seed": seed}
    with session.progress() as progress:
        result = simtool.evaluate(
            a,
            b,
            labels,
            parameters=parse_parameters(param or []),
            sweep=sweep or None,
            progress=progress,
            require_keys=session.keys,
            dry_run=dry_run,
            device_name=device_name,
            require_counts=picture is not None and not sweep,
            **given,
            **writing,
            **ranking,
            **reading,
            **computing,
            **resampling,
        )
    if picture is not None and not dry_run:
        picture.write(plots.sweep_drawing(result) if sweep else plots.curve_drawing(result, plot_kind))
    unused = ineffective(result, "seed", typed=seed != 0)
    unused += ineffective(result, "folds", typed=folds != FOLDS, why="rows of one labelled source are not folded")
    unused += ineffective(result, "k", typed=ks is not None, why=UNRANKED)
    session.deliver(result, without_effect=unused)
