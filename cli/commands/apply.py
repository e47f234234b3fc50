"""`simtool apply`."""

from typing import Annotated

import typer

from .. import options
from ..selecting import selecting


@selecting("vectors")
def apply(
    head: Annotated[
        str, typer.Argument(metavar="HEAD", help="The file that `simtool fit -o` wrote.", show_default=False)
    ],
    vectors: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Vectors: `PATH`, `PATH::NAME` for a column, or `-` for stdin.", show_default=False
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help=".npy for the vectors alone; .parquet or .arrow with ids and all other columns.",
            show_default=False,
        ),
    ],
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Only the rows that were held out, of the file that was fitted.")
    ] = False,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="::NAME",
            help="A column of numbers that is no part of the vectors, such as the labels of a CSV; it is kept.",
            show_default=False,
        ),
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(
            "--ids",
            metavar="::NAME",
            help="The column of ids, if it holds numbers and is not named like one.",
            show_default=False,
        ),
    ] = None,
    nonfinite: options.NonfinitePropagateOption = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
) -> None:
    """Project every vector of a file with a head that `fit` has written.

    Examples:

        simtool fit sample_data/digits.parquet --head whiten -o h.safetensors && \\
            simtool apply h.safetensors sample_data/digits.parquet -o w.parquet

    A file of any size streams through in bounded memory. float32 stays float32.
    `simtool evaluate` on the rows of --held-out gives the number that `fit` reported.
    """
    import simtool

    from ..session import Session

    session = Session.open(
        None,
        format,
        gates,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        inputs=[head, vectors],
        has_array=False,
    )
    with session.progress() as progress:
        result = simtool.apply(
            head,
            vectors,
            output=output,
            force=force,
            held_out=held_out,
            labels=labels,
            ids=ids,
            max_memory=max_memory,
            nonfinite=nonfinite,
            header=header,
            progress=progress,
            require_keys=session.keys,
        )
    session.deliver(result)
