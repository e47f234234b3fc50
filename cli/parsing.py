"""What is typed in a form of its own, such as `2,3` for dims or `train=0.9,test=0.1` for a split."""

import sys
from collections.abc import Sequence
from math import isfinite, nan

from simtool.errors import ParameterError


def parse_dims(text: str) -> list[int]:
    """Read `D[,D...]`."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"expected whole numbers, got {text!r}", "--dim", "as in --dim 1 or --dim 2,3") from None


def split_names(typed: list[str] | None) -> list[str] | None:
    """Return the names of a repeatable option, of which each value may be several with commas between them."""
    return [name.strip() for each in typed or () for name in each.split(",") if name.strip()] or typed


def parse_threshold(text: str) -> float | str:
    """Read a number; `@PATH[:NAME]` is left as it is."""
    if text.startswith("@"):
        return text
    try:
        return float(text)
    except ValueError:
        raise ParameterError(f"expected a number, got {text!r}", "--threshold", "as in 0.8, or @t.json:eer") from None


def sources_or_stdin(sources: list[str] | None) -> list[str]:
    """Return the sources; without any, stdin, unless a person sits at it."""
    if sources:
        return sources
    if sys.stdin is not None and sys.stdin.isatty():
        raise ParameterError(
            "no vectors were named, and stdin is a terminal", "VECTORS", "name files, or pipe a table in"
        )
    return ["-"]


def two_at_most(sources: Sequence[str]) -> tuple[str | None, str | None]:
    """Return one or two sources, None for what is not there."""
    if len(sources) > 2:
        from simtool.io import SEVERAL

        what = f"expected one table, one labelled input or two files of vectors, got {len(sources)}"
        raise ParameterError(what, " ".join(sources), SEVERAL)
    a, b = [*sources, None, None][:2]
    return a, b


def parse_parameters(texts: Sequence[str], **named: float | None) -> dict[str, float]:
    """Read each `NAME=VALUE`, beside those with options of their own; a name may be typed with dashes."""
    found = {name: value for name, value in named.items() if value is not None}
    for text in texts:
        name, mark, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not mark or not name:
            raise ParameterError(f"expected NAME=VALUE, got {text!r}", "--param", "as in --param alpha=2")
        number = _number(value, "--param", text, "as in --param alpha=2")
        if name in found:
            raise ParameterError(f"{name} is given twice, as {found[name]:g} and as {number:g}", "--param", "once")
        found[name] = number
    return found


def parse_split(text: str) -> dict[str, float]:
    """Read `NAME=SHARE,NAME=SHARE`."""
    hint, found = "as in --split train=0.9,test=0.1", dict[str, float]()
    for part in text.split(","):
        name, mark, share = part.strip().partition("=")
        if not mark or name in found:
            what = f"{name} is given twice" if mark else f"expected NAME=SHARE,NAME=SHARE, got {text!r}"
            raise ParameterError(what, "--split", hint)
        found[name] = _number(share, "--split", text, hint)
    return found


def _number(text: str, where: str, whole: str, hint: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not isfinite(number):
        raise ParameterError(f"expected a number, got {text!r} in {whole!r}", where, hint)
    return number
