"""Which loss it is, is said in the same words to the commands that take one."""

import inspect
import typing

import pytest

from simtool.cli import loss_options
from simtool.cli.app import app_for

SHARED = [name for name in vars(loss_options) if name.endswith("Option") and not name.startswith("Kind")]


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("command", ["loss", "fit"])
def test_both_commands_take_one_object(command, name):
    hints = typing.get_type_hints(app_for([command]).registered_commands[0].callback, include_extras=True)
    assert getattr(loss_options, name) in hints.values()


def test_several_kinds_are_compared_and_one_is_learnt():
    kinds = {
        command: inspect.signature(app_for([command]).registered_commands[0].callback).parameters["kind"].annotation
        for command in ("loss", "fit")
    }
    assert kinds == {"loss": loss_options.KindsOption, "fit": loss_options.KindOption}
