"""The options of long runs: what one would take, where its work is kept, and who shares it."""

from typing import Annotated

import typer

from simtool.catalogue import DEVICES

WorkOption = Annotated[
    str | None,
    typer.Option(
        "--work",
        metavar="DIR",
        help="Keep finished blocks in this folder, or s3://...: the same command goes on where it was stopped.",
        show_default=False,
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="With --work: compute only part I of N, counted from 1. `simtool merge` writes the output; "
        "parts of a matrix are written at once.",
        show_default=False,
    ),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ray[://ADDRESS]",
        help="Share the blocks out to Ray: one that is started here, or that of a head.",
        show_default=False,
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="With --cluster: how many.  [default: one for each CPU, or GPU with --device cuda]",
        show_default=False,
    ),
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Tell what it would take instead of doing it: operations, bytes, memory, tasks and time."
    ),
]
DeviceNameOption = Annotated[
    str, typer.Option("--device-name", help=f"The GPU that --dry-run tells GPU-hours of: {', '.join(DEVICES)}.")
]
