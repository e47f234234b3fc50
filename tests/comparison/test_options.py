"""What may be asked of `compare`: options that go together, and the keys that its summary has then."""

from pathlib import Path

import numpy as np
import pytest

from simtool import compare
from simtool.comparison.options import summary_keys
from simtool.errors import ParameterError

RNG = np.random.default_rng(0)


X, Y = RNG.normal(size=(30, 5)), RNG.normal(size=(30, 5)) + 0.3


@pytest.mark.parametrize(("null", "bootstrap"), [(0, 0), (3, 0), (0, 3), (3, 3)])
@pytest.mark.parametrize("shape", [(6, 3), (3, 4, 3)])
def test_the_summary_has_the_keys_that_were_promised(null, bootstrap, shape):
    x, y = RNG.normal(size=(2, *shape))
    found = list(compare(x, y, aggregates=["all"], null=null, bootstrap=bootstrap).summary)
    promised = summary_keys(["all"], null=bool(null), bootstrap=bool(bootstrap))
    assert found == (promised if len(shape) == 3 else promised[:-1])


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"percent": "clamp"}, "unknown value 'clamp'"),
        ({"percent": "baseline"}, "a baseline is the mean of a null"),
        ({"percent": "baseline", "null": 5}, "argmax of two sets has no baseline of unrelated sets"),
        ({"null": -1}, "null is -1"),
        ({"bootstrap": -2}, "bootstrap is -2"),
        ({"top": 3}, "only matches are listed"),
        ({"top": 0, "matches": True}, "top is 0"),
        ({"aggregates": ["all", "mean"]}, "all has every aggregate in it"),
        ({"cross": True}, "only lists of sets"),
        ({"cross": True, "aggregates": ["mean"]}, "argmax or maxsim"),
        ({"cross": True, "null": 3}, "has no null"),
        ({"lengths_a": np.ones(30)}, "only items of tokens have lengths"),
    ],
)
def test_options_that_do_not_go_together(options, what):
    with pytest.raises(ParameterError, match=what):
        compare(X, Y, **options)


def test_the_hint_names_every_aggregate_of_two_sets_that_has_a_baseline():
    with pytest.raises(ParameterError) as refused:
        compare(X, Y, percent="baseline", null=5)
    named = refused.value.hint.removeprefix("it works with ").partition(", and")[0].split(", ")
    assert {"paired", "cka", "knn-overlap"} <= set(named)
    for name in named:
        assert compare(X, X, aggregates=[name], percent="baseline", null=5).summary["percent"] > 0
    guide = Path(__file__).parents[2].joinpath("docs/guides/compare.md").read_text(encoding="utf-8")
    row = next(line for line in guide.splitlines() if line.startswith("| `baseline` |"))
    assert row.partition("joins rows: ")[2] == ", ".join(f"`{name}`" for name in named) + " |"


def test_options_that_best_matches_do_not_have():
    a, b = np.ones((3, 2, 2)), np.ones((2, 2, 2))
    with pytest.raises(ParameterError, match=r"there are 3 and 2 items.*no null"):
        compare(a, b, null=5)
    with pytest.raises(ParameterError, match="unknown value 'none'"):
        compare(a, b, items="none")
