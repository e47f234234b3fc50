"""The app: one line per command, --version, the one error boundary, exit codes."""

import sys
from typing import Annotated

import typer

from .commands.channels import channels
from .commands.compare import compare
from .commands.explain import explain
from .commands.inspect import inspect
from .commands.list import list_catalogue
from .commands.loss import loss
from .commands.pairwise import pairwise
from .commands.similarity import similarity

app = typer.Typer(
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(similarity)
app.command()(pairwise)
app.command()(compare)
app.command()(channels)
app.command()(loss)
app.command()(explain)
app.command()(inspect)
app.command("list")(list_catalogue)


def _show_version(wanted: bool) -> None:
    if wanted:
        from simtool import __version__

        typer.echo(f"simtool {__version__}")
        raise typer.Exit


@app.callback()
def simtool(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Similarity and losses over embedding files.

    Inputs are `PATH`, `PATH::NAME` or `-`: npy, npz, Parquet, Arrow, JSON lines or CSV, told apart by content.

    Exit codes: 0 done, 1 a gate failed, 2 the call or an input must change, 3 it cannot be done here, 130 interrupted.
    """


def main() -> None:
    """Run the app; every error that a user can meet ends here, as a few lines on stderr."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        code = _explain(error.format_message(), _command_of(error), "add -h to see the options")
    except typer.Abort:
        code = 130
    except MemoryError:
        code = _explain("not enough memory", "", "--top-k or --threshold keep a part of a matrix") and 3
    except Exception as error:
        code = _known(error)
    sys.exit(code)


def _known(error: Exception) -> int:
    """Return the exit code of an error of our own, after showing it; raise any other, which is a defect."""
    from simtool.errors import SimtoolError

    if not isinstance(error, SimtoolError):
        raise error
    _explain(error.what, error.where, error.hint)
    return error.exit_code


def _explain(what: str, where: str, hint: str) -> int:
    from .terminal import say

    say(f"error: {what}")
    if where:
        say(f"  in:  {where}")
    if hint:
        say(f"  try: {hint}")
    return 2


def _command_of(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return "" if context is None else str(context.command_path)
