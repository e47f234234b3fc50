"""Columns of Arrow as text files take them."""

import numpy as np
import pyarrow as pa

from simtool.io.arrow_text import text_columns


def test_vectors_stay_numbers_and_what_has_gaps_becomes_values():
    table = pa.table(
        {
            "v": pa.array([[1, 2], [3, 4]], pa.list_(pa.float32())),
            "ragged": [[1], [2, 3]],
            "gaps": [1, None],
            "bool": [True, False],
            "struct": [{"a": 1}, None],
            "time": pa.array([0, 1], pa.timestamp("s")),
        }
    )
    found = text_columns(table)
    assert (found["v"].shape, found["v"].dtype) == ((2, 2), np.dtype("f4"))
    assert found["ragged"].tolist() == [[1], [2, 3]]
    assert found["gaps"].tolist() == [1, None]
    assert found["bool"].tolist() == [True, False]
    assert found["struct"].tolist() == [{"a": 1}, None]
    assert found["time"].tolist() == ["1970-01-01 00:00:00", "1970-01-01 00:00:01"]
