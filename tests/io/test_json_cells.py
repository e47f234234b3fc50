"""What the cells of a JSON column are taken for."""

import numpy as np
import pyarrow as pa
import pytest
from opened_text import whole

from simtool.errors import DataError
from simtool.io import open_vectors, read_values
from simtool.io.json_cells import Seen, settled


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2], pa.int64()),
        ([1, 0.5], pa.float64()),
        ([None, "a"], pa.string()),
        ([[], [1]], pa.list_(pa.int64())),
        ([[], []], pa.list_(pa.float64())),
        ([[[1, 2]], [[0.5, None]]], pa.list_(pa.list_(pa.float64()))),
    ],
)
def test_a_type_takes_all_cells(cells, kind):
    seen = Seen(pa.null())
    for row, cell in enumerate(cells):
        seen.look(cell, row)
    assert (settled(seen.type), seen.problem) == (kind, None)


def test_integers_among_other_numbers_are_floats(write):
    assert whole(open_vectors(write(f"[{2**70}, 0.5]\n[{2**70}, -{10**400}]"))).tolist() == [
        [2.0**70, 0.5],
        [2.0**70, -np.inf],
    ]
    assert whole(open_vectors(write(f"x,y\n0.5,1\n{2**70},2"))).tolist() == [[0.5, 1], [2.0**70, 2]]


def test_values_of_mixed_kinds_are_refused(write):
    with pytest.raises(DataError, match="expected values of one kind, got an integer in row 0 and text in row 1"):
        read_values(write('{"y": 1}\n{"y": "b"}\n'))
    with pytest.raises(DataError, match="got a bool in row 0 and an integer in row 1"):
        read_values(write('{"y": true}\n{"y": 1}\n'))
