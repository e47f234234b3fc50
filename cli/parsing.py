"""What is typed in a form of its own, such as `2,3` for dims."""

import sys

from simtool.errors import ParameterError


def parse_dims(text: str) -> list[int]:
    """Read `D[,D...]`."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"expected whole numbers, got {text!r}", "--dim", "as in --dim 1 or --dim 2,3") from None


def check_sides(b: str | None, ids_b: str | None) -> None:
    """Refuse ids of a B that is not there."""
    if b is None and ids_b is not None:
        raise ParameterError("there is no B to have ids", "--ids-b", "name B too, or leave --ids-b out")


def sources_or_stdin(sources: list[str] | None) -> list[str]:
    """Return the sources; without any, stdin, unless a person sits at it."""
    if sources:
        return sources
    if sys.stdin is not None and sys.stdin.isatty():
        raise ParameterError(
            "no vectors were named, and stdin is a terminal", "VECTORS", "name files, or pipe a table in"
        )
    return ["-"]
