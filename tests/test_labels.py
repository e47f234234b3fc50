"""The guard of binary labels: read, said, or refused by row and value."""

import numpy as np
import pytest

from simtool.errors import LabelError
from simtool.labels import SelectedName, binary_labels, class_labels


@pytest.mark.parametrize(
    ("values", "similar", "read"),
    [
        (np.asarray([0, 1, 1]), [0, 1, 1], "0 = dissimilar"),
        (np.asarray([0, 1, 1], dtype="u1"), [0, 1, 1], "0 = dissimilar"),
        (np.asarray([0.0, 1.0, -0.0], dtype="f2"), [0, 1, 0], "0 = dissimilar"),
        (np.asarray([-1, 1, -1]), [0, 1, 0], "-1 = dissimilar"),
        (np.asarray([1.0, 1.0, 1.0]), [1, 1, 1], "0 = dissimilar"),
        (np.asarray([-1.0, -1.0, -1.0]), [0, 0, 0], "-1 = dissimilar"),
        (np.asarray([True, False, True]), [1, 0, 1], "false = dissimilar"),
        (np.asarray(["true", "False", "TRUE"], dtype=object), [1, 0, 1], "false = dissimilar"),
        (np.asarray(["0", "1", " 1 "]), [0, 1, 1], "0 = dissimilar"),
        (np.asarray(["-1", "1", "1.0"], dtype=object), [0, 1, 1], "-1 = dissimilar"),
    ],
)
def test_what_is_accepted_and_what_is_said(values, similar, read):
    labels = binary_labels(values, 3, "y.npy")
    assert labels.similar.dtype == bool
    assert labels.similar.tolist() == [bool(value) for value in similar]
    assert labels.convention.startswith(f"labels read as {read}, ")


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (np.asarray([1, 0.5, 0]), "row 1 has label 0.5, which is not binary"),
        (np.asarray([0, 1, 2]), "row 2 has label 2, which is not binary"),
        (np.asarray([3, 1, 2]), "row 0 has label 3, which is not binary; so is 1 more row"),
        (np.asarray([1, np.nan, 0]), "row 1 has label nan, which is not binary"),
        (np.asarray([1, np.inf, 0]), "row 1 has label inf, which is not binary"),
        (np.asarray([1, 2**53 + 1, 0]), "row 1 has label 9007199254740993, which is not binary"),
        (np.asarray(["yes", "1", "0"], dtype=object), "row 0 has label 'yes', which is not binary"),
        (np.asarray(["1", None, "0"], dtype=object), "row 1 has label None, which is not binary"),
        (np.asarray([0, 1, -1]), "row 2 is -1 and row 0 is 0: 0/1 and -1/1 cannot be mixed"),
        (np.asarray([-1, 1, 0]), "row 2 is 0 and row 0 is -1: 0/1 and -1/1 cannot be mixed"),
        (np.asarray([1j, 0, 1]), "expected labels 0/1, false/true or -1/1, got dtype complex128"),
        (np.asarray([[1], [0], [1]]), r"expected 3 labels in one dim, got shape \(3, 1\)"),
        (np.asarray(1), r"expected 3 labels in one dim, got shape \(\)"),
        (np.asarray([1, 0]), "expected one label per pair: 3 pairs, 2 labels"),
        (np.asarray([]), "expected one label per pair: 3 pairs, 0 labels"),
    ],
)
def test_what_is_refused(values, what):
    with pytest.raises(LabelError, match=what) as refused:
        binary_labels(values, 3, "y.npy")
    assert refused.value.where == "y.npy"


def test_labels_of_selected_rows_are_named_by_their_rows_in_the_file():
    name = SelectedName(SelectedName("y.npy", np.arange(10, 20)), np.asarray([7, 2, 5]))
    for read, values, said in (
        (binary_labels, [0.0, 0.5, 1.0], "row 12 has label 0.5"),
        (class_labels, ["a", None, "b"], "row 12 has label None"),
        (binary_labels, [0.0, 1.0, -1.0], "row 15 is -1.0 and row 17 is 0.0"),
    ):
        with pytest.raises(LabelError, match=said) as refused:
            read(np.asarray(values), 3, name)
        assert refused.value.where == "y.npy"


def test_objects_without_an_order_are_no_classes():
    with pytest.raises(LabelError, match="got object"):
        class_labels(np.array([object(), object()], dtype=object), 2, "labels")
