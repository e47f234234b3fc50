"""Where a row was before rows were selected, and which columns make vectors."""

import numpy as np

from simtool.io import as_vectors, open_vectors, select
from simtool.io.origins import place_of, provenance


def test_a_row_is_placed_where_it_was(tmp_path):
    vectors = as_vectors(np.eye(4), "a")
    assert place_of(vectors, 2) == "a"
    assert place_of(select(vectors, np.array([3, 1])), 0) == "a, row 3 there"
    for number in range(2):
        np.save(tmp_path / f"s-{number}.npy", np.eye(3))
    shards = open_vectors(str(tmp_path / "s-*.npy"))
    assert place_of(select(shards, np.array([0, 4])), 1) == f"{tmp_path}/s-1.npy, row 1 there"


def test_the_columns_of_a_role_stay_those_of_selected_rows(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n")
    vectors = open_vectors(str(tmp_path / "a.csv"))
    expected = {"b": f"the vectors of {tmp_path}/a.csv are 2 columns: x, y"}
    assert provenance({"a": as_vectors(np.eye(2)), "b": vectors, "c": None}) == expected
    assert provenance({"b": select(vectors, np.array([1]))}) == expected
