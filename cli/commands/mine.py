"""`simtool mine`."""

from typing import Annotated, Any

import typer

from .. import options
from ..selecting import selecting


@selecting("vectors", "corpus", keeps=True)
def mine(
    vectors: options.VectorsArgument,
    labels: options.LabelsOption = None,
    corpus: options.CorpusOption = None,
    positives: Annotated[
        str | None,
        typer.Option(
            "--positives",
            metavar="TABLE",
            help="Ids that belong together, instead of classes: columns anchor and positive, or the first two.",
            show_default=False,
        ),
    ] = None,
    num_positives: Annotated[
        int, typer.Option("--num-positives", metavar="N", help="Of a class the N closest are positives.")
    ] = 1,
    strategy: Annotated[
        str, typer.Option("--strategy", help="`hardest`, or `semi-hard`: further from the anchor than its positive.")
    ] = "hardest",
    range_min: Annotated[int, typer.Option("--range-min", metavar="N", help="Skip the N closest candidates.")] = 0,
    range_max: Annotated[
        int | None,
        typer.Option(
            "--range-max",
            metavar="N",
            help="Only the N closest candidates.  [default: as many as are needed]",
            show_default=False,
        ),
    ] = None,
    absolute_margin: Annotated[
        float | None,
        typer.Option("--absolute-margin", help="Negatives are this much further than the positive; 0: no closer."),
    ] = None,
    relative_margin: Annotated[
        float | None,
        typer.Option("--relative-margin", help="The same as a share of the positive's score: 0.05."),
    ] = None,
    max_score: Annotated[float | None, typer.Option("--max-score", help="Negatives score at most this.")] = None,
    min_score: Annotated[float | None, typer.Option("--min-score", help="Negatives score at least this.")] = None,
    num_negatives: Annotated[int, typer.Option("--num-negatives", metavar="N", help="Of each anchor, at most.")] = 3,
    sampling: Annotated[
        str, typer.Option("--sampling", help="`top`: the closest candidates, or `random`: any of the window.")
    ] = "top",
    metric: options.MetricOption = "cosine",
    param: options.MetricParamOption = None,
    eps: options.EpsOption = options.EPS,
    seed: options.SeedOption = 0,
    ids: options.IdsOption = None,
    ids_corpus: Annotated[
        str | None, typer.Option("--ids-corpus", metavar="SOURCE", help="Ids of the corpus, as --ids.")
    ] = None,
    nonfinite: options.NonfiniteDropOption = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    output: options.OutputOption = None,
    format: options.FormatOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    top: options.TopOption = None,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
) -> None:
    """Choose positives and hard negatives of each row, for training on triplets.

    Examples:

        simtool mine sample_data/digits.parquet --absolute-margin 0
        simtool mine sample_data/digits.parquet --strategy semi-hard \\
            --range-min 5 --range-max 50 --sampling random -o triplets.parquet
        simtool mine sample_data/digits.parquet --relative-margin 0.05 \\
            --num-positives 2 --assert 'skipped == 0'

    All pairs are looked at, in one sweep and bounded memory. Candidates are the rows of other classes, or those that
    are no given positive, that margins and scores allow; ranks count these. -o x.npy holds (t, 3) row
    numbers. Given pairs of ids replace classes: --positives pairs.csv, with --corpus where queries are apart.
    """
    import simtool

    from ..parsing import parse_parameters
    from ..session import Session, ineffective

    inputs = [vectors, labels, corpus, positives, ids, ids_corpus]
    how: dict[str, Any] = {"force": force, "quiet": quiet, "escape_formulas": escape_formulas}
    session = Session.open(output, format, gates, inputs=inputs, limit=top, **how)
    belonging: dict[str, Any] = {"corpus": corpus, "positives": positives, "num_positives": num_positives}
    ranks: dict[str, Any] = {"strategy": strategy, "range_min": range_min, "range_max": range_max}
    margins: dict[str, Any] = {"absolute_margin": absolute_margin, "relative_margin": relative_margin}
    scores: dict[str, Any] = {"max_score": max_score, "min_score": min_score}
    taking: dict[str, Any] = {"num_negatives": num_negatives, "sampling": sampling, "seed": seed}
    reading: dict[str, Any] = {"ids": ids, "ids_corpus": ids_corpus, "header": header, "nonfinite": nonfinite}
    computing: dict[str, Any] = {"metric": metric, "eps": eps, "device": device, "backend": backend}
    with session.progress() as progress:
        result = simtool.mine(
            vectors,
            labels,
            parameters=parse_parameters(param or []),
            max_memory=max_memory,
            progress=progress,
            require_keys=session.keys,
            **belonging,
            **ranks,
            **margins,
            **scores,
            **taking,
            **reading,
            **computing,
        )
    session.deliver(result, without_effect=ineffective(result, "seed", typed=seed != 0))
