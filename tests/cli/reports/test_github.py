"""What GitHub is told: within its limit, after what is there, and escaped as its runner reads it."""

import numpy as np
import pytest

from simtool.cli.output.render import Output
from simtool.cli.reports.github import MOST, annotate, append_summary, check_summary
from simtool.errors import OutputError
from simtool.results import Columns, Result, judge, parse_gate

ROWS = Columns({"id": np.arange(5000), "text": np.array(["x" * 1000] * 5000, dtype=object)})
RESULT = Result("evaluate", {"a": "x.npy"}, {}, {"tar@1%": 0.5, "n": 2}, ROWS)


@pytest.fixture
def summary(tmp_path, monkeypatch):
    """The file of the step."""
    path = tmp_path / "summary"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def verdicts(*gates):
    return judge([parse_gate(gate) for gate in gates], RESULT.summary)


def output(limit=20):
    return Output.check(None, None, limit=limit)


def test_the_summary_follows_what_is_there(summary):
    append_summary(RESULT, verdicts("n > 2"), output(3))
    head, *_ = text = summary.read_text().splitlines()
    assert head == "before"
    assert text[1:4] == ["## simtool evaluate", "", "- FAILED n > 2 (is 2)"]
    assert "3 of 5,000 rows" in text
    assert [line for line in text if line.startswith("| 2 |")]
    assert not [line for line in text if line.startswith("| 3 |")]


@pytest.mark.parametrize("taken", [0, MOST // 2, MOST - 3000, MOST - 300, MOST - 10, MOST + 10])
def test_the_summary_stays_within_the_limit(summary, capsys, taken):
    summary.write_bytes(b"x" * taken)
    append_summary(RESULT, (), output(5000))
    size = summary.stat().st_size
    assert size <= max(MOST, taken)
    assert ("is full" in capsys.readouterr().err) == (size == taken)
    if taken <= MOST - 3000:
        assert "| n | 2 |" in summary.read_text()  # rows give way before the summary


def test_each_gate_that_failed_is_one_annotation(capsys):
    annotate(RESULT, verdicts("tar@1% >= 0.9", "n == 2", "n > 3"))
    assert capsys.readouterr().err.splitlines() == [
        "::error title=simtool evaluate::FAILED tar@1%25 >= 0.9 (is 0.5)",
        "::error title=simtool evaluate::FAILED n > 3 (is 2)",
    ]


def test_without_github_it_is_refused(monkeypatch, tmp_path):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    with pytest.raises(OutputError, match="GITHUB_STEP_SUMMARY is not set"):
        check_summary()
    for path in (tmp_path, tmp_path / "no" / "such"):
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
        with pytest.raises(OutputError, match="no file that can be written"):
            check_summary()
