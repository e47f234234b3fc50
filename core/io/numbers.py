"""What counts as a number, an integer and a bool in a cell of text, the same for every reader of text."""

import re

INTEGER = "[+-]?(0|[1-9][0-9]*)"
DECIMAL = r"[+-]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)"
FLOAT = rf"({DECIMAL}|[+-]?(?i:nan|inf|infinity))"
NUMBER = f"({INTEGER}|{FLOAT})"
WORDS = {"true": True, "True": True, "false": False, "False": False}
_NUMBER, _INTEGER = re.compile(NUMBER, re.ASCII), re.compile(INTEGER, re.ASCII)
MOST_DIGITS = 20


def is_number(cell: str) -> bool:
    """Say whether a cell holds a number; 007 and 1_000 are none, as an id would lose characters."""
    return _NUMBER.fullmatch(cell) is not None


def is_integer(cell: str) -> bool:
    """Say whether a cell holds an integer of 64 bits."""
    # more digits are not parsed, as that takes quadratic time
    return _INTEGER.fullmatch(cell) is not None and len(cell) <= MOST_DIGITS and -(2**63) <= int(cell) < 2**63
