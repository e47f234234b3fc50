"""Which commands the app is made of, and what it makes of a command line that Typer refuses."""

from pathlib import Path

import pytest

from simtool.cli import app as module
from simtool.cli.app import COMMANDS, app_for, run
from simtool.errors import ParameterError


def names(app):
    return [command.name for command in app.registered_commands]


@pytest.mark.parametrize("typed", [["pairwise"], ["pairwise", "--help"], ["list", "pairwise"]])
def test_only_the_command_that_was_typed_is_made(typed):
    assert names(app_for(typed)) == typed[:1]


@pytest.mark.parametrize("typed", [[], ["--help"], ["pairwize"], ["--version", "pairwise"]])
def test_all_commands_are_made_where_none_was_typed(typed):
    assert names(app_for(typed)) == list(COMMANDS)


def test_the_list_of_commands_is_that_of_the_whole_app(capsys):
    texts = []
    for app in (app_for(), app_for(["--help"])):
        with pytest.raises(SystemExit):
            app(["--help"])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert all(name in texts[0] for name in COMMANDS)


def test_a_command_after_other_words_can_run(capsys):
    run(["--", "list", "aggregate"])
    assert "argmax" in capsys.readouterr().out


def test_each_command_is_a_file():
    files = {path.stem for path in (Path(module.__file__).parent / "commands").glob("*.py")}
    assert files - {"__init__"} == set(COMMANDS)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["pairwize", "a.npy"], "did you mean pairwise?"),
        (["pairwise", "a.npy", "--metrik", "dot"], "did you mean --metric?"),
        (["--versoin"], "did you mean --version?"),
    ],
)
def test_a_misspelt_word_gets_the_closest_one(typed, hint):
    with pytest.raises(ParameterError) as raised:
        run(typed)
    assert raised.value.hint == hint


def test_completion_is_offered_by_the_app_alone(capsys):
    assert run(["--help"]) == 0
    assert "--install-completion" in capsys.readouterr().out
    with pytest.raises(ParameterError, match="no such option: --install-completion"):
        run(["pairwise", "--install-completion"])
