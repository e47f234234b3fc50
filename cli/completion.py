"""What a shell offers for a value that is being typed: names of the catalogue, formats, files and columns.

It imports no numpy, so that nobody waits for it.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from glob import glob
from io import StringIO

from simtool.catalogue import KINDS

from .options import FORMATS

ASKING = "_SIMTOOL_COMPLETE"  # set by the shell, to what it wants
PLURALS = ("metrics", "aggregates", "losses")


def is_asked() -> bool:
    """Tell whether a shell asks for completion, and not a person for work."""
    return ASKING in os.environ


@contextmanager
def answering() -> Iterator[None]:
    """Let bash have what it asks for: it takes words apart at : and =, and takes what is to follow the last one."""
    if not os.environ.get(ASKING, "").endswith("bash"):
        yield
        return
    words, place = _joined(os.environ.get("COMP_WORDS", "").split("\n"), int(os.environ.get("COMP_CWORD", "0")))
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = "\n".join(words), str(place)
    begun = words[place] if place < len(words) else ""
    stdout = sys.stdout
    with redirect_stdout(StringIO()) as answer:
        try:
            yield
        finally:
            stdout.write("".join(f"{_inserted(line, begun)}\n" for line in answer.getvalue().splitlines()))


def _inserted(offered: str, begun: str) -> str:
    """Return what bash puts in place of the last part of a word: a word in quotes is one part, any other is escaped."""
    if begun.startswith(("'", '"')):
        return offered
    value = (begun.partition("=")[2] if begun.startswith("-") else begun).replace("\\", "")
    parted = max(value.rfind(":"), value.rfind("=")) + 1
    return re.sub(r"[^\w./~:@%+=,-]", r"\\\g<0>", offered[parted:])


def _joined(words: Sequence[str], place: int) -> tuple[list[str], int]:
    """Return the words as they were typed, and the number of the one at `place`."""
    joined, found = list[str](), place
    for number, word in enumerate(words):
        before = joined[-1] if joined else ""
        is_mark = bool(word) and not word.strip(":=")
        if before.endswith((":", "=")) or (is_mark and before and (word[0] == "=" or not before.startswith("-"))):
            joined[-1] += word
        else:
            joined.append(word)
        if number == place:
            found = len(joined) - 1
    return joined, found


def completing(command: Callable[..., None]) -> Callable[..., None]:
    """Give the options and arguments of a command what a shell offers for their values."""
    for annotation in command.__annotations__.values():
        for info in getattr(annotation, "__metadata__", ()):
            # Typer takes the first name of an annotated option for its default until it reads the signature
            option = next((name for name in (info.default, *(info.param_decls or ())) if name in OFFERED), info.metavar)
            info.autocompletion = OFFERED.get(option) if isinstance(option, str) else None
    return command


def names_of(kind: str, *others: str) -> Callable[[str], list[str]]:
    """Return what offers the names of a kind of the catalogue, and others."""
    names = [*others, *(spelling for entry in KINDS[kind] for spelling in (entry.name, *entry.aliases))]

    def offer(incomplete: str) -> list[str]:
        return _beginning(incomplete, names)

    return offer


def sources(incomplete: str) -> list[str]:
    """Return the files that begin so, or after `PATH::` the columns; after `::` those of the first input."""
    path, mark, name = incomplete.rpartition("::")
    if not mark:
        found = sorted(glob(f"{incomplete}*"))
        return [f"{each}/" if os.path.isdir(each) else each for each in found]
    from simtool.io import column_names

    return [f"{path}::{column}" for column in _beginning(name, column_names(path or _first_input()))]


def _first_input() -> str:
    """Return the first file of the line that is being typed: Typer hands on no values beside an option without one."""
    words = os.environ.get("_TYPER_COMPLETE_ARGS", os.environ.get("COMP_WORDS", "")).split()
    return next((path for word in words if os.path.isfile(path := word.partition("::")[0])), "")


def _formats(incomplete: str) -> list[str]:
    return _beginning(incomplete, FORMATS)


def _input_formats(incomplete: str) -> list[str]:
    from simtool.io import INPUT_FORMATS

    return _beginning(incomplete, INPUT_FORMATS)


def _all_names(incomplete: str) -> list[str]:
    return _beginning(incomplete, [*PLURALS, *(entry.name for rows in KINDS.values() for entry in rows)])


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


OFFERED: dict[str, Callable[..., list[str]]] = {  # by the option, or by the metavar
    **dict.fromkeys(("A", "B", "VECTORS", "IN...", "SOURCE", "TRAIN", "TEST", "A B", "TABLE", "RUN..."), sources),
    "NAME": _all_names,
    "--metric": names_of("metric"),
    "--distance": names_of("metric"),
    "--kind": names_of("loss"),
    "--aggregate": names_of("aggregate", "all"),
    "--format": _formats,
    "--input-format": _input_formats,
}
