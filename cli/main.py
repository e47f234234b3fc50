"""The app: one line per command, --version, the one error boundary, exit codes."""

import signal
import sys
from contextlib import redirect_stdout
from types import FrameType
from typing import Annotated, NoReturn

import typer

from simtool.delivery import delivery
from simtool.errors import SimtoolError

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
from .terminal import discard_stdout, say
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

    Inputs are `PATH`, `PATH::NAME` or `-`: npy, npz, Parquet, Arrow, JSON lines or CSV, told apart by content.

    Exit codes: 0 done, 1 a gate failed, 2 the call or an input must change, 3 it cannot be done here,
    70 a defect of simtool, 129, 130, 143 hung up, interrupted, terminated.
    """
    if context.invoked_subcommand is None:
        with redirect_stdout(sys.stderr):  # stdout carries data alone, and there is none
            context.get_help()
        raise typer.Exit(2)


def main() -> None:
    """Run the app; every error that a user can meet ends here, as a few lines on stderr."""
    _stop_in_order()
    # an argument that begins with a dash and is not - alone would be taken for an option
    typed = [f"/dev/stdin{text[1:]}" if text.startswith("-::") else text for text in sys.argv[1:]]
    try:
        with delivery():
            code = app(typed, standalone_mode=False)
    except typer.TyperException as error:
        code = _explain(*explained(error))
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except SystemExit as end:
        # typer's own end when the reader of a help text has gone
        code = 0 if isinstance(end.__context__, BrokenPipeError) else end.code
    except MemoryError:
        code = _explain("not enough memory", "", "--top-k or --threshold keep a part of a matrix", 3)
    except SimtoolError as error:
        code = _explain(error.what, error.where, error.hint, error.exit_code)
    except RuntimeError as error:
        if type(error).__name__ != "OutOfMemoryError":  # torch's; to name its class would import torch
            raise
        code = _explain("not enough memory on the device", "--device", "use --device cpu, or a smaller --max-memory", 3)
    except OSError as error:
        discard_stdout()
        code = _explain(f"the system refused: {error.strerror or error}", str(error.filename or ""), "", 3)
    sys.exit(code)


def _stop_in_order() -> None:
    """Let a polite kill remove the temporary files, as Ctrl-C does; what nohup ignores stays ignored."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stop)


def _explain(what: str, where: str, hint: str, code: int = 2) -> int:
    say(f"error: {what}")
    if where:
        say(f"  in:  {where}")
    if hint:
        say(f"  try: {hint}")
    return code
