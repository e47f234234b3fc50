"""The report on examples that are scored one by one: the keys that were promised, and what is noted."""

import numpy as np
import pytest

import simtool
from simtool.errors import DataError
from simtool.scoring.example_report import keys
from simtool.scoring.spec import read_specs

A, B, C = np.random.default_rng(0).normal(size=(3, 10, 4))
LABELS = np.arange(10) % 2
INPUTS = {"pairs": [A, B], "triplets": [A, B, C], "teacher": [A, B]}


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("kind", ["contrastive", "triplet", "mse"])
def test_the_summary_has_the_keys_that_were_promised(kind, gradient):
    entry = simtool.find("loss", kind)
    labels = None if entry.labels == "none" else LABELS
    sink = {"gradients": lambda *_: None} if gradient else {}
    found = simtool.loss(*INPUTS[entry.inputs], labels=labels, kind=kind, **sink)
    specs = read_specs([kind], variant=None, metric=None, reduction=None, parameters={})
    assert list(found.summary) == keys(specs, swept=False, gradient=gradient)


def test_rows_that_are_not_finite_are_refused_or_undefined():
    a = A.copy()
    a[3, 1] = np.nan
    with pytest.raises(DataError, match="row 3 of 10 holds NaN"):
        simtool.loss(a, B, labels=LABELS, kind="contrastive")
    found = simtool.loss(a, B, labels=LABELS, kind="contrastive", nonfinite="propagate")
    assert np.isnan(found.array).nonzero()[0].tolist() == [3]
    assert found.summary["loss"] is None


def test_zero_rows_and_collapse_are_noted():
    a, same = A.copy(), np.ones((10, 4)) + 1e-4 * A
    a[[2, 5]] = 0
    for (x, y), words in {(0, 1): "2 examples with a zero row", (2, 3): "nearly equal"}.items():
        sides = [a, B, same, same[::-1]]
        notes = simtool.loss(sides[x], sides[y], labels=LABELS, kind="contrastive").notes
        assert any(words in note for note in notes)
