"""What the losses refuse, in every array library."""

from math import inf, nan

import numpy as np
import pytest

from simtool.errors import LabelError, ParameterError, ShapeError
from simtool.losses import validation


@pytest.mark.parametrize("labels", [[1, 0, 1], [1, -1, 1], [True, False, True], [1.0, 0.0, 1.0]])
def test_binary_labels_of_every_convention(xp, labels):
    found = validation.similar(xp.array([0.5, 0.5, 0.5]), xp.array(labels))
    assert np.asarray(found).tolist() == [True, False, True]


def test_what_is_no_label_or_score_is_named_by_row(xp):
    values = xp.array([0.5, 0.5, 0.5])
    with pytest.raises(LabelError, match="row 1 has label 2, which is not binary"):
        validation.similar(values, xp.array([1, 2, 3]))
    with pytest.raises(LabelError, match="row 2 has score nan"):
        validation.finite_scores(values, xp.array([0.0, 1.0, nan]), "scores")
    with pytest.raises(ShapeError, match=r"expected shape \(3,\), got \(1,\)"):
        validation.finite_scores(values, xp.array([1.0]), "scores")
    assert validation.finite_scores(values, xp.array([1, 2, 3]), "scores").dtype == values.dtype


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (validation.check_positive, (1e-300, 5.0), (0.0, -1.0, inf, nan)),
        (validation.check_switch, (0, 1, 1.0, True), (0.5, 2, -1, nan)),
        (validation.check_finite, (0.0, -3.0), (inf, -inf, nan)),
        (lambda **given: validation.check_at_least(2, **given), (2, 3.5), (1.99, inf, nan)),
    ],
)
def test_parameters_in_and_out_of_range(check, good, bad):
    for value in good:
        check(margin=value)
    for value in bad:
        with pytest.raises(ParameterError, match=f"margin is {value}, expected") as refused:
            check(margin=value)
        assert refused.value.where == "«margin»"


def test_masks_fit_their_scores_and_negatives_may_be_known(xp):
    scores, mask = xp.array(np.zeros((2, 3))), xp.array(np.zeros((2, 3), dtype=bool))
    validation.check_masks(scores, mask, mask)
    validation.check_masks(scores, mask, xp.array([0.5, 0.5]))
    for positives, negatives in ((mask[:1, :], mask), (mask, mask[:, :2]), (mask, xp.array([0.5]))):
        with pytest.raises(ShapeError, match="expected masks"):
            validation.check_masks(scores, positives, negatives)
    assert validation.first(xp.array([[False, False], [False, True], [True, True]])) == 1
