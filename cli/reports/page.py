"""The frame of a page: its style, its script, its sections and tables."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from rich.style import Style

from simtool.errors import printable
from simtool.io import CLOSING, OPENING

from ..output.fitted_columns import TextColumn

ROOM, ROOM_OF_ROWS = 60_000, 250_000  # bytes of one section, and of the rows
LONGEST = 400  # characters of a text

_STYLE = """
:root { color-scheme: light dark; --text: #1b1b1f; --page: #ffffff; --line: #c9c9d1; --soft: #f2f2f6;
  --passed: #0b6b2e; --failed: #a3161c; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e8ee; --page: #16161a; --line: #45454f; --soft: #22222a;
  --passed: #6fd08f; --failed: #ff8f8f; } }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 1.5rem 0 .5rem; }
.passed, .failed { border-left: .4rem solid; padding: .1rem 1rem; background: var(--soft); }
.passed { border-color: var(--passed); } .passed h2 { color: var(--passed); margin-top: .5rem; }
.failed { border-color: var(--failed); } .failed h2 { color: var(--failed); margin-top: .5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: break-word; max-width: 30rem; }
.number { text-align: right; white-space: nowrap; }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid; }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--soft); padding: .7rem; }
figure { display: inline-block; } svg { max-width: 100%; height: auto; }
figcaption { font-size: .9rem; }
@media print { :root { --text: #000; --page: #fff; } .wide { overflow: visible; } tr, figure { break-inside: avoid; } }
"""
_SCRIPT = """
for (const button of document.querySelectorAll("th button")) button.addEventListener("click", () => {
  const head = button.parentElement, body = head.closest("table").tBodies[0];
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const number = text => text === "" ? NaN : Number(text.replace("inf", "Infinity"));
  const text = row => row.cells[head.cellIndex].textContent;
  const isNumber = head.classList.contains("number");
  const compare = (one, other) => {
    if (!isNumber) return (up ? 1 : -1) * text(one).localeCompare(text(other));
    const a = number(text(one)), b = number(text(other));
    if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
    return (up ? 1 : -1) * ((a > b) - (a < b));
  };
  body.append(...[...body.rows].sort(compare));
});
"""
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
# whatever an id holds, nothing but this script runs and nothing is fetched
_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'"


def page(title: str, body: Iterable[str], document: str) -> Iterator[str]:
    """Yield a page with this title and these parts of HTML, and a document of JSON that is not shown."""
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{text(title)}</title><style>{_STYLE}</style></head>\n<body><main>\n"
    yield from (f"{part}\n" for part in body)
    # data, which no browser runs; a < stands only within its texts
    yield OPENING + document.replace("<", "\\u003c") + CLOSING
    yield f"</main><script>{_SCRIPT}</script></body></html>\n"


def section(name: str, parts: Iterable[str]) -> Iterator[str]:
    """Yield a heading and as many of the parts as there is room for; nothing where there is none."""
    found = list(parts)
    shown = within(found, ROOM_OF_ROWS if name == "Rows" else ROOM)
    if found:
        yield f"<section><h2>{name}</h2>"
        yield from shown
        yield "</section>"


def within(parts: Sequence[str], room: int) -> list[str]:
    """Return the first parts that have room in so many bytes."""
    kept: list[str] = []
    for part in parts:
        room -= len(part.encode())
        if room < 0:
            break
        kept.append(part)
    return kept


def table(columns: Sequence[TextColumn], *, total: int | None = None, sortable: bool = False) -> str:
    """Return the rows of a table that have room, and a sentence of how many of them there are, if not all."""
    rows = [f"<tr>{''.join(_cell(column, row) for column in columns)}</tr>" for row in range(len(columns[0].cells))]
    shown = within(rows, (ROOM_OF_ROWS if sortable else ROOM) - 10_000)
    head = "".join(_head(column, sortable=sortable) for column in columns)
    count = len(rows) if total is None else total
    more = f"<p>The first {len(shown):,} of {count:,} rows.</p>" if len(shown) < count else ""
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(shown)}</tbody>"
    return f'<div class="wide"><table>{body}</table></div>{more}'


def text(value: str) -> str:
    """Return text as HTML: printable, and without its middle where it is very long."""
    half = LONGEST // 2
    short = value if len(value) <= LONGEST else f"{value[:half]}…{value[1 - half :]}"
    return escape(printable(short))


def _head(column: TextColumn, *, sortable: bool) -> str:
    name = text(column.name)
    kind = ' class="number"' if column.is_number else ""
    return f'<th scope="col"{kind}>{f"<button>{name}</button>" if sortable else name}</th>'


def _cell(column: TextColumn, row: int) -> str:
    style = column.styles[row] if column.styles else ""
    colours = ""
    if isinstance(style, Style) and style.color is not None and style.bgcolor is not None:
        colours = f' style="color:{style.color.name};background:{style.bgcolor.name}"'
    kind = ' class="number"' if column.is_number else ""
    return f"<td{kind}{colours}>{text(column.cells[row])}</td>"
