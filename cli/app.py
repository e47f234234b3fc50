"""The app: one line per command, --version, and command lines that Typer refuses."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Annotated, Any

import typer

from simtool.delivery import delivery

from .commands.apply import apply
from .commands.channels import channels
from .commands.compare import compare
from .commands.evaluate import evaluate
from .commands.explain import explain
from .commands.fit import fit
from .commands.inspect import inspect
from .commands.list import list_catalogue
from .commands.loss import loss
from .commands.pairwise import pairwise
from .commands.similarity import similarity
from .usage import explained

app = typer.Typer(
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(similarity)
app.command()(pairwise)
app.command()(compare)
app.command()(channels)
app.command()(loss)
app.command()(evaluate)
app.command()(fit)
app.command()(apply)
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
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Similarity and losses over embedding files.

    Examples:

        simtool pairwise sample_data/words.parquet --top-k 5
        simtool loss --kind contrastive --margin 1 < sample_data/wordsim353.parquet

    Inputs are `PATH`, `PATH::NAME` or `-`: npy, safetensors, Parquet, CSV, GloVe, ... told apart by content.

    Exit codes: 0 done, 1 a gate failed, 2 the call or an input must change, 3 it cannot be done here,
    70 a defect of simtool, 129, 130, 143 hung up, interrupted, terminated.
    """
    if context.invoked_subcommand is None:
        with redirect_stdout(sys.stderr):  # stdout carries data alone, and there is none
            context.get_help()
        raise typer.Exit(2)


def run(typed: Sequence[str]) -> Any:
    """Run one command line; return its exit code, or None.

    Raises:
        ParameterError: the command line is none.
    """
    # an argument that begins with a dash and is not - alone would be taken for an option
    arguments = [f"/dev/stdin{text[1:]}" if text.startswith("-::") else text for text in typed]
    try:
        with delivery():
            return app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        raise explained(error) from error
    except typer.Abort as error:  # what Typer makes of an EOFError
        raise error.__cause__ or error from None
