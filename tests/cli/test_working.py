"""Which commands keep their work, and which of their options may change between two runs."""

import io
import json
from inspect import signature

import numpy as np
import pytest

from simtool.cli import app, main
from simtool.cli.working import COMMANDS, FREE, working


@pytest.mark.parametrize("name", COMMANDS)
def test_a_long_command_takes_the_options(name):
    (command,) = app.app_for([name]).registered_commands
    assert {"work", "shard"} <= signature(command.callback).parameters.keys()


def test_others_do_not():
    (command,) = app.app_for(["inspect"]).registered_commands
    assert "work" not in signature(command.callback).parameters


def test_every_free_option_is_one():
    commands = [app.app_for([name]).registered_commands[0].callback for name in COMMANDS]
    assert {name for command in commands for name in signature(command).parameters} >= FREE


def test_without_the_options_a_command_is_called_as_it_is():
    said = []

    def command(*, a: int) -> None:
        said.append(a)

    working(command)(a=3)
    assert said == [3]


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Run a command line in a folder with two arrays; returns its exit code and what it said on stderr."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(40, 4))
    np.save("x.npy", x)
    np.save("y.npy", x[::-1])

    def run(line, stdin=None):
        monkeypatch.setattr("sys.argv", ["simtool", *line.split()])
        if stdin is not None:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((tmp_path / stdin).read_bytes())))
        with pytest.raises(SystemExit) as end:
            main.main()
        return end.value.code or 0, capsys.readouterr().err

    return run


def test_what_came_through_a_pipe_must_be_what_it_was(call, tmp_path):
    assert call("pairwise - -k 1 --work w -o a.csv", "x.npy")[0] == 0
    assert call("pairwise - -k 1 --work w -o b.csv", "x.npy")[0] == 0
    code, said = call("pairwise - -k 1 --work w -o c.csv", "y.npy")
    assert (code, "another than the work was begun with: content" in said) == (2, True)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert not (tmp_path / "c.csv").exists()


def test_a_run_of_one_pass_has_no_parts(call):
    code, said = call("compare x.npy y.npy --aggregate mean --work w --shard 1/2")
    assert (code, "nothing of this run is shared out" in said) == (2, True)


def test_a_part_says_how_its_run_is_merged(call):
    for line, merge in (
        ("dedup x.npy --sweep threshold=0.8:0.9:0.1 --work w", "simtool merge w"),
        ("pairwise x.npy -o m/ --work v", "simtool merge v -o m/"),
    ):
        code, said = call(f"{line} --shard 1/1")
        assert (code, said.strip().endswith(f"nothing is missing: {merge}")) == (0, True)
        assert call(f"{merge.removeprefix('simtool ')} -q")[0] == 0


@pytest.mark.parametrize("changed", [{"operation": "os"}, {"parameters": [1]}, {"inputs": {"x.npy": {}}}])
def test_a_merge_refuses_a_damaged_manifest(call, tmp_path, changed):
    assert call("pairwise x.npy -k 1 --work w --shard 1/1 -q")[0] == 0
    path = tmp_path / "w" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    code, said = call("merge w -o o.csv")
    assert (code, "manifest.json is damaged" in said) == (2, True)


def test_a_dry_run_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "sys.argv", ["simtool", "pairwise", "x.npy", "-k", "1", "--work", "kept", "--shard", "1/2", "--dry-run", "-q"]
    )
    np.save("x.npy", np.eye(4))
    with pytest.raises(SystemExit) as end:
        main.main()
    assert not end.value.code
    assert [each.name for each in tmp_path.iterdir()] == ["x.npy"]
