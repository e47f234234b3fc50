"""Parts of a matrix on their way to a writer."""

import numpy as np

from simtool.engine.matrix_rows import MatrixCells
from simtool.results import MatrixPart

A, B = np.asarray(["p", "q", "r"]), np.asarray([10, 20, 30, 40])


def test_a_part_has_the_rows_of_its_place():
    matrix = np.arange(24.0).reshape(6, 4)
    columns = MatrixPart(2, matrix[2:5], MatrixCells(A, B, batched=True)).columns()
    assert list(columns) == ["batch", "a", "b", "score"]
    whole = [(row // 3, A[row % 3], b, matrix[row, j]) for row in range(6) for j, b in enumerate(B)]
    assert list(zip(*columns.values(), strict=True)) == whole[8:20]
