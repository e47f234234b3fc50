"""Which commands keep their work, and which of their options may change between two runs."""

from inspect import signature

import pytest

from simtool.cli import app
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


def test_a_dry_run_keeps_nothing(tmp_path, monkeypatch):
    import numpy as np

    from simtool.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "sys.argv", ["simtool", "pairwise", "x.npy", "-k", "1", "--work", "kept", "--shard", "1/2", "--dry-run", "-q"]
    )
    np.save("x.npy", np.eye(4))
    with pytest.raises(SystemExit) as end:
        main.main()
    assert not end.value.code
    assert [each.name for each in tmp_path.iterdir()] == ["x.npy"]
