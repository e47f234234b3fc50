"""`simtool pairwise`."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICE

from .. import options
from ..long_run_options import DeviceNameOption, DryRunOption
from ..selecting import selecting


@selecting("a", "b", apart=["b"], keeps=True, queries=True)
def pairwise(
    a: options.AArgument,
    b: Annotated[
        str | None, typer.Argument(metavar="B", help="Vectors; without B, A against itself.", show_default=False)
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(
            "--top-k", "-k", help="List the K closest rows of B per row of A; with --threshold, of those that reach it."
        ),
    ] = None,
    threshold: options.ThresholdOption = None,
    max_pairs: Annotated[int | None, typer.Option("--max-pairs", help="List the N closest pairs of all.")] = None,
    truncate: options.TruncateOption = None,
    quantize: options.QuantizeOption = None,
    metric: options.MetricOption = "cosine",
    param: options.MetricParamOption = None,
    dim: Annotated[
        int, typer.Option("--dim", help="The dim along which a vector lies; dims before the rows are batches.")
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
            "--precision",
            help="The number format of the scan: auto, float64 or float32, and for a top k, a threshold or the closest "
            "pairs also bfloat16 (torch) or int8 (NumKong). "
            "Listed scores are always float64.",
        ),
    ] = "auto",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    max_results: Annotated[
        int, typer.Option("--max-results", help="Refuse a threshold that more pairs reach; not with --top-k.")
    ] = 100_000_000,
    plot: options.PlotOption = None,
    eps: options.EpsOption = options.EPS,
    ids_a: options.IdsAOption = None,
    ids_b: options.IdsBOption = None,
    nonfinite: options.NonfiniteOption = "error",
    format: options.FormatOption = None,
    output: options.OutputOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    top: options.TopOption = None,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
    dry_run: DryRunOption = False,
    device_name: DeviceNameOption = DEVICE,
) -> None:
    """Compare every row of A with every row of B.

    Examples:

        simtool pairwise sample_data/words.parquet --top-k 5
        simtool pairwise sample_data/words.parquet --threshold 0.8
        simtool pairwise sample_data/words.parquet -o scores.npy
        simtool pairwise sample_data/wordsim_a.npy sample_data/wordsim_b.npy -k 3
        simtool pairwise sample_data/words.parquet -k 5 \\
            --truncate 128 --quantize int8
        simtool pairwise sample_data/words.parquet --plot heat.png
        simtool pairwise sample_data/texts_a.npy sample_data/texts_b.npy \\
            --metric maxsim --top-k 3

    Without `--top-k`, `--threshold` and `--max-pairs` it is the full matrix: `-o scores.npy` writes it as it comes,
    `-o scores/` into a folder, as files of some rows each.
    Without B a threshold lists each pair once.

    `--metric maxsim` or `argmax` compares sets of tokens: arrays (items, tokens, d) with zero rows as padding, nested lists, or rows
    of which those with one id are one set. Maxsim is the sum over the tokens of A of their best cosine in B, so
    that A holds the queries and B the documents.
    """
    import simtool
    from simtool import plots

    from ..output.streaming import stream_target
    from ..parsing import parse_parameters, parse_threshold
    from ..plots.picture import heat_picture
    from ..session import Session

    selects = (top_k, threshold, max_pairs) != (None, None, None)
    how: dict[str, Any] = {"force": force, "quiet": quiet, "escape_formulas": escape_formulas}
    inputs = [a, b, ids_a, ids_b]
    how |= {"limit": top, "dry_run": dry_run, "in_parts": not selects}
    session = Session.open(output, format, gates, inputs=inputs, has_array=not selects, **how)
    picture = heat_picture(plot, inputs, output, selects=selects, force=force, quiet=quiet)
    selection: dict[str, Any] = {"top_k": top_k, "max_pairs": max_pairs, "max_results": max_results}
    reading: dict[str, Any] = {"ids_a": ids_a, "ids_b": ids_b, "header": header, "nonfinite": nonfinite}
    cut: dict[str, Any] = {"truncate": truncate, "quantize": quantize}
    computing: dict[str, Any] = {"precision": precision, "eps": eps, "device": device, "backend": backend}
    with stream_target(session) as target, session.progress() as progress:
        result = simtool.pairwise(
            a,
            b,
            threshold=None if threshold is None else parse_threshold(threshold),
            metric=metric,
            parameters=parse_parameters(param or []),
            dim=dim,
            exclude_self=exclude_self,
            max_memory=max_memory,
            require_keys=session.keys,
            dry_run=dry_run,
            device_name=device_name,
            into=target.into,
            rows_into=target.rows_into,
            heat_map=None if picture is None else plots.MOST,
            progress=progress,
            **selection,
            **cut,
            **reading,
            **computing,
        )
        target.describe(result)
    rest = target.rest()
    if picture is not None and not dry_run:
        picture.write(plots.heat_drawing(result))
    rest.deliver(result)
