"""Which files one input stands for: a file, the files of a pattern or of a folder, or those that a list names.

Accepted: `-` and PATH; a pattern with *, ? or [...], where ** stands for any folders; FOLDER, of which all files of one
suffix are taken, hidden ones aside; `@LIST`, a text file with a PATH per line, read from the folder of the caller. A
path that is there as it stands is no pattern, and neither is a URL.
Refused: a pattern, folder or list of no file; a folder with files of several suffixes; a list of lists.
Lost: nothing. Files of patterns and folders are in the order of their names, those of a list in its own.
"""

import os
from collections.abc import Sequence
from glob import glob, has_magic

from ..addresses import is_address
from ..errors import DataError, InputNotFoundError
from .formats import READ, SUFFIXES

SEVERAL = "one input of several files is a pattern in quotes, 'shard-*.npy', a folder, or @list.txt"
MOST_LIST = 64 << 20  # bytes of a list
MOST_FILES = 200  # that a process can open by any system's default


def files_of(path: str, suffixes: Sequence[str] = SUFFIXES) -> list[str]:
    """Return the files that an input stands for; itself where it is one file, or is not there.

    Args:
        path: what was typed, without ::NAME.
        suffixes: those of files that can be read; in a folder others are passed over.

    Raises:
        InputNotFoundError: no file fits.
        DataError: a folder of several kinds of files, or a list that is none.
    """
    if is_address(path):
        return _far_files(path)
    if path == "-" or "://" in path or os.path.isfile(path):
        return [path]
    if os.path.isdir(path):
        found = _in_folder(path, tuple(suffixes))
    elif path.startswith("@"):
        found = _in_list(path[1:])
    elif has_magic(path) and "://" not in path and not os.path.lexists(path):
        found = sorted(name for name in glob(path, recursive=True) if os.path.isfile(name))
    else:
        return [path]
    if not found:
        is_typed = not path.strip("[]0123456789.,-+eE ")
        hint = "simtool explain takes vectors that are typed; here they come in files" if is_typed else ""
        raise InputNotFoundError("no file fits this pattern", path, hint or "ls shows which there are")
    if len(found) > MOST_FILES:
        _allow_files(3 * len(found) + MOST_FILES)
    return found


def _far_files(address: str) -> list[str]:
    """Return the files of a pattern far away; an address of the web is none."""
    if address.lower().startswith("http") or not any(mark in address.partition("?")[0] for mark in "*["):
        return [address]
    from .far import far_names

    found = far_names(address)
    if not found:
        raise InputNotFoundError("no file fits this pattern", address, "* and [...] stand for parts of a name")
    return found


def _allow_files(wanted: int) -> None:
    """Raise the number of files that this process may have open, as far as the system lets it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _in_folder(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    with os.scandir(folder) as entries:
        names = sorted(each.name for each in entries if each.is_file() and each.name[:1] not in "._")
    found = [name for name in names if name.lower().endswith(suffixes)]
    kinds = sorted({os.path.splitext(name)[1] for name in found})
    if len(kinds) > 1:
        what = f"expected a file, got a folder of files of several kinds: {', '.join(kinds)}"
        raise DataError(what, folder, f"name one, or those of one kind: '{os.path.join(folder, '*' + kinds[0])}'")
    if not found:
        shown = f": {', '.join(names[:3])}" if names else ""
        what = f"expected a file, got a folder without a file that can be read{shown}"
        raise DataError(what, folder, f"name a file; {READ}")
    return [os.path.join(folder, name) for name in found]


def _in_list(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_LIST + 1)
        lines = content.decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputNotFoundError(
            "no such list of files", f"@{path}", "a list is a text file with a path per line"
        ) from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"this list of files cannot be read: {error}", f"@{path}") from None
    found = [line.strip() for line in lines if line.strip()]
    if len(content) > MOST_LIST or not found:
        raise DataError("expected a path per line", f"@{path}", "as `ls shards/*.parquet > list.txt` writes them")
    for number, name in enumerate(found, start=1):
        if not (is_address(name) or os.path.isfile(name)):
            raise InputNotFoundError(
                f"line {number}: no such file: {name[:200]}", f"@{path}", "paths begin in this folder"
            )
    return found
