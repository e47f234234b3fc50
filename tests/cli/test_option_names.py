"""How the command line spells the parameters of the library."""

import typing

import pytest

from simtool.cli.app import app_for
from simtool.cli.option_names import OPTIONS, as_option, with_options


@pytest.mark.parametrize(
    ("name", "value", "option"),
    [("top_k", None, "--top-k"), ("nonfinite", "drop", "--nonfinite drop"), ("output", None, "-o")],
)
def test_a_parameter_becomes_an_option(name, value, option):
    assert as_option(name, value) == option
    filled = name if value is None else f"{name}={value}"
    assert with_options(f"leave «{filled}» out of {{x}}") == f"leave {option} out of {{x}}"


def test_every_special_spelling_is_an_option_of_a_command():
    known = set()
    for command in app_for().registered_commands:
        for hint in typing.get_type_hints(command.callback, include_extras=True).values():
            for each in getattr(hint, "__metadata__", ()):
                known.update((each.default, *(each.param_decls or ())))  # Typer puts the first name among the values
    assert set(OPTIONS.values()) <= known
