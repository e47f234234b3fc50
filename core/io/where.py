"""Conditions on the rows of a table, as in SQL: `lang = 'en' and (year >= 2020 or url is not null)`.

Accepted: comparisons = == != <> < <= > >= of a column with a value or another column, `in (...)`, `not in (...)`,
`is null`, `is not null`, a column of bools by itself, `and`, `or`, `not` and parentheses. Text stands in single quotes,
in which '' is one quote; a name that is no plain word stands in double quotes or backticks. Text beside a column of
dates or times is read as one, in UTC where the column has a time zone.
Refused: anything else; a value that is not of its column's kind. Nothing is evaluated as Python.
As in SQL, a comparison with null holds of no row, and neither does its opposite.
"""

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputNotFoundError, ParameterError
from ..suggestions import closest
from .row_conditions import (
    COMPARED,
    Compute,
    Condition,
    balanced,
    column_values,
    compared,
    computed,
    constant,
    noun,
    scalar,
)

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")*\"|`[^`]*`)"
    r"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?P<word>[^\W\d]\w*(?:\.\w+)*)"
    r"|(?P<sign><>|<=|>=|==|!=|[=<>(),])|(?P<end>\Z))"
)
WORDS = ("and", "or", "not", "in", "is", "null", "true", "false")
LONGEST = 10_000  # characters
DEEPEST = 50  # parentheses and negations within each other
AROUND = 40  # characters of a long condition that a message shows on either side


@dataclass(frozen=True)
class Token:
    """A piece of a condition: its kind, what it says, and the character at which it begins."""

    kind: str
    value: str
    place: int


def read_condition(text: str, types: dict[str, Any], table: str, argument: str = "«where»") -> Condition:
    """Read a condition on the columns of a table.

    Args:
        types: the Arrow type of each column; None for one that cannot be compared.
        table, argument: the names of the table and of what holds the text, for messages.

    Raises:
        ParameterError: it is none; the message says at which character.
        InputNotFoundError: the table has no such column.
    """
    return _Parser(text, types, table, argument).parsed()


