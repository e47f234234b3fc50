"""Where results go: a file that appears whole or not at all.

Accepted: a path with a known suffix, in a folder that is there and can be written; a symlink stands for its target.
Refused: an existing file without `force`, a folder, a device or pipe, and any file that is also an input.
Lost: of a file that is replaced its owner, access lists and extended attributes; its mode is kept, and a new file gets
what the umask gives.
"""

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..addresses import is_address
from ..delivery import begin, deliver
from ..errors import OutputError, SimtoolError
from ..staged import StagedFile, exists_already, switch, writing_error
from .paths import files_of

FORMAT_OF_SUFFIX = {
    ".npy": "npy",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrow-stream",
    ".safetensors": "safetensors",
    ".fbin": "fbin",
    ".fvecs": "fvecs",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".md": "markdown",
}


def output_format(path: str) -> str:
    """Return the format that the suffix of `path` names.

    Raises:
        OutputError: the suffix is unknown.
    """
    if path == "-":
        raise OutputError(
            "an output is a file, and - is not one",
            path,
            "name one, such as scores.parquet; «format» says what stdout carries",
        )
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in FORMAT_OF_SUFFIX:
        found = f"the suffix {suffix!r}" if suffix else "no suffix"
        raise OutputError(
            f"an output's suffix names its format, and this path has {found}",
            path,
            f"use {', '.join(FORMAT_OF_SUFFIX)}",
        )
    return FORMAT_OF_SUFFIX[suffix]


def check_output(path: str, *, force: bool, inputs: Iterable[str]) -> None:
    """Refuse an output that could not be written at the end, before any work is done.

    Args:
        force: an existing file may be replaced; an input may not.
        inputs: what was typed for each input: `PATH`, `PATH::NAME` or `-`.

    Raises:
        OutputError: see the contract above.
    """
    if is_address(path):
        from .far_output import check_far_output

        check_far_output(path, force=force, inputs=inputs)
        return
    for typed in inputs:
        if any(_is_same_file(path, file) for name in (typed, typed.rpartition("::")[0]) for file in _files(name)):
            raise OutputError(f"the output is also the input {typed}", path, "write to another file")
    _check_target(path, force=force)
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise OutputError(f"the folder {folder} is not there", path, f"mkdir -p {shlex.quote(folder)}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"the folder {folder} may not be written to", path, "write to another folder")


@contextmanager
def replacing(path: str, *, force: bool, at_once: bool = False) -> Iterator[str]:
    """Yield a temporary path beside `path` that takes its place once the body has ended well.

    The caller writes a file at the yielded path and closes it. It is on the disk before it takes its place. After any
    exception, an interrupt too, the temporary file is removed and `path` is what it was before.

    Args:
        at_once: do not wait for the other outputs of a delivery.

    Raises:
        OutputError: the file exists without `force`, or it may not be written.
        ResourceError: the disk is full.
    """
    staged = _staged(path, force=force)
    begin(staged)
    try:
        _check_target(path, force=force)
        staged.create()
        yield staged.path
        _check_target(path, force=force)
        staged.complete()
        if at_once:
            switch([staged])
        else:
            deliver(staged)
    except BaseException as error:
        staged.discard()
        if isinstance(error, OSError) and not isinstance(error, SimtoolError):
            raise writing_error(error, path) from error
        raise


def _staged(path: str, *, force: bool) -> StagedFile:
    if is_address(path):
        from .far_output import FarStagedFile

        return FarStagedFile(path, force=force)
    return StagedFile(path, force=force)


def _files(name: str) -> list[str]:
    """Return the files that an input stands for; what is wrong with it is said when it is opened."""
    if is_address(name):
        return []
    try:
        return files_of(name, ("",))
    except SimtoolError:
        return [name]


def _check_target(path: str, *, force: bool) -> None:
    if is_address(path):  # looked at before the work, and when it is uploaded
        return
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        raise writing_error(error, path) from error
    if stat.S_ISDIR(mode):
        raise OutputError("the output is a folder", path, "name a file in it")
    if not stat.S_ISREG(mode):
        raise OutputError("the output is not a regular file", path, "use «format» and redirect stdout")
    if not force:
        raise exists_already(path)


def _is_same_file(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False
