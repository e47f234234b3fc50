"""The labels of a loss: there when it takes them, and read by the kind of its row."""

import numpy as np
import pytest

from simtool.errors import LabelError
from simtool.loss_labels import LabelsRead, check_labels, read_labels


def test_labels_are_read_by_their_kind():
    values = np.asarray([1, 0, 1])
    assert read_labels("binary", values, 3, "y.npy").similar.tolist() == [True, False, True]
    assert read_labels("score", values, 3, "y.npy").scores.tolist() == [1, 0, 1]
    classes = read_labels("class", values, 3, "y.npy")
    assert classes.classes.names.tolist() == [0, 1]
    assert classes.note == "2 classes of 1 to 2 rows; 1 of them with one row, which has no positive"
    assert read_labels("none", values, 3, "y.npy") == LabelsRead()
    with pytest.raises(LabelError, match=r"expected 0 to 0\.5"):
        read_labels("score", values, 3, "y.npy", low=0, high=0.5)


def test_labels_are_there_if_the_loss_takes_them():
    check_labels("contrastive", "binary", [1, 0], "pair")
    check_labels("info-nce", "none", None, "row")
    with pytest.raises(LabelError, match="the loss info-nce takes no labels"):
        check_labels("info-nce", "none", [1, 0], "row")
    for kind, noun, column in (("binary", "binary label", "label"), ("score", "score", "score")):
        with pytest.raises(LabelError, match=f"the loss X needs one {noun} per pair") as refused:
            check_labels("X", kind, None, "pair", " in A")
        assert refused.value.hint == f"«labels» FILE or ::NAME, or a column `{column}` in A"
