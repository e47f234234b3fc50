"""`simtool list`."""

from typing import Annotated

import typer

from ..options import AssertOption, ForceOption, FormatOption, OutputOption, QuietOption


def list_catalogue(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="metrics, aggregates, losses, or one name.", show_default=False),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show the catalogue of metrics, aggregates and losses.

    Examples:

        simtool list
        simtool list losses
        simtool list contrastive

    One name shows everything that is known of it: formula, range, defaults, source.
    """
    import simtool

    from ..session import Session

    session = Session.open(output, format, gates, force=force, quiet=quiet, inputs=(), has_array=False, limit=1000)
    session.deliver(simtool.describe(name, require_keys=session.keys))
