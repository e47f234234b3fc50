"""Conditions on the rows of a table, as in SQL: `lang = 'en' and (year >= 2020 or url is not null)`.

Accepted: comparisons = == != <> < <= > >= of a column with a value or another column, `in (...)`, `not in (...)`,
`is null`, `is not null`, a column of bools by itself, `and`, `or`, `not` and parentheses. Text stands in single quotes,
in which '' is one quote; a name that is no plain word stands in double quotes or backticks. Text beside a column of
dates or times is read as one, in UTC where the column has a time zone.
Refused: anything else; a value that is not of its column's kind. Nothing is evaluated as Python.
As in SQL, a comparison with null holds of no row, and neither does its opposite.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputNotFoundError, ParameterError
from ..suggestions import closest
from .buffers import arrow_scalar
from .numbers import MOST_DIGITS

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")*\"|`[^`]*`)"
    r"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?P<word>[^\W\d]\w*(?:\.\w+)*)"
    r"|(?P<sign><>|<=|>=|==|!=|[=<>(),])|(?P<end>\Z))"
)
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "==": pc.equal,
    "!=": pc.not_equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
Compute = Callable[[pa.Table], Any]  # of some rows: one value for each, or a single one for all
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


@dataclass(frozen=True)
class Condition:
    """A condition that has been read: the columns that it names, and what computes whether it holds of each row.

    It is no expression of Arrow, whose evaluation imports pandas where that is installed.
    """

    columns: tuple[str, ...]
    holds: Compute


def read_condition(text: str, types: dict[str, Any], table: str) -> Condition:
    """Read a condition on the columns of a table.

    Args:
        text: as the module says.
        types: the Arrow type of each column; None for one that cannot be compared.
        table: the name of the table, for messages.

    Raises:
        ParameterError: it is none; the message says at which character.
        InputNotFoundError: the table has no such column.
    """
    return _Parser(text, types, table).parsed()


class _Parser:
    """Reads a condition by recursive descent."""

    def __init__(self, text: str, types: dict[str, Any], table: str) -> None:
        self._text, self._types, self._table = text, types, table
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
            raise ParameterError(f"the condition is longer than {LONGEST:,} characters", "«where»")
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
        return _balanced(pc.or_kleene, parts)

    def _all_of(self) -> Compute:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return _balanced(pc.and_kleene, parts)

    def _negated(self) -> Compute:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"more than {DEEPEST} conditions within each other", self._here.place)
        try:
            if self._take("not"):
                return _of(pc.invert, self._negated())
            if self._take("("):
                inner = self._any_of()
                self._expect(")")
                return inner
            return self._test()
        finally:
            self._depth -= 1

    def _test(self) -> Compute:
        column, kind = self._column("a column")
        field = _field(column)
        if sign := self._take(*COMPARED):
            return _compared(sign.value, field, kind, *self._operand(kind))
        if self._take("is"):
            negated = self._take("not") is not None
            self._expect("null")
            return _of(pc.is_valid if negated else pc.is_null, field)
        negated = self._take("not") is not None
        if self._take("in"):
            found = _balanced(
                pc.or_kleene, [_compared("=", field, kind, _constant(each), each.type) for each in self._members(kind)]
            )
            return _of(pc.invert, found) if negated else found
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
            return _constant(value), value.type
        place = self._here.place
        name, other = self._column("a value")
        if noun(other) != noun(kind):
            raise self._error(f"{noun(kind)} cannot be compared with {name!r}, which holds {noun(other)}", place)
        return _field(name), other

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
            hint = "write IS NULL" if token.value == "null" else ""
            raise self._unexpected("a value", hint)
        if found != wanted and not (found == "text" and wanted in ("dates", "times")):
            hint = f"text stands in quotes: '{token.value}'" if wanted == "text" else ""
            raise self._error(f"expected {wanted} as in the column, got {token.value[:40]}", token.place, hint)
        self._next += 1
        try:
            return _scalar(token, kind, found)
        except (pa.ArrowException, ValueError, OverflowError):
            what = f"{token.value[:40]} is not among the {wanted} that this column can hold"
            hint = "as in '2024-12-31'" if wanted == "dates" else "as in '2024-12-31 23:59:00'"
            raise self._error(what, token.place, hint if found == "text" else "") from None

    def _missing(self, name: str, token: Token) -> InputNotFoundError:
        listed = [each[:40] for each in self._types if each]
        match = closest(name, listed)
        names = ", ".join(listed[:20]) + (f" and {len(listed) - 20} more" if len(listed) > 20 else "")
        guess = f"did you mean {match}? " if match else ""
        text = f"; text stands in quotes: '{name}'" if token.kind == "word" and self._used else ""
        what = f"no column {name!r} in {self._table} (character {token.place + 1})"
        return InputNotFoundError(what, self._shown(token.place), f"{guess}columns: {names or 'none'}{text}")

    def _unexpected(self, expected: str, hint: str = "") -> ParameterError:
        token = self._here
        got = token.value[:40] if token.kind != "end" else "the end"
        return self._error(f"expected {expected}, got {got}", token.place, hint)

    def _error(self, what: str, place: int, hint: str = "") -> ParameterError:
        hint = hint or "as in \"lang = 'en' and year >= 2020\""
        return ParameterError(f"{what} (character {place + 1})", self._shown(place), hint)

    def _shown(self, place: int) -> str:
        """Return the condition with a caret before a character."""
        before, after = self._text[:place], self._text[place:]
        before = f"...{before[-AROUND:]}" if len(before) > AROUND else before
        after = f"{after[:AROUND]}..." if len(after) > AROUND else after
        return f"«where» {before}^{after}"


def noun(kind: Any) -> str:
    """Return what a column of values holds, in one word."""
    kind = plain(kind)
    if pa.types.is_boolean(kind):
        return "bools"
    if pa.types.is_date(kind):
        return "dates"
    if pa.types.is_timestamp(kind):
        return "times"
    return "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "numbers"


def plain(kind: Any) -> Any:
    """Return the type of the values that a column is made of, dictionary-encoded or not."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_float16(kind):  # which Arrow compares with nothing
        return pa.float32()
    return pa.string() if pa.types.is_string_view(kind) else kind


