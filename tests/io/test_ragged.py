"""Items of different numbers of tokens, against the arrays that they were made of."""

import numpy as np
import pytest
import torch

from simtool.errors import DataError, ShapeError
from simtool.io.ragged import PaddedVectors, as_ragged, without_padding

ITEMS = [np.arange(2.0 * rows).reshape(rows, 2) + 10 * rows for rows in (3, 1, 0, 4)]


def test_the_tokens_of_all_items_one_after_another():
    found = as_ragged(ITEMS, "t", np.asarray(["a", "b", "c", "d"], dtype=object))
    assert found.lengths.tolist() == [3, 1, 0, 4]
    assert found.shape == (4, 4, 2)
    for number, item in enumerate(ITEMS):
        assert found.tokens.read(*found.offsets[number : number + 2]).tolist() == item.tolist()
    assert [found.item_of(token) for token in range(8)] == [0, 0, 0, 1, 3, 3, 3, 3]


def test_tensors_are_taken_and_bfloat16_is_widened():
    found = as_ragged([torch.ones(2, 3, dtype=torch.bfloat16), torch.zeros(1, 3, requires_grad=True)])
    assert found.tokens.read(0, 3).tolist() == [[1] * 3, [1] * 3, [0] * 3]


@pytest.mark.parametrize(
    ("items", "error", "what"),
    [
        ([np.ones((2, 3)), np.ones((1, 4))], DataError, "row 1 has length 4 along dim 2, expected 3"),
        ([np.ones((2, 3)), np.ones(3)], ShapeError, r"row 1 has shape \(3,\), expected \(tokens, d\)"),
        ([[[1.0], [1.0, 2.0]]], DataError, "row 0 holds tokens of different lengths"),
        ([np.ones((0, 3)), []], ShapeError, "no item has a token"),
        ([np.asarray([["x"]])], DataError, "expected"),
    ],
)
def test_items_that_are_none_are_refused(items, error, what):
    with pytest.raises(error, match=what):
        as_ragged(items)


def test_padded_items_are_the_items_and_zero_rows():
    items = [np.full((count, 2), count + 1.0) for count in (2, 0, 3)]
    padded = PaddedVectors(as_ragged(items))
    assert padded.shape == (3, 3, 2)
    rows = padded.read(0, 3)
    assert rows[:, :, 0].tolist() == [[3, 3, 0], [0, 0, 0], [4, 4, 4]]
    np.testing.assert_array_equal(padded.read(1, 3), rows[1:])
    for found, given in zip(without_padding(rows, np.asarray([2, 0, 3])), items, strict=True):
        np.testing.assert_array_equal(found, given)
