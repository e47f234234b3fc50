"""Columns of results as Arrow has them."""

import numpy as np
import pyarrow as pa
import pytest

from simtool.errors import DataError
from simtool.results import arrow_array, arrow_type


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (np.asarray([1.5, None, 2], dtype=object), pa.float64()),
        (np.asarray([1, None], dtype=object), pa.int64()),
        (np.asarray(["a", None], dtype=object), pa.string()),
        (np.eye(2, dtype=np.float32), pa.list_(pa.float32(), 2)),
        (np.asarray([True]), pa.bool_()),
    ],
)
def test_a_column_keeps_its_type_and_its_values(column, kind):
    assert arrow_type(column) == kind
    assert arrow_array(column, pa.field("x", kind)).to_pylist() == column.tolist()


def test_text_that_is_not_unicode_is_refused():
    column = np.asarray(["\ud800"], dtype=object)
    with pytest.raises(DataError, match="x holds text that is not Unicode"):
        arrow_array(column, pa.field("x", pa.string()))
