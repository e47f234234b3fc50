"""Reports of commands: beside the normal output, refused before the work, whole or not at all."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from read_html import Page

from simtool.cli import main as program
from simtool.cli.app import COMMANDS, app_for


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Call simtool beside a small input; give the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "_on_signals", lambda handler: None)
    np.save("x.npy", np.random.default_rng(0).normal(size=(8, 3)))

    def call(*typed):
        monkeypatch.setattr(sys, "argv", ["simtool", *typed])
        with pytest.raises(SystemExit) as end:
            program.main()
        shown = capsys.readouterr()
        return end.value.code or 0, shown.out, shown.err

    return call


def test_every_command_takes_reports():
    helped = {each.name for each in app_for().registered_commands if "report" in each.callback.__annotations__}
    assert helped == set(COMMANDS)


def test_reports_stand_beside_the_normal_output(call):
    line = ("similarity", "x.npy", "x.npy", "--assert", "mean > 2")
    plain = call(*line, "--format", "json")
    typed = [word for suffix in ("html", "md", "json", "xml") for word in ("--report", f"r.{suffix}")]
    code, out, err = call(*line, *typed, "--format", "json")
    assert (code, out) == plain[:2]
    assert code == 1
    assert [text for text in err.splitlines() if text.startswith("wrote")] == [
        f"wrote r.{suffix} (report)" for suffix in ("html", "md", "json", "xml")
    ]
    assert Path("r.json").read_text() == out
    assert call(*line, "--format", "markdown")[1] == Path("r.md").read_text()
    assert ElementTree.parse("r.xml").getroot().get("failures") == "1"
    assert Page(Path("r.html").read_text()).inside("h2")[0] == "FAILED: 1 of 1 gate"


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        (["--report", "r.pdf"], "a report's suffix names its format, and this path has the suffix '.pdf'"),
        (["--report", "r"], "a report's suffix names its format, and this path has no suffix"),
        (["--report", "r.md", "--report", "./r.md"], "the report and another file have one path"),
        (["--report", "r.json", "-o", "r.json"], "the report and another file have one path"),
        (["--report", "old.html"], "the output exists already"),
        (["--report", "no/r.html"], "is not there"),
        (["--github-summary"], "GITHUB_STEP_SUMMARY is not set"),
    ],
)
def test_what_could_not_be_written_is_refused_before_the_work(call, monkeypatch, typed, what):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    Path("old.html").write_text("old")
    code, out, err = call("similarity", "no.npy", "no.npy", *typed)
    assert (code, out) == (2, "")
    assert what in err
    assert sorted(path.name for path in Path().iterdir()) == ["old.html", "x.npy"]


def test_force_replaces_a_report_and_never_an_input(call):
    Path("r.html").write_text("old")
    assert call("similarity", "x.npy", "x.npy", "--report", "r.html", "--force")[0] == 0
    assert Path("r.html").read_text().startswith("<!DOCTYPE html>")
    Path("v.json").write_text("{}")
    code, _, err = call("similarity", "v.json", "x.npy", "--report", "v.json", "--force")
    assert code == 2
    assert "the output is also the input" in err


def test_an_error_leaves_no_report(call):
    code, _, err = call("similarity", "x.npy", "x.npy", "--assert", "nothing > 0", "--report", "r.html")
    assert (code, Path("r.html").exists()) == (2, False), err


def test_github_is_told_once_all_is_delivered(call, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(Path("summary").absolute()))
    code, out, err = call(
        "similarity", "x.npy", "x.npy", "--assert", "mean > 2", "--github-summary", "--format", "json"
    )
    assert (code, json.loads(out)["summary"]["count"]) == (1, 8)
    assert "::error title=simtool similarity::FAILED mean > 2 (is 1)" in err.splitlines()
    assert Path("summary").read_text().startswith("## simtool similarity\n\n- FAILED mean > 2 (is 1)\n")


def test_a_page_has_the_fingerprints_of_what_was_read(call):
    from hashlib import blake2b

    content = Path("x.npy").read_bytes()
    assert call("similarity", "x.npy", "x.npy", "--report", "r.html", "-q")[0] == 0
    expected = f"{len(content):,} bytes, {blake2b(content + content, digest_size=16).hexdigest()}"
    assert expected in Page(Path("r.html").read_text()).inside("td")
