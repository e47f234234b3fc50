"""Under which names a listing carries columns of its inputs."""

import numpy as np

from simtool.io import Selection, open_table, open_vectors
from simtool.io.listed_columns import carried_beside


def test_columns_of_one_table_have_their_own_names_in_a_listing_of_pairs(files):
    table = open_table(Selection(str(files / "t.parquet"), keep=["text", "year"]))
    sides = {"a": table.vectors("v"), "b": table.vectors("v")}
    assert list(carried_beside(sides, np.arange(2), ["id", "year"])) == ["text", "year_a"]
    other = {"a": table.vectors("v"), "b": open_vectors(Selection(str(files / "t.csv"), keep=["year"]))}
    assert list(carried_beside(other, np.arange(2), ())) == ["text_a", "year_a", "year_b"]
