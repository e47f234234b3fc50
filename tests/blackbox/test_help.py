"""Help, version, and every example of every help text."""

import inspect
import re

import pytest

from simtool.cli.app import app_for

COMMANDS = [
    "similarity",
    "pairwise",
    "dedup",
    "leak",
    "mine",
    "compare",
    "channels",
    "loss",
    "explain",
    "evaluate",
    "fit",
    "apply",
    "merge",
    "convert",
    "inspect",
    "report",
    "list",
]
APP = app_for()
FUNCTIONS = {
    (command.name or command.callback.__name__): command.callback
    for command in APP.registered_commands
    if command.callback is not None
}
assert APP.registered_callback is not None
HELPS = {"": APP.registered_callback.callback, **FUNCTIONS}


def examples(function):
    """Return the commands of a help text's `Examples:` block, continued lines joined."""
    block = re.search(r"Examples:\n\n((?:    .*\n)+)", inspect.cleandoc(function.__doc__) + "\n")
    assert block is not None
    return inspect.cleandoc(block[1]).replace("\\\n", "").splitlines()


EXAMPLES = [line for function in HELPS.values() for line in examples(function)]


def test_every_command_is_listed(run):
    text = run("--help").text
    assert sorted(FUNCTIONS) == sorted(COMMANDS)
    assert all(f"│ {command} " in text for command in COMMANDS)
    assert "Exit codes: 0 done, 1 a gate failed" in text


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_readable_at_80_columns(run, command):
    short = run(*command.split(), "-h", env={"COLUMNS": "80"})
    assert (short.code, short.err) == (0, "")
    assert short.text == run(*command.split(), "--help", env={"COLUMNS": "80"}).text
    assert max(map(len, short.text.splitlines())) <= 80
    lines = [line.strip() for line in short.text.splitlines()]
    block = re.search(r"Examples:\n\n((?:    .*\n)+)", inspect.cleandoc(HELPS[command].__doc__) + "\n")
    assert block is not None
    for line in block[1].splitlines():
        assert line.strip() in lines  # not folded, so that it can be pasted


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_it_stands(shell, example):
    assert example.startswith("simtool ")
    done = shell(example)
    assert done.returncode == 0, done.stderr
    assert done.stdout or "wrote " in done.stderr


def test_every_exit_code_is_documented(run, sample_data):
    shown = " ".join(run("--help").text.split())
    promised = "0 done, 1 a gate failed, 2 the call or an input must change, 3 it cannot be done here, 70 a defect"
    assert promised in shown
    assert "129, 130, 143 hung up, interrupted, terminated" in shown
    readme = (sample_data.parent / "README.md").read_text()
    listed = re.search(r"\| exit code \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", readme)
    assert listed is not None
    codes = [code for row in listed[1].splitlines() for code in row.split("|")[1].strip().split(", ")]
    assert codes == ["0", "1", "2", "3", "70", "129", "130", "143"]


def test_version(run):
    from simtool import __version__

    done = run("--version")
    assert (done.code, done.text, done.err) == (0, f"simtool {__version__}\n", "")


def test_without_a_command_the_help_is_on_stderr(run):
    done = run()
    assert (done.code, done.out) == (2, b"")
    assert "Usage: simtool" in done.err
    assert "error" not in done.err.splitlines()[0]


def test_every_shared_option_is_everywhere(run):
    for command in COMMANDS:
        text = run(command, "-h").text
        for option in ("--format", "--output", "--force", "--assert", "--quiet", "--help"):
            assert option in text, (command, option)
