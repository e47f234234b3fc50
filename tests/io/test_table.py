"""Which column of a table holds the vectors and which the ids, and what is said where that is not clear."""

from types import SimpleNamespace

import pytest

from simtool.errors import DataError, InputNotFoundError
from simtool.io.table import check_column, join_name, pick_ids, pick_vectors


def table(vectors=(), values=(), columns=None):
    return SimpleNamespace(
        name="t.parquet",
        format="parquet",
        vector_columns=tuple(vectors),
        value_columns=tuple(values),
        columns=columns or (*vectors, *values),
    )


def test_the_only_column_of_vectors_is_taken_and_a_named_one_before_it():
    assert pick_vectors(table(["v"], ["id"]), None) == "v"
    assert pick_vectors(table(["v"], ["id"]), "id") == "id"


def test_none_or_several_columns_of_vectors_are_refused_with_what_to_type():
    with pytest.raises(DataError, match="several columns hold vectors: v, w") as several:
        pick_vectors(table(["v", "w"]), None)
    assert several.value.hint == "name one: t.parquet::v"
    with pytest.raises(DataError, match=r"no column holds vectors .*columns: text") as none:
        pick_vectors(table([], ["text"]), None)
    assert "write Parquet" in none.value.hint


def test_a_column_that_is_missing_or_comes_twice_is_refused():
    with pytest.raises(InputNotFoundError, match="no column 'embeding'") as missing:
        check_column(table(["embedding"], ["id"]), "embeding")
    assert missing.value.hint == "did you mean t.parquet::embedding?"
    with pytest.raises(DataError, match="2 columns are named 'v'"):
        check_column(table(columns=("v", "v")), "v")
    with pytest.raises(InputNotFoundError, match="names no columns"):
        check_column(table(columns=("",)), "v")
    many = table(columns=tuple(f"column {number}" for number in range(50)))
    with pytest.raises(InputNotFoundError) as listed:
        check_column(many, "zzz")
    assert "and 30 more" in listed.value.hint


def test_ids_are_the_one_column_that_is_named_so():
    assert pick_ids(table(["v"], ["text", "UUID"])) == "UUID"
    assert pick_ids(table(["v"], ["text"])) is None
    with pytest.raises(DataError, match="several columns may be ids: id, key"):
        pick_ids(table(["v"], ["id", "key"]))


def test_a_column_is_named_as_it_is_typed():
    assert (join_name("t.npz", "v"), join_name("t.npy", "")) == ("t.npz::v", "t.npy")


def test_a_column_of_what_is_in_memory_is_passed():
    held = SimpleNamespace(**{**vars(table(["v", "w"])), "format": "table in memory"})
    with pytest.raises(DataError) as several:
        pick_vectors(held, None)
    assert several.value.hint == "pass one: frame['v']"
