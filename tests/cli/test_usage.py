"""What is wrong with a command line that Typer refuses."""

import pytest

from simtool.cli.app import run
from simtool.errors import ParameterError
from simtool.io import SEVERAL


@pytest.mark.parametrize(
    ("typed", "what", "where", "hint"),
    [
        (["pairwise"], "missing argument 'A'", "simtool pairwise", "simtool pairwise -h"),
        (["pairwise", "a", "--topk"], "no such option: --topk", "simtool pairwise", "did you mean --top-k?"),
        (["pairwise", "a", "-k"], "option '-k' requires an argument", "simtool", "simtool -h"),
        (
            ["pairwise", "a", "-k", "1.5"],
            "invalid value for '--top-k' / '-k': expected a whole number, got '1.5'",
            "simtool pairwise",
            "simtool pairwise -h",
        ),
        (
            ["similarity", "a", "b", "--eps", "x"],
            "invalid value for '--eps': expected a number, got 'x'",
            "simtool similarity",
            "simtool similarity -h",
        ),
        (["pairwise", "a", "b", "c"], "got unexpected extra argument(s) (c)", "simtool pairwise", SEVERAL),
        (["lst"], "no such command 'lst'", "simtool", "did you mean list?"),
        (["xyzzyx"], "no such command 'xyzzyx'", "simtool", "simtool -h"),
    ],
)
def test_what_where_and_what_to_type(typed, what, where, hint, monkeypatch):
    monkeypatch.setattr("sys.argv", ["simtool", *typed])
    with pytest.raises(ParameterError) as raised:
        run(typed)
    assert raised.value.what == what
    assert raised.value.where.endswith(where.removeprefix("simtool"))
    assert raised.value.hint.endswith(hint.removeprefix("simtool"))
