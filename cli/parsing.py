"""What is typed in a form of its own, such as `2,3` for dims or `margin=0:1:0.1` for a sweep."""

import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from simtool.errors import ParameterError

MOST_VALUES = 1000  # of a sweep


def parse_dims(text: str) -> list[int]:
    """Read `D[,D...]`."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"expected whole numbers, got {text!r}", "--dim", "as in --dim 1 or --dim 2,3") from None


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


def parse_sweep(texts: Sequence[str]) -> tuple[str, list[float]]:
    """Read the one `NAME=FROM:TO:STEP`, both ends included, or `NAME=V,V,V`."""
    hint, (text, *more) = "as in --sweep margin=0:1:0.1 or --sweep scale=1,5,20", texts
    if more:
        raise ParameterError(f"one parameter is swept, got {' and '.join(texts)}", "--sweep", hint)
    name, mark, values = text.partition("=")
    if not mark or not name.strip():
        raise ParameterError(f"expected NAME=FROM:TO:STEP, got {text!r}", "--sweep", hint)
    name = name.strip().replace("-", "_")
    if ":" not in values:
        return name, [_number(value, "--sweep", text, hint) for value in values.split(",")]
    parts = values.split(":")
    if len(parts) != 3:
        raise ParameterError(f"expected NAME=FROM:TO:STEP, got {text!r}", "--sweep", hint)
    # decimals: 0.1 counted up three times is to be 0.3
    start, stop, step = (_decimal(part, "--sweep", text, hint) for part in parts)
    count = (stop - start) / step if float(step) else Decimal(-1)
    if not 0 <= count < MOST_VALUES:
        raise ParameterError(f"the range of {text!r} has no values, or more than {MOST_VALUES}", "--sweep", hint)
    return name, [float(start + number * step) for number in range(int(count) + 1)]


def parse_threshold_sweep(texts: Sequence[str]) -> list[float]:
    """Read `threshold=FROM:TO:STEP` or `threshold=V,V,V`."""
    name, values = parse_sweep(texts)
    if name != "threshold":
        hint = "as in --sweep threshold=0.9:0.99:0.01"
        raise ParameterError(f"the threshold is swept, and {name} is another parameter", "--sweep", hint)
    return values


def parse_sweeps(texts: Sequence[str]) -> dict[str, list[Any]]:
    """Read `truncate=N,N` and `quantize=NAME,NAME`."""
    found: dict[str, list[Any]] = {}
    for text in texts:
        name, mark, values = text.partition("=")
        if not mark or name in found:
            what = f"{name} is swept twice" if mark else f"expected NAME=V,V,V, got {text!r}"
            raise ParameterError(what, "--sweep", "as in --sweep truncate=64,128 --sweep quantize=int8,binary")
        parts = [value.strip() for value in values.split(",")]
        found[name] = [int(part) if part.isdecimal() else part for part in parts]
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
    return float(_decimal(text, where, whole, hint))


def _decimal(text: str, where: str, whole: str, hint: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or not isfinite(float(number)):
        raise ParameterError(f"expected a number, got {text!r} in {whole!r}", where, hint)
    return number
