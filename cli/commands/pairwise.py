"""`simtool pairwise`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options import (
    AArgument,
    AssertOption,
    BackendOption,
    DeviceOption,
    EpsOption,
    EscapeFormulasOption,
    ForceOption,
    FormatOption,
    HeaderOption,
    IdsAOption,
    IdsBOption,
    MaxMemoryOption,
    MetricOption,
    MetricParamOption,
    NonfiniteOption,
    OutputOption,
    PlotOption,
    QuietOption,
)

if TYPE_CHECKING:
    from ..plots.picture import Picture

KEYS = ("rows", "columns", "mean", "min", "max")


def pairwise(
    a: AArgument,
    b: Annotated[
        str | None, typer.Argument(metavar="B", help="Vectors; without B, A against itself.", show_default=False)
    ] = None,
    top_k: Annotated[
        int | None, typer.Option("--top-k", "-k", help="List the K closest rows of B per row of A.")
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            "--threshold",
            metavar="NUMBER",
            help="List all pairs at this similarity or above, or distance or below; or one that "
            "`evaluate --thresholds-out` wrote: `@PATH` for best_f1, or `@PATH:NAME`.",
            show_default=False,
        ),
    ] = None,
    max_pairs: Annotated[int | None, typer.Option("--max-pairs", help="List the N closest pairs of all.")] = None,
    metric: MetricOption = "cosine",
    param: MetricParamOption = None,
    dim: Annotated[
        int, typer.Option("--dim", help="The dim along which a vector lies; others before the rows are batches.")
    ] = -1,
    exclude_self: Annotated[
        bool | None,
        typer.Option(
            "--exclude-self/--include-self",
            help="Leave out a row with itself: by ids where A and B have them, else by row numbers.  [default: without B]",
            show_default=False,
        ),
    ] = None,
    precision: Annotated[
        str,
        typer.Option(
            "--precision", help="Of the matrix products: auto, float32 or float64. Listed scores are always float64."
        ),
    ] = "auto",
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    max_results: Annotated[
        int, typer.Option("--max-results", help="How many pairs a threshold may give.")
    ] = 100_000_000,
    plot: PlotOption = None,
    eps: EpsOption = 1e-8,
    ids_a: IdsAOption = None,
    ids_b: IdsBOption = None,
    nonfinite: NonfiniteOption = "error",
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compare every row of A with every row of B.

    Examples:

        simtool pairwise sample_data/words.parquet --top-k 5
        simtool pairwise sample_data/words.parquet --threshold 0.8
        simtool pairwise sample_data/words.parquet -o scores.npy
        simtool pairwise sample_data/wordsim_a.npy sample_data/wordsim_b.npy -k 3
        simtool pairwise sample_data/words.parquet --plot heat.png

    Without `--top-k`, `--threshold` and `--max-pairs` it is the full matrix: `-o scores.npy` writes it as it comes.
    Without B a threshold lists each pair once.
    """
    import simtool

    from ..output.streaming import stream_target
    from ..parsing import check_sides, parse_parameters
    from ..session import Session

    check_sides(b, ids_b)
    limit = None if threshold is None else _number(threshold, metric)
    pairs = threshold is not None or max_pairs is not None
    selection = ("k",) if top_k is not None else ("pairs",) if pairs else ()
    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        gates=gates,
        keys=(*KEYS, *selection),
        inputs=[a, b, ids_a, ids_b],
        has_array=not selection,
    )
    picture, cells = _picture(plot, [a, b, ids_a, ids_b], output, selects=bool(selection), force=force, quiet=quiet)
    reading: dict[str, Any] = {"nulls": nonfinite != "error", "header": header, "max_memory": max_memory}
    with stream_target(session) as target, session.progress() as progress:
        result = simtool.pairwise(
            simtool.open_vectors(a, ids=ids_a, **reading),
            None if b is None else simtool.open_vectors(b, ids=ids_b, **reading),
            top_k=top_k,
            threshold=limit,
            max_pairs=max_pairs,
            metric=metric,
            parameters=parse_parameters(param or []),
            eps=eps,
            dim=dim,
            exclude_self=exclude_self,
            precision=precision,
            max_memory=max_memory,
            max_results=max_results,
            nonfinite=nonfinite,
            device=device,
            backend=backend,
            into=target.into,
            rows_into=target.rows_into,
            heat_map=cells,
            progress=progress,
        )
    rest = target.rest()
    if picture is not None:
        from ..plots.heat_map import heat_drawing

        picture.write(*heat_drawing(result))
    rest.deliver(result)


def _picture(
    path: str | None, inputs: list[str | None], output: str | None, *, selects: bool, force: bool, quiet: bool
) -> tuple["Picture | None", int | None]:
    """Return the picture, checked before any work, and how many rows and columns it has."""
    if path is None:
        return None, None
    from simtool.errors import ParameterError

    from ..plots.heat_map import MOST
    from ..plots.picture import Picture

    if selects:
        what = "the heat map is of the whole matrix, and this keeps a part of it"
        raise ParameterError(what, "--plot", "leave out --top-k, --threshold and --max-pairs")
    return Picture.check(path, force=force, quiet=quiet, inputs=inputs, outputs=[output]), MOST


def _number(typed: str, metric: str) -> float:
    """Return a threshold that was typed, or that `evaluate` has written."""
    from simtool.errors import ParameterError

    if typed.startswith("@"):
        from simtool.evaluation.thresholds_file import read_threshold

        return read_threshold(typed[1:], metric)
    try:
        return float(typed)
    except ValueError:
        raise ParameterError(f"expected a number, got {typed!r}", "--threshold", "as in 0.8, or @t.json:eer") from None
