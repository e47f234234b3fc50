"""The options of kept work, for every command whose loops are long: a folder, a part of a run, a cluster."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from functools import partial, wraps
from inspect import Parameter, signature
from shlex import quote
from typing import TYPE_CHECKING, Any

from .long_run_options import ClusterOption, ShardOption, WorkersOption, WorkOption
from .reports.asking import reporting

if TYPE_CHECKING:
    from simtool.work import PartDone, Share

SHOWN = 10  # names of missing blocks
COMMANDS = ("pairwise", "compare", "dedup", "leak", "mine", "loss", "evaluate")
_ADDED = {"work": WorkOption, "shard": ShardOption, "cluster": ClusterOption, "workers": WorkersOption}

# what says where a result goes and how it looks, and what only this machine is told: no block depends on it
FREE = {
    "output", "format", "force", "gates", "quiet", "top", "plot", "plot_kind", "report",
    "github_summary", "baseline", "dry_run", "device_name", "max_memory", "groups", "dropped",
    "largest", "run_out", "thresholds_out", "grad", "per_query", "verbose",
}  # fmt: skip

Command = Callable[..., None]


def working(command: Command) -> Command:
    """Give a command the options of kept work."""
    own = signature(command, eval_str=True)

    @wraps(command)
    def run(
        *,
        work: str | None = None,
        shard: str | None = None,
        cluster: str | None = None,
        workers: int | None = None,
        **typed: Any,
    ) -> None:
        _check(work, shard, cluster, workers)
        if typed.get("dry_run"):  # which keeps nothing
            command(**typed)
            return
        with nullcontext() if work is None else _stoppable(work):
            if cluster is not None:
                _on_cluster(command, typed, work, cluster, workers)
            elif shard is not None and work is not None:
                _part_of(command, typed, work, *_numbers(shard))
            else:
                with nullcontext() if work is None else kept(command.__name__, typed, work):
                    command(**typed)

    extra = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=_ADDED[name]) for name in _ADDED]
    parameters = [*own.parameters.values(), *extra]
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


@contextmanager
def _stoppable(work: str) -> Iterator[None]:
    """Say how to go on where a signal ends the body."""
    try:
        yield
    except (SystemExit, KeyboardInterrupt):  # the code is not that of the signal where Ray has it on the way
        from .output.terminal import say

        say(f"stopped: what is done is kept in {work}, and the same command goes on")
        raise


def kept(name: str, typed: Mapping[str, Any], work: str, **how: Any) -> AbstractContextManager[Any]:
    """Return what keeps the blocks of a command in a folder; `how` as for `simtool.work.working`."""
    from simtool.work import working

    parameters, beside = ({key: typed[key] for key in typed if (key in FREE) == free} for free in (False, True))
    return working(work, name, parameters, beside=beside, **how)


def _part_of(command: Command, typed: Mapping[str, Any], work: str, number: int, of: int) -> None:
    """Compute a part of a run; say what is left to do, and write nothing."""
    from simtool.errors import ParameterError
    from simtool.io import withdraw
    from simtool.work import PartDone, shard

    from .output.terminal import say

    try:
        with kept(command.__name__, typed, work, share=shard(number, of), delivers=False) as run:
            command(**typed)
    except PartDone as done:
        withdraw()
        if not run.begun:
            raise ParameterError("nothing of this run is shared out", "«shard»", "leave it out") from None
        if not typed.get("quiet"):
            for line in _told(done, work, typed.get("output"), number, of):
                say(line)


def compute_part(name: str, typed: Mapping[str, Any], work: str, place: str, share: "Share") -> tuple[str, int]:
    """Compute a share of the blocks of a command, in a process of its own.

    Args:
        work: the folder of its blocks.
        place: the folder in which it was typed.

    Returns:
        The stage that misses blocks, and how many.
    """
    from simtool.io import delivery, withdraw
    from simtool.work import PartDone

    if os.path.isdir(place):
        os.chdir(place)
    command = _command(name, typed)
    with delivery():
        try:
            with kept(name, typed, work, share=share, delivers=False):
                command(**{**typed, "quiet": True})
        except PartDone as done:
            withdraw()
            return done.stage, len(done.missing)
    raise AssertionError("a command ends where it would deliver")


def _on_cluster(
    command: Command, typed: Mapping[str, Any], work: str | None, cluster: str, workers: int | None
) -> None:
    """Let a cluster compute the blocks of a command, and fold them here."""
    from tempfile import TemporaryDirectory

    from .cluster import compute
    from .progress import progress_on_stderr

    name, quiet = command.__name__, bool(typed.get("quiet"))
    with nullcontext(work) if work is not None else TemporaryDirectory(prefix="simtool-") as folder:
        with redirect_stdout(sys.stderr), progress_on_stderr(quiet=quiet) as progress:  # Ray tells who is lost
            if progress is not None:
                progress.phase("blocks", "blocks")
            part = partial(compute_part, name, typed, folder, os.getcwd())
            compute(cluster, workers, str(typed.get("device")), part, progress)
        with kept(name, typed, folder, share=lambda *_: ()):
            command(**typed)


def _check(work: str | None, shard: str | None, cluster: str | None, workers: int | None) -> None:
    """Refuse options that do not go together."""
    from simtool.errors import ParameterError

    if shard is not None and work is None:
        raise ParameterError("a part of a run is kept in a work folder", "«shard»", "name one with «work»")
    if shard is not None and cluster is not None:
        raise ParameterError("a cluster shares a run out by itself", "«shard», «cluster»", "leave one of them out")
    if workers is not None and cluster is None:
        raise ParameterError("there is no cluster whose workers could be counted", "«workers»", "«cluster=ray»")
    if workers is not None and workers < 1:
        raise ParameterError(f"{workers} workers, expected at least 1", "«workers»")
    if cluster is not None and "://" in cluster and work is None:
        what = "a cluster of several machines keeps its blocks in a folder that all of them see"
        raise ParameterError(what, "«cluster»", "name one with «work»")


def fold(
    work: str, output: str | None, format: str | None, gates: list[str] | None, *, force: bool, quiet: bool
) -> None:
    """Run the command of a work folder again, with every block found.

    Raises:
        ParameterError: blocks are missing, or the folder keeps no work.
    """
    from simtool.errors import DataError, ParameterError
    from simtool.work import MANIFEST, Manifest, PartDone, WorkFolder, working

    manifest = Manifest.read(WorkFolder(work, makes=False))
    if manifest is None:
        raise ParameterError("no work is kept here", work, "name the folder that was named with --work")
    name, stated = manifest.operation, {**manifest.beside, **manifest.parameters}
    stated |= {"output": output or stated.get("output"), "format": format or stated.get("format")}
    stated |= {"gates": gates or stated.get("gates"), "force": force, "quiet": quiet}
    if output is not None and "://" not in output:
        stated["output"] = os.path.join(os.getcwd(), output)
    work = work if "://" in work else os.path.abspath(work)
    if os.path.isdir(manifest.place):  # else this is another machine
        os.chdir(manifest.place)
    damaged = DataError(f"{MANIFEST} is damaged", work, "name another folder, or remove this one")
    if name not in COMMANDS:
        raise damaged
    command = _command(name, stated)
    known = signature(command).parameters
    if stated.keys() - known.keys():
        raise damaged
    stated = dict.fromkeys(known) | stated  # None as all that is not in the manifest was
    try:
        with working(work, name, manifest.parameters, share=lambda *_: ()):
            command(**stated)
    except PartDone as part:
        some = ", ".join(os.path.basename(each) for each in part.missing[:SHOWN])
        more = f" and {len(part.missing) - SHOWN:,} more" if len(part.missing) > SHOWN else ""
        verb = "is" if len(part.missing) == 1 else "are"
        what = f"{len(part.missing):,} of its blocks {verb} missing or damaged: {some}{more}"
        hint = f"run the parts again: {name} ... --work {work} --shard I/N; or without --shard, for the rest alone"
        raise ParameterError(what, f"{work}/{part.stage}", hint) from None


def _command(name: str, typed: Mapping[str, Any]) -> Command:
    """Return a command, after what its options do when they are typed."""
    from importlib import import_module

    command = reporting(name, getattr(import_module(f".commands.{name}", __package__), name))
    for each in signature(command).parameters.values():
        for option in getattr(each.annotation, "__metadata__", ()):
            if getattr(option, "callback", None) is not None:
                option.callback(typed.get(each.name))
    return command


def _told(done: "PartDone", work: str, output: str | None, number: int, of: int) -> list[str]:
    """Return what was done, and what to run next."""
    merge = f"simtool merge {quote(work)}" + (f" -o {quote(output)}" if output else "")
    if not done.missing:
        return [f"part {number} of {of} is done, and nothing is missing: {merge}"]
    count = (
        f"{len(done.missing):,} blocks of the other parts are"
        if len(done.missing) > 1
        else "1 block of another part is"
    )
    return [
        f"part {number} of {of} is done; {count} missing in {os.path.join(work, done.stage)}",
        f"once all parts have run: {merge}",
    ]


def _numbers(text: str) -> tuple[int, int]:
    """Return the number and the count of I/N."""
    number, _, of = text.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return int(number), int(of)
    from simtool.errors import ParameterError

    raise ParameterError(f"expected a part as I/N with 1 <= I <= N, got {text!r}", "«shard»", "such as --shard 1/4")
