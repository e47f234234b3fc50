"""`simtool dedup`."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICE

from .. import options
from ..long_run_options import DeviceNameOption, DryRunOption
from ..selecting import selecting

SHOWN = 50  # rows of a table
LARGEST = 10  # groups


@selecting("vectors", keeps=True)
def dedup(
    vectors: options.VectorsArgument,
    threshold: options.ThresholdOption = None,
    exact: Annotated[bool, typer.Option("--exact", help="Only rows with the same numbers are duplicates.")] = False,
    sweep: options.SweepOption = None,
    linkage: Annotated[
        str,
        typer.Option(
            "--linkage",
            help="`connected`: a chain of close rows is one group. `leader`: a dropped row is close to the kept one. "
            "`complete`: all rows of a group are close to each other.",
        ),
    ] = "connected",
    keep: Annotated[
        str,
        typer.Option(
            "--keep",
            metavar="RULE",
            help="The row of a group that is kept: first, last, random, medoid, longest:COLUMN, max:COLUMN or "
            "min:COLUMN.",
        ),
    ] = "first",
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="COLUMN", help="Compare only rows with the same value of this column."),
    ] = None,
    output: options.KeptRowsOption = None,
    groups: Annotated[
        str | None,
        typer.Option("--groups", metavar="PATH", help="Write id, group, kept and score of every row, as a table."),
    ] = None,
    dropped: Annotated[
        str | None, typer.Option("--dropped", metavar="PATH", help="Write the rows that are not kept.")
    ] = None,
    largest: Annotated[int, typer.Option("--largest", metavar="N", help="List the N largest groups.")] = LARGEST,
    top: options.TopOption = None,
    metric: options.MetricOption = "cosine",
    param: options.MetricParamOption = None,
    eps: options.EpsOption = options.EPS,
    seed: options.SeedOption = 0,
    ids: options.IdsOption = None,
    nonfinite: options.NonfiniteOption = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
    dry_run: DryRunOption = False,
    device_name: DeviceNameOption = DEVICE,
) -> None:
    """Drop near-duplicates: rows that are closer than a threshold.

    Examples:

        simtool dedup sample_data/words.parquet --threshold 0.8
        simtool dedup sample_data/digits.parquet --threshold 0.98 \\
            -o kept.parquet --groups groups.parquet --dropped dropped.parquet
        simtool dedup sample_data/digits.parquet --by label \\
            --sweep threshold=0.9:0.99:0.01

    All pairs are looked at, in bounded memory. Without -o nothing is written: the table shows the largest groups, of
    each the kept row and those that are least close to it.
    """
    import simtool

    from ..parsing import parse_parameters, parse_threshold
    from ..session import Session, ineffective

    how: dict[str, Any] = {"force": force, "escape_formulas": escape_formulas}
    session = Session.open(
        None,
        format,
        gates,
        quiet=quiet,
        inputs=[vectors, ids],
        has_array=False,
        writes_listing=False,
        limit=SHOWN if top is None else top,
        dry_run=dry_run,
        **how,
    )
    with session.progress() as progress:
        result = simtool.dedup(
            vectors,
            threshold=None if threshold is None else parse_threshold(threshold),
            exact=exact,
            sweep=sweep,
            linkage=linkage,
            keep=keep,
            by=by,
            output=output,
            groups=groups,
            dropped=dropped,
            largest=largest,
            metric=metric,
            parameters=parse_parameters(param or []),
            eps=eps,
            seed=seed,
            ids=ids,
            max_memory=max_memory,
            nonfinite=nonfinite,
            header=header,
            device=device,
            backend=backend,
            progress=progress,
            require_keys=session.keys,
            dry_run=dry_run,
            device_name=device_name,
            **how,
        )
    unused = ineffective(result, "seed", typed=seed != 0)
    unused += ineffective(result, "linkage", typed=linkage != "connected", why="--exact groups the same numbers alone")
    unused += ineffective(result, "largest", typed=largest != LARGEST and bool(sweep), why="--sweep lists no groups")
    session.deliver(result, without_effect=unused)
