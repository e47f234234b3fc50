"""Vectors that are made of columns of JSON, against the numbers that were written."""

import json

import numpy as np
import pytest

from simtool.errors import InputNotFoundError
from simtool.io import Selection, open_table, open_vectors

X = np.random.default_rng(0).normal(size=(20, 3)).round(3)


@pytest.fixture(params=["jsonl", "json"])
def path(request, tmp_path):
    rows = [{"id": f"r{row}", **{f"dim_{place}": value for place, value in enumerate(x)}, "year": row}
            for row, x in enumerate(X.tolist())]  # fmt: skip
    text = json.dumps(rows) if request.param == "json" else "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / f"a.{request.param}").write_text(text)
    return str(tmp_path / f"a.{request.param}")


def test_columns_that_are_numbered_alike_are_the_vector(path, monkeypatch):
    monkeypatch.setattr("simtool.io.text.BLOCK_BYTES", 100)
    vectors = open_vectors(path)
    np.testing.assert_array_equal(vectors.read(0, 20), X)
    np.testing.assert_array_equal(vectors.read(7, 9), X[7:9])
    assert vectors.ids.tolist() == [f"r{row}" for row in range(20)]
    assert open_table(path).values("year").tolist() == list(range(20))


def test_columns_that_are_picked_stay_in_the_order_of_the_file_and_take_the_type_that_holds_all(path):
    vectors = open_vectors(Selection(path, columns=["year", "dim_1"]))
    assert vectors.dtype == np.float64
    np.testing.assert_array_equal(vectors.read(0, 20), np.stack([X[:, 1], np.arange(20)], axis=1))
    with pytest.raises(InputNotFoundError):
        open_vectors(Selection(path, columns=["dem_1"]))
