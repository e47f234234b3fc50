"""Gates, as in 'mean >= 0.9': a summary in, verdicts out; the same in Python and in the shell."""

import math
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from .records import nearest_keys

_COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_GATE = re.compile(rf"\s*([^\s<>=!\[]+(?:\[[^\]]*\][^\s<>=!]*)?)\s*({'|'.join(_COMPARISONS)})\s*([^\s<>=!]+)\s*")
_EXAMPLE = f"for example «gate=mean >= 0.9»; the operators are {' '.join(_COMPARISONS)}"


class GateError(AssertionError):
    """A number of a result is not what it was to be; the message says which, and what it is."""


@dataclass(frozen=True)
class Gate:
    """One condition on a number of the summary.

    Args:
        operator: one of >= <= == != > <.
        number: the finite threshold.
        text: the condition as it was typed.
    """

    key: str
    operator: str
    number: float
    text: str


@dataclass(frozen=True)
class Verdict:
    """What became of a gate.

    Args:
        value: the number it was held against; None where it is undefined, which fails.
    """

    gate: Gate
    value: float | None
    passed: bool

    def sentence(self) -> str:
        """Return the verdict in a line, its value with as many digits as show that it is right."""
        word = "passed" if self.passed else "FAILED"
        value = "undefined"
        if self.value is not None:
            value = f"{self.value:.6g}" if isinstance(self.value, float) else str(self.value)
            if self.passed != _COMPARISONS[self.gate.operator](float(value), self.gate.number):
                value = _number(self.value)
        return f"{word} {self.gate.key} {self.gate.operator} {_number(self.gate.number)} (is {value})"

    def record(self) -> dict[str, Any]:
        """Return the verdict as the JSON document has it."""
        return {
            "assert": self.gate.text,
            "key": self.gate.key,
            "operator": self.gate.operator,
            "threshold": self.gate.number,
            "value": self.value,
            "passed": self.passed,
        }


def parse_gate(text: str) -> Gate:
    """Read one `KEY OPERATOR NUMBER`.

    Raises:
        ParameterError: the text has another form, or the number is not finite.
    """
    match = _GATE.fullmatch(text)
    if not match:
        raise ParameterError(f"a gate is KEY OPERATOR NUMBER, found {text!r}", "«gate»", _EXAMPLE)
    key, comparison, typed = match.groups()
    try:
        number = float(typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ParameterError(f"a gate compares with a finite number, found {typed!r}", "«gate»", _EXAMPLE)
    return Gate(key, comparison, number, text.strip())


def judge(gates: Sequence[Gate], summary: Mapping[str, Any], *, more: str = "") -> tuple[Verdict, ...]:
    """Hold each gate against the summary; a number that is undefined fails every gate.

    What an error says of the keys that there are ends with `more`.

    Raises:
        ParameterError: a key is not in the summary, or it names a text.
    """
    numbers = {key: value for key, value in summary.items() if not isinstance(value, str)}
    for gate in gates:
        if gate.key not in numbers:
            what = f"no number is called {gate.key!r}"
            raise ParameterError(what, f"«gate={gate.text}»", nearest_keys(gate.key, numbers) + more)
    return tuple(_verdict(gate, numbers[gate.key]) for gate in gates)


def _verdict(gate: Gate, found: Any) -> Verdict:
    value = None if found is None or math.isnan(found) else found
    return Verdict(gate, value, value is not None and _COMPARISONS[gate.operator](value, gate.number))


def _number(value: float) -> str:
    return str(value).removesuffix(".0")
