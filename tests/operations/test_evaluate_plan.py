"""What a plan of `evaluate` refuses before a score."""

import numpy as np
import pytest

import simtool
from simtool.errors import SimtoolError

X = np.random.default_rng(0).standard_normal((30, 4))
PAIRS = np.arange(30) % 2


@pytest.mark.parametrize(
    "door",
    [
        lambda **more: simtool.evaluate(X, X[:9], PAIRS, **more),
        lambda **more: simtool.evaluate(X, X, PAIRS[:9], **more),
        lambda **more: simtool.evaluate(X, X, PAIRS + 0.5, **more),
        lambda **more: simtool.evaluate(X, X, **more),
        lambda **more: simtool.evaluate(X, X, PAIRS, by=PAIRS[:4], **more),
        lambda **more: simtool.evaluate(X, **more),
        lambda **more: simtool.evaluate(X, labels=PAIRS[:4], **more),
        lambda **more: simtool.evaluate(X, labels=PAIRS, targets=PAIRS, **more),
        lambda **more: simtool.evaluate(scores=PAIRS[:4], labels=PAIRS, **more),
    ],
)
def test_a_dry_run_refuses_inputs_as_the_run_does(door):
    with pytest.raises(SimtoolError) as of_run:
        door()
    with pytest.raises(SimtoolError) as of_plan:
        door(dry_run=True)
    assert str(of_plan.value) == str(of_run.value)


def test_all_pairs_are_counted_in_bins_where_all_rows_would_be():
    found = simtool.evaluate(X, labels=PAIRS, exact_pairs=10, dry_run=True)
    assert found.summary["peak_memory"] < simtool.evaluate(X, labels=PAIRS, dry_run=True).summary["peak_memory"]