def _scalar(token: Token, kind: Any, found: str) -> pa.Scalar:
    kind = plain(kind)
    if found == "bools":
        return arrow_scalar(token.value == "true", pa.bool_())
    if found == "numbers":
        whole = re.fullmatch(r"[+-]?\d+", token.value) is not None
        if pa.types.is_integer(kind) and whole and len(token.value) <= MOST_DIGITS:
            low, high = (0, 2**kind.bit_width) if pa.types.is_unsigned_integer(kind) else _signed(kind.bit_width)
            if low <= int(token.value) < high:
                return arrow_scalar(int(token.value), kind)
        # 0.1 is the float32 nearest to it in a column of these
        return arrow_scalar(float(token.value), kind if pa.types.is_floating(kind) else pa.float64())
    text = token.value[1:-1].replace("''", "'")
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        return arrow_scalar(text, kind)
    try:
        return arrow_scalar(text, kind)
    except pa.ArrowInvalid:  # without an offset
        return pc.assume_timezone(arrow_scalar(text, pa.timestamp(kind.unit)), "UTC").cast(kind)


def _compared(sign: str, one: Compute, kind: Any, other: Compute, its: Any) -> Compute:
    """Compare a column with a value or a column; numbers of two types as float64, rounded where it must be."""
    if kind != its and noun(kind) == "numbers":
        one, other = (_of(partial(pc.cast, target_type=pa.float64(), safe=False), each) for each in (one, other))
    return _of(COMPARED[sign], one, other)


def _field(name: str) -> Compute:
    return lambda table: table[name]


def _constant(value: pa.Scalar) -> Compute:
    return lambda table: value


def _of(function: Callable[..., Any], *parts: Compute) -> Compute:
    """Return what computes a function of what its parts are."""
    return lambda table: function(*(part(table) for part in parts))


def _signed(bits: int) -> tuple[int, int]:
    return -(2 ** (bits - 1)), 2 ** (bits - 1)


def _balanced(function: Callable[[Any, Any], Any], parts: Sequence[Compute]) -> Compute:
    """Join conditions as a tree that is not deep."""
    join = partial(_of, function)
    while len(parts) > 2:
        parts = [reduce(join, parts[place : place + 2]) for place in range(0, len(parts), 2)]
    return reduce(join, parts)


def _advice(character: str) -> str:
    if character in "'\"`":
        return "a quote is not closed; '' within text is one quote"
    return "of two conditions write AND or OR" if character in "&|" else ""
