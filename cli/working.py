"""The options of kept work, for every command whose loops are long: --work and --shard."""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from . import options
from .reports.asking import reporting

if TYPE_CHECKING:
    from simtool.work import PartDone

SHOWN = 10  # names of missing blocks
COMMANDS = ("pairwise", "compare", "dedup", "leak", "mine", "loss", "evaluate")
_ADDED = {"work": options.WorkOption, "shard": options.ShardOption}

# what says where a result goes and how it looks, and what only this machine is told: no block depends on it
FREE = {
    "output", "format", "force", "gates", "quiet", "top", "escape_formulas", "plot", "plot_kind", "report",
    "github_summary", "max_memory", "groups", "dropped", "largest", "run_out", "thresholds_out", "grad", "per_query",
}  # fmt: skip

Command = Callable[..., None]


def working(command: Command) -> Command:
    """Give a command the options of kept work."""
    own = signature(command, eval_str=True)

    @wraps(command)
    def run(*, work: str | None = None, shard: str | None = None, **typed: Any) -> None:
        if work is None:
            if shard is not None:
                from simtool.errors import ParameterError

                raise ParameterError("a part of a run is kept in a work folder", "«shard»", "name one with «work»")
            command(**typed)
        else:
            _in_folder(command, typed, work, None if shard is None else _part(shard))

    extra = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _ADDED.items()
    ]
    parameters = [*own.parameters.values(), *extra]
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _in_folder(command: Command, typed: Mapping[str, Any], work: str, part: tuple[int, int] | None) -> None:
    """Run a command that keeps its blocks; of a part, say what is left to do, and write nothing."""
    from simtool.io import withdraw
    from simtool.work import PartDone, shard, working

    from .output.terminal import say

    stated = {
        "command": {name: value for name, value in typed.items() if name not in FREE},
        "output": {name: value for name, value in typed.items() if name in FREE},
    }
    name = command.__name__
    share = None if part is None else shard(*part)
    try:
        with working(work, name, stated["command"], beside=stated["output"], share=share, delivers=part is None):
            command(**typed)
    except PartDone as done:
        withdraw()
        assert part is not None
        if not typed.get("quiet"):
            for line in _told(done, work, *part):
                say(line)


def fold(
    work: str, output: str | None, format: str | None, gates: list[str] | None, *, force: bool, quiet: bool
) -> None:
    """Run the command of a work folder again, with every block found.

    Raises:
        ParameterError: blocks are missing, or the folder keeps no work.
    """
    from importlib import import_module

    from simtool.errors import ParameterError
    from simtool.work import Manifest, PartDone, WorkFolder, working

    manifest = Manifest.read(WorkFolder(work, makes=False))
    if manifest is None:
        raise ParameterError("no work is kept here", work, "name the folder that was named with --work")
    name, stated = manifest.operation, {**manifest.beside, **manifest.parameters}
    stated |= {"output": output or stated.get("output"), "format": format or stated.get("format")}
    stated |= {"gates": gates or stated.get("gates"), "force": force, "quiet": quiet}
    if output is not None and "://" not in output:
        stated["output"] = os.path.abspath(output)
    work = work if "://" in work else os.path.abspath(work)
    if os.path.isdir(manifest.place):  # else this is another machine
        os.chdir(manifest.place)
    command = reporting(name, getattr(import_module(f".commands.{name}", __package__), name))
    for each in signature(command).parameters.values():
        stated.setdefault(each.name, None)  # as all that is not in the manifest was
        for option in getattr(each.annotation, "__metadata__", ()):
            if getattr(option, "callback", None) is not None:
                option.callback(stated[each.name])
    try:
        with working(work, name, manifest.parameters, share=lambda *_: ()):
            command(**stated)
    except PartDone as part:
        some = ", ".join(os.path.basename(each) for each in part.missing[:SHOWN])
        more = f" and {len(part.missing) - SHOWN:,} more" if len(part.missing) > SHOWN else ""
        what = f"{len(part.missing):,} of its blocks are missing or damaged: {some}{more}"
        hint = f"run the parts again: {name} ... --work {work} --shard I/N; or without --shard, for the rest alone"
        raise ParameterError(what, f"{work}/{part.stage}", hint) from None


def _told(done: "PartDone", work: str, number: int, of: int) -> list[str]:
    """Return what was done, and what to run next."""
    if not done.missing:
        return [f"part {number} of {of} is done, and nothing is missing: simtool merge {work} -o OUT"]
    count = (
        f"{len(done.missing):,} blocks of the other parts are"
        if len(done.missing) > 1
        else "1 block of another part is"
    )
    return [
        f"part {number} of {of} is done; {count} missing in {os.path.join(work, done.stage)}",
        f"once all parts have run: simtool merge {work} -o OUT",
    ]


def _part(text: str) -> tuple[int, int]:
    """Return the number and the count of I/N."""
    number, _, of = text.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return int(number), int(of)
    from simtool.errors import ParameterError

    raise ParameterError(f"expected a part as I/N with 1 <= I <= N, got {text!r}", "«shard»", "such as --shard 1/4")
