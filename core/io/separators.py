"""What stands between the cells of a CSV, as its first line tells."""

import re

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", " ": "blanks"}
_QUOTED = re.compile(r'"[^"]*("|$)')
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+([eE][+-]?[0-9]+)?")


def separator_of(line: str) -> str:
    """Return a tab or a semicolon where a line has it, and no comma outside quotes; else a comma.

    Example:
        >>> [separator_of(line) for line in ("id;x0;x1", "a,b;c", 'id\\t"Doe, Jane"')]
        [';', ',', '\\t']
    """
    bare = _QUOTED.sub("", line)
    return next((mark for mark in "\t;" if mark in bare and "," not in bare), ",")


def decimal_comma(line: str) -> str:
    """Return the first number with a comma of a line that has tabs or semicolons between its cells, or "".

    Example:
        >>> decimal_comma("a;1,5;2"), decimal_comma("1,5,2")
        ('1,5', '')
    """
    cells = re.split("[\t;]", _QUOTED.sub("", line))
    found = (cell.strip() for cell in cells if len(cells) > 1)
    return next((cell for cell in found if _DECIMAL_COMMA.fullmatch(cell)), "")