class _Parser:
    """Reads a condition by recursive descent."""

    def __init__(self, text: str, types: dict[str, Any], table: str, argument: str) -> None:
        self._text, self._types, self._table, self._argument = text, types, table, argument
        self._used: dict[str, None] = {}
        self._tokens = self._cut()
        self._next = 0
        self._depth = 0

    def parsed(self) -> Condition:
        expression = self._any_of()
        if self._here.kind != "end":
            raise self._unexpected("and, or, or the end")
        return Condition(tuple(self._used), expression)

    def _cut(self) -> list[Token]:
        if len(self._text) > LONGEST:
            raise ParameterError(f"the condition is longer than {LONGEST:,} characters", self._argument)
        tokens: list[Token] = []
        place = 0
        while not tokens or tokens[-1].kind != "end":
            found = TOKEN.match(self._text, place)
            if found is None:
                place += len(self._text[place:]) - len(self._text[place:].lstrip())
                raise self._error(f"cannot read {self._text[place : place + 20]!r}", place, _advice(self._text[place]))
            kind = found.lastgroup or ""
            value, start = found[kind], found.start(kind)
            if kind == "word" and value.lower() in WORDS:
                kind, value = "keyword", value.lower()
            tokens.append(Token(kind, value, start))
            place = found.end()
        return tokens

    @property
    def _here(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *values: str) -> Token | None:
        """Return the next token and step over it if it is one of these keywords or signs."""
        token = self._here
        if token.kind not in ("keyword", "sign") or token.value not in values:
            return None
        self._next += 1
        return token

    def _expect(self, value: str) -> None:
        if self._take(value) is None:
            raise self._unexpected(value)

    def _any_of(self) -> Compute:
        parts = [self._all_of()]
        while self._take("or"):
            parts.append(self._all_of())
        return balanced(pc.or_kleene, parts)

    def _all_of(self) -> Compute:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return balanced(pc.and_kleene, parts)

    def _negated(self) -> Compute:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"more than {DEEPEST} conditions within each other", self._here.place)
        try:
            if self._take("not"):
                return computed(pc.invert, self._negated())
            if self._take("("):
                inner = self._any_of()
                self._expect(")")
                return inner
            return self._test()
        finally:
            self._depth -= 1

    def _test(self) -> Compute:
        column, kind = self._column("a column")
        field = column_values(column)
        if sign := self._take(*COMPARED):
            return compared(sign.value, field, kind, *self._operand(kind))
        if self._take("is"):
            negated = self._take("not") is not None
            self._expect("null")
            return computed(pc.is_valid if negated else pc.is_null, field)
        negated = self._take("not") is not None
        if self._take("in"):
            found = balanced(
                pc.or_kleene, [compared("=", field, kind, constant(each), each.type) for each in self._members(kind)]
            )
            return computed(pc.invert, found) if negated else found
        if negated or kind != pa.bool_():
            raise self._unexpected("in" if negated else "=, !=, <, <=, >, >=, in or is")
        return field

    def _column(self, expected: str) -> tuple[str, Any]:
        """Step over the name of a column; return it and its type."""
        token = self._here
        if token.kind not in ("word", "quoted"):
            raise self._unexpected(expected)
        quote = token.value[0]
        name = token.value if token.kind == "word" else token.value[1:-1].replace(quote * 2, quote)
        if name not in self._types:
            raise self._missing(name, token)
        if self._types[name] is None:
            raise self._error(f"the column {name!r} holds neither values nor dates", token.place)
        self._next += 1
        self._used[name] = None
        return name, self._types[name]

    def _operand(self, kind: Any) -> tuple[Compute, Any]:
        """Step over what a column of this type is compared with; return it and its type."""
        if self._here.kind not in ("word", "quoted"):
            value = self._value(kind)
            return constant(value), value.type
        place = self._here.place
        name, other = self._column("a value")
        if noun(other) != noun(kind):
            raise self._error(f"{noun(kind)} cannot be compared with {name!r}, which holds {noun(other)}", place)
        return column_values(name), other

    def _members(self, kind: Any) -> list[pa.Scalar]:
        self._expect("(")
        members = [self._value(kind)]
        while self._take(","):
            members.append(self._value(kind))
        self._expect(")")
        return members

    def _value(self, kind: Any) -> pa.Scalar:
        """Step over a value of the kind of a column."""
        token, wanted = self._here, noun(kind)
        found = {"text": "text", "number": "numbers"}.get(token.kind)
        if token.kind == "keyword" and token.value in ("true", "false"):
            found = "bools"
        if found is None:
            raise self._unexpected("a value", "write IS NULL" if token.value == "null" else _as_text(token))
        if found != wanted and not (found == "text" and wanted in ("dates", "times")):
            hint = f"text stands in single quotes: '{token.value}'" if wanted == "text" else ""
            raise self._error(f"expected {wanted} as in the column, got {token.value[:40]}", token.place, hint)
        self._next += 1
        try:
            return scalar(token.value, kind, found)
        except (pa.ArrowException, ValueError, OverflowError):
            what = f"{token.value[:40]} is not among the {wanted} that this column can hold"
            hint = "as in '2024-12-31'" if wanted == "dates" else "as in '2024-12-31 23:59:00'"
            raise self._error(what, token.place, hint if found == "text" else "") from None

    def _missing(self, name: str, token: Token) -> InputNotFoundError:
        listed = [each[:40] for each in self._types if each]
        names = ", ".join(listed[:20]) + (f" and {len(listed) - 20} more" if len(listed) > 20 else "")
        guess = f"did you mean {match}? " if (match := closest(name, listed)) else ""
        text = _as_text(token) if self._used else ""
        what = f"no column {name!r} in {self._table} (character {token.place + 1})"
        hint = f"{text and text + '; '}{guess}columns: {names or 'none'}"
        return InputNotFoundError(what, self._shown(token.place), hint)

    def _unexpected(self, expected: str, hint: str = "") -> ParameterError:
        got = self._here.value[:40] if self._here.kind != "end" else "the end"
        return self._error(f"expected {expected}, got {got}", self._here.place, hint)

    def _error(self, what: str, place: int, hint: str = "") -> ParameterError:
        example = "as in \"lang = 'en' and year >= 2020\""
        return ParameterError(f"{what} (character {place + 1})", self._shown(place), hint or example)

    def _shown(self, place: int) -> str:
        """Return the condition with a caret before a character."""
        before, after = self._text[:place], self._text[place:]
        before = f"...{before[-AROUND:]}" if len(before) > AROUND else before
        after = f"{after[:AROUND]}..." if len(after) > AROUND else after
        return f"{self._argument} {before}^{after}"


def _as_text(token: Token) -> str:
    bare = token.value.strip('"`')[:40]
    return f"text stands in single quotes: '{bare}'" if token.kind in ("word", "quoted") else ""


def _advice(character: str) -> str:
    if character in "'\"`":
        return "a quote is not closed; '' within text is one quote"
    return "of two conditions write AND or OR" if character in "&|" else ""
