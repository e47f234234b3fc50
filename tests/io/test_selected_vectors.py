"""Some rows of vectors, against fancy indexing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtool.errors import ParameterError
from simtool.io import as_vectors, select, with_ids


@given(rows=st.integers(1, 40), data=st.data())
def test_select_equals_fancy_indexing(rows, data):
    array = np.arange(rows * 2.0).reshape(rows, 2)
    index = np.array(data.draw(st.lists(st.integers(0, rows - 1), max_size=60)), dtype=int)
    start = data.draw(st.integers(0, len(index)))
    stop = data.draw(st.integers(start, len(index)))
    chosen = select(with_ids(as_vectors(array), np.arange(rows) * 10), index)
    assert chosen.shape == (len(index), 2)
    np.testing.assert_array_equal(chosen.read(start, stop), array[index][start:stop])
    np.testing.assert_array_equal(chosen.ids, index * 10)


def test_select_reads_little_more_than_it_keeps():
    class Counting:
        name, shape, dtype, ids = "counting", (10_000, 1), np.dtype("f8"), None
        fetched = 0

        def read(self, start, stop):
            self.fetched += stop - start
            return np.arange(start, stop, dtype="f8")[:, None]

    base = Counting()
    index = np.array([0, 1, 3, 9_000, 9_001, 5])
    assert select(base, index).read(0, 6)[:, 0].tolist() == index.tolist()
    assert base.fetched <= 4 * len(index)


@pytest.mark.parametrize("row", [-1, 3])
def test_select_refuses_rows_outside(row):
    with pytest.raises(ParameterError, match=f"row {row} is outside the 3 rows"):
        select(as_vectors(np.eye(3)), np.array([0, row]))
