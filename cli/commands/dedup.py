"""`simtool dedup`."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICE

from ..long_run_options import DeviceNameOption, DryRunOption
from ..options import (
    EPS,
    AssertOption,
    BackendOption,
    DeviceOption,
    EpsOption,
    EscapeFormulasOption,
    ForceOption,
    FormatOption,
    HeaderOption,
    IdsOption,
    InputFormatOption,
    KeptRowsOption,
    MaxMemoryOption,
    MetricOption,
    MetricParamOption,
    NonfiniteOption,
    QuietOption,
    SeedOption,
    SweepOption,
    ThresholdOption,
    TopOption,
    VectorsArgument,
)
from ..selecting import selecting

SHOWN = 50  # rows of a table
LARGEST = 10  # groups


@selecting("vectors", keeps=True)
def dedup(
    vectors: VectorsArgument,
    threshold: ThresholdOption = None,
    exact: Annotated[bool, typer.Option("--exact", help="Only rows with the same numbers are duplicates.")] = False,
    sweep: SweepOption = None,
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
    output: KeptRowsOption = None,
    groups: Annotated[
        str | None,
        typer.Option("--groups", metavar="PATH", help="Write id, group, kept and score of every row, as a table."),
    ] = None,
    dropped: Annotated[
        str | None, typer.Option("--dropped", metavar="PATH", help="Write the rows that are not kept.")
    ] = None,
    largest: Annotated[int, typer.Option("--largest", metavar="N", help="List the N largest groups.")] = LARGEST,
    top: TopOption = None,
    metric: MetricOption = "cosine",
    param: MetricParamOption = None,
    eps: EpsOption = EPS,
    seed: SeedOption = 0,
    ids: IdsOption = None,
    nonfinite: NonfiniteOption = "error",
    max_memory: MaxMemoryOption = None,
    header: HeaderOption = "auto",
    input_format: InputFormatOption = None,
    format: FormatOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    escape_formulas: EscapeFormulasOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
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
