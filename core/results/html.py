"""A result in a notebook: its summary, its first rows, and its histograms."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from .drawings import histogram_figures
from .values import scalar_to_python, to_python

if TYPE_CHECKING:
    from .result import Result

ROWS = 20


def html(result: "Result") -> str:
    """Return tables that a notebook shows; whatever an id holds stays text."""
    rows = result.rows.read(0, min(ROWS, len(result.rows)))
    cells = zip(*map(to_python, rows.values()), strict=True)
    left = len(result.rows) - ROWS
    inputs = ", ".join(f"{role} {name}" for role, name in result.inputs.items())
    parts = [
        f"<b>{escape(result.command)}</b> {escape(inputs)}",
        _table(("", ""), result.summary.items()),
        *(figure for histogram in result.histograms for figure in histogram_figures(histogram)),
        _table(tuple(rows), cells) if rows else "",
        f"<p>{left:,} more rows</p>" if left > 0 else "",
    ]
    return f"<div>{''.join(parts)}</div>"


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    value = scalar_to_python(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
    return f'<td style="text-align:{"right" if is_number else "left"}">{escape(text)}</td>'
