"""What is typed in a form of its own: dims, thresholds, sources, parameters, sweeps."""

import sys
from types import SimpleNamespace

import pytest

from simtool.cli.parsing import (
    MOST_VALUES,
    parse_dims,
    parse_parameters,
    parse_sweep,
    parse_sweeps,
    parse_threshold,
    sources_or_stdin,
    two_at_most,
)
from simtool.errors import ParameterError
from simtool.io import SEVERAL


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("margin=0:1:0.25", "margin", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("margin=0:1:0.1", "margin", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        ("margin=0:1:0.3", "margin", [0.0, 0.3, 0.6, 0.9]),
        ("margin=-0.3:0.3:0.3", "margin", [-0.3, 0.0, 0.3]),
        ("margin=1:0:-0.5", "margin", [1.0, 0.5, 0.0]),
        ("margin=1:1:1", "margin", [1.0]),
        ("temperature=1e-12:3e-12:1e-12", "temperature", [1e-12, 2e-12, 3e-12]),
        ("scale=1,5,20", "scale", [1.0, 5.0, 20.0]),
        ("scale=5", "scale", [5.0]),
        (" positive-margin = 0 , 1 ", "positive_margin", [0.0, 1.0]),
        (f"m=1:{MOST_VALUES}:1", "m", [float(value) for value in range(1, MOST_VALUES + 1)]),
    ],
)
def test_a_sweep_includes_both_ends(text, name, values):
    assert parse_sweep([text]) == (name, values)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("margin", "expected NAME=FROM:TO:STEP, got 'margin'"),
        ("=1,2", "expected NAME=FROM:TO:STEP"),
        ("margin=", "expected a number, got ''"),
        ("margin=1,", "expected a number, got ''"),
        ("margin=0:1", "expected NAME=FROM:TO:STEP"),
        ("margin=0:1:0.1:2", "expected NAME=FROM:TO:STEP"),
        ("margin=a:1:0.1", "got 'a'"),
        ("margin=nan", "got 'nan'"),
        ("margin=0:inf:1", "got 'inf'"),
        ("margin=0:1e999:1", "got '1e999'"),
        ("margin=0:1:0", "no values"),
        ("margin=1:0:0.1", "no values"),
        ("margin=0:1:1e-9999", "no values"),
        (f"margin=0:{MOST_VALUES}:1", f"more than {MOST_VALUES}"),
    ],
)
def test_a_sweep_that_cannot_be_read_is_refused(text, what):
    with pytest.raises(ParameterError, match=what) as refused:
        parse_sweep([text])
    assert (refused.value.where, refused.value.hint[:5]) == ("--sweep", "as in")


def test_one_parameter_is_swept():
    with pytest.raises(ParameterError, match="got margin=1 and scale=2"):
        parse_sweep(["margin=1", "scale=2"])


def test_parameters_are_named_and_given_once():
    assert parse_parameters(["positive-margin=0.1", " alpha = 2 "], margin=None, scale=3.0) == {
        "scale": 3.0,
        "positive_margin": 0.1,
        "alpha": 2.0,
    }
    for texts, what in [
        (["alpha"], "expected NAME=VALUE, got 'alpha'"),
        (["=2"], "expected NAME=VALUE"),
        (["alpha=two"], "got 'two'"),
        (["alpha=inf"], "got 'inf'"),
        (["alpha=sNaN"], "got 'sNaN'"),
        (["alpha=1e400"], "got '1e400'"),
        (["alpha=1", "alpha=2"], "alpha is given twice, as 1 and as 2"),
        (["scale=1"], "scale is given twice, as 3 and as 1"),
    ]:
        with pytest.raises(ParameterError, match=what):
            parse_parameters(texts, scale=3.0)


def test_dims_are_whole_numbers():
    assert parse_dims("-1") == [-1]
    assert parse_dims("2, 3") == [2, 3]
    with pytest.raises(ParameterError, match=r"expected whole numbers, got '1\.5'"):
        parse_dims("1.5")


def test_a_threshold_is_a_number_or_a_place_in_a_file():
    assert parse_threshold("-0.5") == -0.5
    assert parse_threshold("@t.json:eer") == "@t.json:eer"
    with pytest.raises(ParameterError, match="expected a number, got 'eer'"):
        parse_threshold("eer")


@pytest.mark.parametrize("stdin", [None, SimpleNamespace(isatty=lambda: False)])
def test_without_sources_stdin_is_one(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    assert sources_or_stdin(["a.npy"]) == ["a.npy"]
    assert sources_or_stdin(None) == ["-"]


def test_a_person_at_the_terminal_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    with pytest.raises(ParameterError, match="stdin is a terminal"):
        sources_or_stdin(None)


def test_two_sources_at_most():
    assert two_at_most([]) == (None, None)
    assert two_at_most(["a"]) == ("a", None)
    assert two_at_most(["a", "b"]) == ("a", "b")
    with pytest.raises(ParameterError, match="got 3") as several:
        two_at_most(["a", "b", "c"])
    assert several.value.hint == SEVERAL


def test_sweeps_of_widths_and_precisions():
    assert parse_sweeps(["truncate=8, 16", "quantize=int8"]) == {"truncate": [8, 16], "quantize": ["int8"]}
    for wrong in (["truncate"], ["truncate=8", "truncate=9"]):
        with pytest.raises(ParameterError):
            parse_sweeps(wrong)
