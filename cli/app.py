"""The app: one line per command, --version, and command lines that Typer refuses."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module
from typing import Annotated, Any

import typer

from .completion import answering, completing, is_asked
from .reports.asking import reporting
from .usage import explained
from .working import COMMANDS as LONG
from .working import working

# command -> its function, in the module of the command's name
COMMANDS = {
    "similarity": "similarity",
    "pairwise": "pairwise",
    "compare": "compare",
    "channels": "channels",
    "dedup": "dedup",
    "leak": "leak",
    "mine": "mine",
    "loss": "loss",
    "evaluate": "evaluate",
    "fit": "fit",
    "apply": "apply",
    "merge": "merge",
    "convert": "convert",
    "explain": "explain",
    "inspect": "inspect",
    "report": "report",
    "list": "list_catalogue",
}


def app_for(typed: Sequence[str] | None = None) -> typer.Typer:
    """Return the app with the command that was typed alone, or with all of them where none was or `typed` is None.

    Making all of them takes longer than many a job. Beside a command nobody can have typed --help and the options of
    completion of the app itself, and reading them loads pydantic. Where no command was typed they are only listed, and
    have no options.
    """
    asked = [name for name in (typed or ())[:1] if name in COMMANDS]
    only_listed = typed is not None and not is_asked() and not any(word in COMMANDS for word in typed)
    app = typer.Typer(
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        add_completion=not asked,
        add_help_option=not asked,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(simtool)
    for name in asked or COMMANDS:
        module = import_module(f".commands.{name}", __package__)
        command = getattr(module, COMMANDS[name])
        if only_listed:
            app.command(name, help=command.__doc__)(lambda: None)
            continue
        command = reporting(name, command)
        command = working(command) if name in LONG else command
        app.command(name)(completing(command) if is_asked() else command)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from simtool import __version__

        typer.echo(f"simtool {__version__}")
        raise typer.Exit


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
    from simtool.io import delivery

    # an argument that begins with a dash and is not - alone would be taken for an option
    arguments = [f"/dev/stdin{text[1:]}" if text.startswith("-::") else text for text in typed]
    try:
        with answering(), delivery():
            return app_for(arguments)(arguments, standalone_mode=False)
    except typer.TyperException as error:
        raise explained(error) from error
    except typer.Abort as error:  # what Typer makes of an EOFError
        raise error.__cause__ or error from None
