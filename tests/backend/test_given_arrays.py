"""What a caller hands over as an array: what numpy makes one of, tensors, and what is refused."""

import numpy as np
import pytest
import torch

from simtool.backend import as_array, as_numbers, of_one_library, tensor_values
from simtool.errors import DataError, ShapeError

ROWS = np.random.default_rng(0).normal(size=(3, 2))


class ByDlpack:
    """Hands out DLPack and nothing else."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def rows_as_objects():
    rows = np.empty(3, dtype=object)
    rows[:] = list(ROWS)
    return rows


def cells_of_lists():
    cells = np.empty((3, 1), dtype=object)
    cells[:, 0] = list(ROWS)
    return cells


@pytest.mark.parametrize(
    "given",
    [ROWS.tolist(), list(ROWS), ROWS.astype(object), rows_as_objects(), list(torch.tensor(ROWS)), ByDlpack(ROWS)],
    ids=["lists", "a list of arrays", "objects", "rows as objects", "a list of tensors", "DLPack"],
)
def test_what_is_no_array_becomes_one(given):
    assert as_numbers(given, "x").tolist() == ROWS.tolist()


def test_arrays_and_tensors_stay_as_they_are():
    tensor = torch.tensor(ROWS, requires_grad=True)
    assert as_numbers(ROWS, "x") is ROWS
    assert as_numbers(tensor, "x") is tensor


def test_bfloat16_of_another_library_comes_by_dlpack():
    taken = as_numbers(ByDlpack(torch.tensor([[0.5, 2.0]], dtype=torch.bfloat16)), "x")
    assert tensor_values(taken).tolist() == [[0.5, 2.0]]


def test_values_of_views_are_those_that_they_show():
    imaginary = torch.complex(torch.zeros(2), torch.tensor([1.0, -2.0])).conj().imag
    assert imaginary.is_neg()
    assert tensor_values(imaginary).tolist() == [-1.0, 2.0]


def test_numpy_writes_no_missing_value_and_no_number_as_a_string():
    assert as_array(["a", float("nan")], "labels").dtype == object
    assert as_array([1, "1"], "labels").tolist() == [1, "1"]
    assert as_array(["a", "b"], "labels").tolist() == ["a", "b"]


def test_beside_a_tensor_all_are_tensors_and_bytes_are_in_order():
    x, y = of_one_library(x=ROWS.astype(">f8"), y=torch.tensor(ROWS))
    assert x.dtype == torch.float64
    assert torch.equal(x, y)
    assert of_one_library(x=ROWS.astype(">f4"))[0].dtype.isnative


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ndarray, "got the class ndarray"),
        (None, "got NoneType"),
        (np.zeros(2, dtype=[("a", float)]), "expected floats or integers"),
        (ROWS.astype(np.longdouble), "expected floats or integers"),
        (np.ma.array(ROWS, mask=ROWS > 0), "some numbers are masked"),
        (torch.tensor(ROWS).to_sparse(), "got a sparse one"),
        (torch.empty(2, 2, device="meta"), "meta device"),
        (ByDlpack(torch.ones(2, requires_grad=True)), "DLPack refuses this ByDlpack"),
        (cells_of_lists(), "cells that are lists"),
    ],
)
def test_what_has_no_numbers_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        as_numbers(given, "x")


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(ShapeError, match="rows of different lengths: 1, 2"):
        as_numbers([[1.0, 2.0], [3.0]], "x")
