"""Under which names a listing carries columns of its inputs."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simtool.io import Selection, as_vectors, open_items, open_table, open_vectors, select, with_ids
from simtool.io.listed_columns import carried_beside, has_ids, source_rows


def test_columns_of_one_table_have_their_own_names_in_a_listing_of_pairs(files):
    table = open_table(Selection(str(files / "t.parquet"), keep=["text", "year"]))
    sides = {"a": table.vectors("v"), "b": table.vectors("v")}
    assert list(carried_beside(sides, np.arange(2), ["id", "year"])) == ["text", "year_a"]
    other = {"a": table.vectors("v"), "b": open_vectors(Selection(str(files / "t.csv"), keep=["year"]))}
    assert list(carried_beside(other, np.arange(2), ())) == ["text_a", "year_a", "year_b"]


def test_rows_that_are_called_by_their_numbers_have_no_ids(files):
    selected = Selection(str(files / "t.npy"), rows="3:6")
    vectors = open_vectors(selected)
    assert (vectors.ids.tolist(), has_ids(vectors), has_ids(select(vectors, [0]))) == ([3, 4, 5], False, False)
    assert source_rows(select(vectors, [2, 0]), np.arange(2)).tolist() == [5, 3]
    assert has_ids(with_ids(vectors, vectors.ids))
    assert has_ids(open_vectors(Selection(str(files / "t.parquet"), rows="3:6")))
    assert not has_ids(as_vectors(np.eye(2)))


def test_items_of_a_selection_keep_their_numbers(tmp_path):
    items = [np.ones((length, 2)).tolist() for length in (1, 3, 2, 4)]
    for name, columns in {"plain": {}, "named": {"id": list("wxyz")}}.items():
        pq.write_table(pa.table({**columns, "v": items}), tmp_path / f"{name}.parquet")
        found = open_items(Selection(f"{tmp_path}/{name}.parquet", rows="2:"))
        assert source_rows(found, np.arange(2)).tolist() == [2, 3]
        assert has_ids(found) == bool(columns)
