"""`simtool list`."""

from typing import Annotated

import typer

from ..options import ForceOption, FormatOption, OutputOption


def list_catalogue(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="metrics, aggregates, losses, or one name.", show_default=False),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Show the catalogue of metrics, aggregates and losses.

    Examples:

        simtool list

        simtool list losses

        simtool list contrastive

    """
    import simtool

    from ..session import Session

    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=False,
        gates=None,
        keys=(),
        inputs=(),
        has_array=False,
        limit=1000,
    )
    session.deliver(simtool.describe(name))
