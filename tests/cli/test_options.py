"""What several commands share is declared once, and means the same everywhere."""

import inspect
import typing

import pytest

from simtool.cli.app import app_for

DIFFERENT = {"--output", "--dim", "--temperature", "--param", "--nonfinite", "--batch-size", "--held-out"}
DIFFERENT |= {
    "--aggregate",
    "--weights",
    "--kind",
    "--by",
    "--labels",
    "--ids",
}  # a word for something of the command's own


def declared():
    """Yield command, option and what declares it."""
    for command in app_for().registered_commands:
        for hint in typing.get_type_hints(command.callback, include_extras=True).values():
            for each in getattr(hint, "__metadata__", ()):
                for name in (each.default, *(each.param_decls or ())):  # Typer puts the first name among the values
                    yield command.name, name, each


def test_an_option_of_two_commands_is_one_object():
    by_name = {}
    for command, name, each in declared():
        if str(name).startswith("--"):
            by_name.setdefault(name.split("/")[0], {})[command] = each
    twice = {name: found for name, found in by_name.items() if len(found) > 1}
    assert len(twice) > 20
    assert {name for name, found in twice.items() if len({id(each) for each in found.values()}) > 1} <= DIFFERENT


@pytest.mark.parametrize(
    "name", ["eps", "nonfinite", "header", "device", "backend", "metric", "seed", "quiet", "force"]
)
def test_a_shared_option_has_one_default(name):
    bodies = [inspect.signature(command.callback).parameters for command in app_for().registered_commands]
    defaults = {parameters[name].default for parameters in bodies if name in parameters}
    assert len(defaults) == 1


def test_every_option_says_what_it_does():
    without = [(command, name) for command, name, each in declared() if not (each.help or "").rstrip(" ]").strip()]
    assert without == []
