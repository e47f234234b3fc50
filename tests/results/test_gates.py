"""Gates: what is read, what passes, and what is said."""

import json
import math

import numpy as np
import pytest

from simtool.errors import ParameterError
from simtool.results import Verdict, json_text, judge, parse_gate

SUMMARY = {
    "mean": 0.91,
    "argmax.f1": 0.5,
    "tar@far-0.01": -2.0,
    "count": 12345678,
    "nothing": None,
    "nan": math.nan,
    "metric": "cosine",
}


def judge_one(text: str) -> Verdict:
    return judge([parse_gate(text)], SUMMARY)[0]


@pytest.mark.parametrize(
    ("text", "key", "operator", "number"),
    [
        ("mean >= 0.9", "mean", ">=", 0.9),
        ("mean>=0.9", "mean", ">=", 0.9),
        ("  mean  <=  -1e-3 ", "mean", "<=", -0.001),
        ("argmax.f1>.5", "argmax.f1", ">", 0.5),
        ("tar@far-0.01<+3", "tar@far-0.01", "<", 3.0),
        ("count == 3", "count", "==", 3.0),
        ("count!=3", "count", "!=", 3.0),
    ],
)
def test_a_gate_is_key_operator_number(text: str, key: str, operator: str, number: float) -> None:
    gate = parse_gate(text)
    assert (gate.key, gate.operator, gate.number, gate.text) == (key, operator, number, text.strip())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mean",
        "mean >=",
        ">= 0.9",
        "mean = 0.9",
        "mean => 0.9",
        "mean >== 0.9",
        "mean >= high",
        "mean >= 90%",
        "mean >= nan",
        "mean < inf",
        "mean >= 0.9 0.8",
        "a mean >= 0.9",
        "0 < mean < 1",
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_gate(text)
    assert "«gate=mean >= 0.9»" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("mean >= 0.91", True),
        ("mean > 0.91", False),
        ("mean <= 0.91", True),
        ("mean < 0.91", False),
        ("mean == 0.91", True),
        ("mean != 0.91", False),
        ("mean > 0.9", True),
        ("mean < 0.9", False),
        ("argmax.f1 < 0.6", True),
        ("tar@far-0.01 <= -2", True),
    ],
)
def test_the_boundary_of_each_operator(text: str, passed: bool) -> None:
    verdict = judge_one(text)
    assert verdict.passed is passed


@pytest.mark.parametrize("key", ["nothing", "nan"])
@pytest.mark.parametrize("operator", [">=", "<=", "!=", "=="])
def test_an_undefined_number_passes_nothing(key: str, operator: str) -> None:
    verdict = judge_one(f"{key} {operator} 0")
    assert (verdict.passed, verdict.value) == (False, None)
    assert verdict.sentence() == f"FAILED {key} {operator} 0 (is undefined)"


def test_an_unknown_key_names_the_nearest_and_lists_all() -> None:
    with pytest.raises(ParameterError, match="meen") as caught:
        judge_one("meen >= 0.9")
    assert caught.value.hint.startswith("did you mean mean? the summary has mean, argmax.f1")


def test_a_text_is_no_number() -> None:
    with pytest.raises(ParameterError, match="'metric'"):
        judge_one("metric == 1")


def test_a_verdict_is_a_line() -> None:
    verdicts = judge([parse_gate("mean>=0.9"), parse_gate("count < 12345678")], SUMMARY)
    assert [verdict.sentence() for verdict in verdicts] == [
        "passed mean >= 0.9 (is 0.91)",
        "FAILED count < 12345678 (is 12345678)",
    ]


def test_a_value_is_never_rounded_to_the_other_side() -> None:
    verdict = judge([parse_gate("mean >= 0.9")], {"mean": 0.8999999999})[0]
    assert verdict.sentence() == "FAILED mean >= 0.9 (is 0.8999999999)"


def test_the_record_is_json() -> None:
    record = judge([parse_gate(" mean >= 0.9 ")], {"mean": np.float64(0.91)})[0].record()
    assert json.loads(json_text(record)) == {
        "assert": "mean >= 0.9",
        "key": "mean",
        "operator": ">=",
        "threshold": 0.9,
        "value": 0.91,
        "passed": True,
    }


def test_a_key_may_name_a_combination_in_brackets():
    gate = parse_gate("roc_auc[truncate=64,quantize=int8].loss <= 0.01")
    assert (gate.key, gate.operator, gate.number) == ("roc_auc[truncate=64,quantize=int8].loss", "<=", 0.01)
