"""What is typed in a form of its own: dims, thresholds, sources, parameters."""

import sys
from types import SimpleNamespace

import pytest

from simtool.cli.parsing import (
    parse_dims,
    parse_parameters,
    parse_threshold,
    sources_or_stdin,
    split_names,
    two_at_most,
)
from simtool.errors import ParameterError
from simtool.io import SEVERAL


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


def test_names_may_have_commas_between_them():
    assert split_names(["mean, argmax", "paired"]) == ["mean", "argmax", "paired"]
    assert split_names(None) is None
    assert split_names([","]) == [","]  # which the catalogue refuses
