"""`--assert 'mean >= 0.9'`: a summary in, verdicts and an exit code out."""

import math
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simtool.errors import ParameterError, closest_few

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
FEW = 12  # keys that a message lists; of more it names the nearest
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


def check_keys(gates: Iterable[Gate], known: Iterable[str], by_option: Mapping[str, Iterable[str]] = {}) -> None:
    """Refuse a gate on a number that the summary will not have.

    Args:
        gates: the conditions.
        known: the keys of the summary.
        by_option: the keys that it would have with another option, by what to type for it.

    Raises:
        ParameterError: a key is not in `known`.
    """
    names = list(known)
    for gate in gates:
        if gate.key not in names:
            option = next((typed for typed, keys in by_option.items() if gate.key in keys), None)
            hint = _nearest(gate.key, names) if option is None else f"add {option}, which gives that number"
            raise ParameterError(f"no number is called {gate.key!r}", f"--assert {gate.text!r}", hint)


def _nearest(key: str, names: Sequence[str]) -> str:
    many = len(names) > FEW
    ends = [name for name in names if name.endswith(f".{key}")]
    nearest = list(dict.fromkeys([*ends, *closest_few(key, names, 5)]))[: 5 if many else 1]
    guess = f"did you mean {', '.join(nearest)}? " if nearest else ""
    listed = f"--format json shows all {len(names)}" if many else f"the summary has {', '.join(names) or 'no numbers'}"
    return guess + listed


def judge(gates: Iterable[Gate], summary: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """Hold each gate against the summary; a number that is undefined fails every gate.

    Raises:
        ParameterError: a key is not in the summary, or it names a text.
    """
    gates = tuple(gates)
    check_keys(gates, [key for key, value in summary.items() if not isinstance(value, str)])
    return tuple(_verdict(gate, summary[gate.key]) for gate in gates)


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
