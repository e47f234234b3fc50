"""The report on losses of a batch: the keys that were promised, its rows, and gradients of the rows of the file."""

import numpy as np
import pytest

import simtool
from simtool.errors import ParameterError
from simtool.scoring.batch_report import keys
from simtool.scoring.spec import read_specs

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 12, 5))
CODES = np.arange(12) % 4


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("kinds", [["nt-xent"], ["sup-con"], ["info-nce"], ["vicreg"], ["nt-xent", "sup-con"]])
def test_the_summary_has_the_keys_that_were_promised(kinds, gradient):
    views = simtool.find("loss", kinds[0]).inputs == "views"
    inputs, labels = ([A, B], None) if views else ([A], CODES)
    gradient = gradient and len(kinds) == 1
    sink = {"gradients": lambda *_: None} if gradient else {}
    found = simtool.loss(*inputs, labels=labels, kind=kinds, **sink)
    specs = read_specs(kinds, variant=None, metric=None, reduction=None, parameters={})
    assert list(found.summary) == keys(specs, swept=False, gradient=gradient)


def test_every_positive_pair_is_a_row_with_its_ends():
    rows = simtool.loss(A, labels=CODES, kind="nt-xent").rows.columns
    pairs = {(i, j) for i in range(12) for j in range(12) if i != j and CODES[i] == CODES[j]}
    assert set(zip(rows["anchor"].tolist(), rows["positive"].tolist(), strict=True)) == pairs
    assert (rows["class"] == CODES[rows["anchor"]]).all()


def test_gradients_of_the_first_two_of_each_class_stand_at_their_rows():
    given = []
    simtool.loss(A, labels=CODES, kind="n-pairs", gradients=lambda _, parts: given.extend(parts))
    (whole,) = given
    assert whole.shape == A.shape
    assert whole[:8].any(axis=1).all()
    assert not whole[8:].any()


def test_losses_of_two_rows_a_class_do_not_stand_beside_others():
    with pytest.raises(ParameterError, match="n-pairs takes two rows of each class"):
        simtool.loss(A, labels=CODES, kind=["n-pairs", "nt-xent"])
