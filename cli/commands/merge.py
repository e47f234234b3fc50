"""`simtool merge`."""

from typing import Annotated

import typer

from ..options import AssertOption, ForceOption, FormatOption, OutputOption, QuietOption


def merge(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="The folder that was named with --work.", show_default=False)
    ],
    output: OutputOption = None,
    format: FormatOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fold the blocks of a work folder into the result of its command.

    Examples:

        simtool pairwise sample_data/words.parquet -k 5 --work w --shard 1/1 \\
            && simtool merge w -o top.csv

    A part of a run, `--shard 1/4` to `--shard 4/4`, computes some blocks, on any machine that sees DIR. This is the command
    again, with the options that it was begun with and every block found: the bytes are those of one run on one
    machine. Blocks that are missing are named, and nothing is written. Files that were named for the parts, as with
    `--report` or `--groups`, are written too, and `--force` replaces those that are there.
    """
    from ..working import fold

    fold(folder, output, format, gates, force=force, quiet=quiet)
