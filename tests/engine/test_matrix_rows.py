"""The cells of a matrix as rows: all of them, in order, whatever range is read."""

import numpy as np
import pytest

from simtool.engine.exclusion import Exclusion
from simtool.engine.matrix_rows import MatrixCells, MatrixRows

A, B = np.asarray(["p", "q", "r"]), np.asarray([10, 20, 30, 40])


def listed(matrix, batched, excluded):
    rows = []
    for batch in range(len(matrix) // len(A)):
        for i, a in enumerate(A):
            for j, b in enumerate(B):
                if excluded is None or not excluded.holds(np.asarray([i]), np.asarray([j]))[0]:
                    rows.append((*([batch] if batched else []), a, b, matrix[batch * len(A) + i, j]))
    return rows


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    "excluded", [None, Exclusion.of_rows(3, 4), Exclusion(np.asarray([0, 0, 1]), np.asarray([0, 0, 1, 1]))]
)
def test_any_range_of_rows_is_that_of_the_whole_list(batched, excluded):
    matrix = np.random.default_rng(0).normal(size=(6 if batched else 3, 4))
    rows = MatrixRows(matrix, MatrixCells(A, B, batched, excluded))
    whole = listed(matrix, batched, excluded)
    assert len(rows) == len(whole)
    for start in range(len(whole)):
        for stop in range(start + 1, len(whole) + 1):
            assert list(zip(*rows.read(start, stop).values(), strict=True)) == whole[start:stop]
