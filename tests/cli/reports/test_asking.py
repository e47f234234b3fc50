"""The options of reports: added to a command, and gone when it has ended."""

from inspect import signature

import pytest

from simtool.cli.reports.asking import Asked, asked, reporting


def command(a: str, top: int | None = None) -> None:
    seen.append((a, top, asked()))
    if a == "bad":
        raise KeyError


seen = []


def test_a_command_is_called_as_it_is_and_the_session_sees_what_was_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen.clear()
    reporting("x", command)(a="x.npy", top=3, report=["r.html"], baseline="old.json", github_summary=True)
    others = frozenset(str((tmp_path / name).resolve()) for name in ("x.npy", "old.json"))
    assert seen == [("x.npy", 3, Asked("x", ["r.html"], "old.json", True, False, others))]
    assert asked() == Asked()


def test_nothing_stays_after_an_error():
    with pytest.raises(KeyError):
        reporting("x", command)(a="bad", report=["r.html"])
    assert asked() == Asked()


def test_the_options_follow_those_of_the_command():
    assert list(signature(reporting("x", command)).parameters) == [
        "a",
        "top",
        "report",
        "baseline",
        "github_summary",
        "verbose",
    ]
