"""`--assert 'mean >= 0.9'`: a summary in, verdicts and an exit code out."""

import math
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simtool.errors import ParameterError
from simtool.results import nearest_keys

from .terminal import say_once_delivered

_COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_GATE = re.compile(rf"\s*([^\s<>=!]+)\s*({'|'.join(_COMPARISONS)})\s*([^\s<>=!]+)\s*")
_EXAMPLE = f"for example --assert 'mean >= 0.9'; the operators are {' '.join(_COMPARISONS)}"


@dataclass(frozen=True)
class Gate:
    """One condition on a number of the summary.

    Args:
        key: name in the summary.
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
        gate: the condition.
        value: the number it was held against; None where it is undefined, which fails.
        passed: whether the condition holds.
    """

    gate: Gate
    value: float | None
    passed: bool

    def sentence(self) -> str:
        """Return the verdict as stderr has it."""
        word = "passed" if self.passed else "failed"
        value = "undefined" if self.value is None else _number(self.value)
        return f"{word}: {self.gate.key} = {value} {self.gate.operator} {_number(self.gate.number)}"

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
        raise ParameterError(f"a gate is KEY OPERATOR NUMBER, found {text!r}", "--assert", _EXAMPLE)
    key, comparison, typed = match.groups()
    try:
        number = float(typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ParameterError(f"a gate compares with a finite number, found {typed!r}", "--assert", _EXAMPLE)
    return Gate(key, comparison, number, text.strip())


def judge(gates: Sequence[Gate], summary: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """Hold each gate against the summary; a number that is undefined fails every gate.

    Raises:
        ParameterError: a key is not in the summary, or it names a text.
    """
    numbers = {key: value for key, value in summary.items() if not isinstance(value, str)}
    for gate in gates:
        if gate.key not in numbers:
            what = f"no number is called {gate.key!r}"
            hint = f"{nearest_keys(gate.key, numbers)}; --format json shows them all"
            raise ParameterError(what, f"--assert {gate.text!r}", hint)
    return tuple(_verdict(gate, numbers[gate.key]) for gate in gates)


def report(verdicts: Sequence[Verdict]) -> None:
    """Write one line per verdict to stderr, once the outputs are in their places."""
    for verdict in verdicts:
        say_once_delivered(verdict.sentence())


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """Return 0 when every gate passed, else 1."""
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _verdict(gate: Gate, found: Any) -> Verdict:
    value = None if found is None or math.isnan(found) else found
    return Verdict(gate, value, value is not None and _COMPARISONS[gate.operator](value, gate.number))


def _number(value: float) -> str:
    return str(value).removesuffix(".0")
