"""`simtool evaluate`."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

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
    MaxMemoryOption,
    MetricOption,
    MetricParamOption,
    OutputOption,
    PlotOption,
    QuietOption,
)

if TYPE_CHECKING:
    from simtool.results import Result

    from ..plots.picture import Picture
    from ..session import Session

ALL = 1000  # rows of a table: measures are all shown, and groups as far as a person reads


def evaluate(
    vectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VECTORS",
            help="Two sources, a table with columns a and b, or one source with classes; without any, a table on stdin.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="SOURCE",
            help="Of pairs 0/1, false/true or -1/1; of one source the class of each row. Or `::NAME`, a column.",
            show_default=False,
        ),
    ] = None,
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
        typer.Option("--by", metavar="SOURCE", help="Group of each pair: one row for each.", show_default=False),
    ] = None,
    against: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--against",
            metavar="A B",
            help="The same pairs in another model; differences are this one less that.",
            show_default=False,
        ),
    ] = None,
    metric: MetricOption = "cosine",
    param: MetricParamOption = None,
    ks: Annotated[
        list[int] | None,
        typer.Option(
            "--k", help="Depth of precision@k and the like. Repeatable.  [default: 1, 5, 10]", show_default=False
        ),
    ] = None,
    retrieval: Annotated[
        bool, typer.Option("--retrieval/--no-retrieval", help="Of one source: rank the others around each row too.")
    ] = True,
    folds: Annotated[int, typer.Option("--folds", help="Folds of the fold accuracy.")] = 10,
    bootstrap: Annotated[
        int | None,
        typer.Option(
            "--bootstrap",
            metavar="N",
            help="Intervals of 95 % from N resamples.  [default: none; 1000 with --against]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The seed of the resamples.")] = 0,
    thresholds_out: Annotated[
        str | None,
        typer.Option(
            "--thresholds-out",
            metavar="PATH",
            help="Write the thresholds, for `pairwise --threshold @PATH[:NAME]`.",
            show_default=False,
        ),
    ] = None,
    plot: PlotOption = None,
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
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    eps: EpsOption = 1e-8,
    ids: Annotated[
        str | None,
        typer.Option("--ids", metavar="SOURCE", help="Ids of VECTORS for --pairs: a file, or `::NAME`, a column."),
    ] = None,
    nonfinite: Annotated[
        str, typer.Option("--nonfinite", help="Rows with NaN, infinity or null: `error`, or `drop` them.")
    ] = "error",
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
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
    from simtool.evaluation.inputs import Asked, open_evaluated

    from ..parsing import parse_parameters, sources_or_stdin
    from ..session import Session, ineffective

    depths, compared = ks or [1, 5, 10], against is not None
    keys_of = partial(simtool.evaluation_keys, depths, retrieval=retrieval)
    sources = list(vectors or ()) if scores is not None else sources_or_stdin(vectors)
    asked = Asked(sources, labels, targets, scores, pairs, by, against or (), ids, header, max_memory)
    inputs = [*sources, *(against or ()), labels, targets, scores, pairs, by, ids]
    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        gates=gates,
        keys=keys_of(bootstrap=compared if bootstrap is None else bootstrap > 0, against=compared),
        keys_by_option={"--bootstrap 1000": keys_of(against=compared), "--against A B": keys_of()},
        inputs=inputs,
        has_array=False,
        limit=ALL,
    )
    _check_thresholds_out(thresholds_out, output, inputs, force=force)
    picture = _picture(plot, plot_kind, inputs, [output, thresholds_out], force=force, quiet=quiet)
    opened = open_evaluated(asked, nulls=nonfinite != "error")
    if picture is not None:
        _check_labels(opened.labels)
    with session.progress() as progress:
        result = simtool.evaluate(
            opened.a,
            opened.b,
            opened.labels,
            targets=opened.targets,
            scores=opened.scores,
            by=opened.by,
            against=opened.against,
            names=opened.names,
            metric=metric,
            parameters=parse_parameters(param or []),
            eps=eps,
            retrieval=retrieval,
            k=depths,
            folds=folds,
            bootstrap=bootstrap,
            seed=seed,
            exact_pairs=exact_pairs,
            max_memory=max_memory,
            nonfinite=nonfinite,
            device=device,
            backend=backend,
            progress=progress,
        )
    if thresholds_out is not None:
        _write_thresholds(thresholds_out, result, metric, force=force, quiet=quiet)
    if picture is not None:
        from ..plots.curves import check_kind, drawing

        picture.write(*drawing(result, check_kind(plot_kind)))
    without_effect = [*ineffective(result, "seed", typed=seed != 0), *_depths_in_vain(ks, result)]
    session.deliver(result, shown=_for_reading(result, session), without_effect=without_effect)


def _depths_in_vain(ks: list[int] | None, result: "Result") -> list[str]:
    """Return what to say of depths where no row is ranked."""
    if ks is None or "queries" in result.summary:
        return []
    return ["--k has no effect: rows are ranked only around those of one labelled source, not with --no-retrieval"]


def _check_thresholds_out(path: str | None, output: str | None, inputs: list[str | None], *, force: bool) -> None:
    """Refuse, before any work, a file that could not be written after it."""
    if path is None:
        return
    from simtool.errors import OutputError
    from simtool.io.output import check_output

    check_output(path, force=force, inputs=[source for source in inputs if source is not None])
    if path == output:
        raise OutputError("the result and its thresholds are two files", path, "name another file")


def _picture(
    path: str | None, kind: str | None, inputs: list[str | None], outputs: list[str | None], *, force: bool, quiet: bool
) -> "Picture | None":
    """Refuse, before any work, a picture that could not be drawn after it."""
    from simtool.errors import ParameterError

    if path is None:
        if kind is not None:
            raise ParameterError("there is no picture to be of this kind", "--plot-kind", "--plot PATH draws one")
        return None
    from ..plots.curves import check_kind
    from ..plots.picture import Picture

    check_kind(kind)
    return Picture.check(path, force=force, quiet=quiet, inputs=inputs, outputs=outputs)


def _check_labels(labels: object) -> None:
    from simtool.errors import LabelError

    if labels is None:
        raise LabelError("a picture is of positives and negatives, and there are no labels", "--plot", "--labels FILE")


def _write_thresholds(path: str, result: "Result", metric: str, *, force: bool, quiet: bool) -> None:
    from simtool.evaluation.thresholds_file import write_thresholds

    from ..output.terminal import say_once_delivered

    count = write_thresholds(path, result, force=force, metric=metric)
    if not quiet:
        say_once_delivered(f"wrote {path} ({count} threshold{'' if count == 1 else 's'})")


def _for_reading(result: "Result", session: "Session") -> "Result":
    """Return what a table shows: below it no number that is in it, unless a gate names it."""
    if not session.only_shows_a_table:
        return result
    from simtool.evaluation.report import COUNTED

    wanted = {*COUNTED, *(gate.key for gate in session.gates)}
    grouped = result.rows.names[:1] == ("group",)
    kept = {key: value for key, value in result.summary.items() if key in wanted and not (grouped and key in COUNTED)}
    return replace(result, summary=kept)
