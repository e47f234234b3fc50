"""Vectors of a column: rows decoded once, ragged rows, and nulls."""

import numpy as np
import pyarrow as pa
import pytest
from saved_arrow import FORMATS, LISTS, column, save

from simtool.errors import DataError
from simtool.io import arrow_vectors, open_vectors, parquet_and_arrow


def test_rows_of_one_batch_are_not_copied(tmp_path):
    path = save(tmp_path / "a", column([[1, 2]] * 9, pa.list_(pa.float32())), "arrow file", group=9)
    vectors = open_vectors(path)
    assert np.shares_memory(vectors.read(0, 6), vectors.read(5, 9))


def test_reading_forwards_decodes_each_row_once(tmp_path, monkeypatch):
    monkeypatch.setattr(arrow_vectors, "BATCH_BYTES", 64)
    path = save(tmp_path / "a", column([[float(row)] * 2 for row in range(100)], pa.list_(pa.float32())), group=50)
    vectors = open_vectors(path)
    started = []
    read = parquet_and_arrow.ParquetBatches.read_together
    monkeypatch.setattr(
        parquet_and_arrow.ParquetBatches,
        "read_together",
        lambda self, *place: started.append(place) or read(self, *place),
    )
    rows = [vectors.read(start, start + 7)[:, 0] for start in range(0, 100, 7)]
    assert np.concatenate(rows).tolist() == list(range(100))
    assert started == [(0, ["emb"], 8)]
    assert vectors.read(60, 61).tolist() == [[60, 60]]
    assert started[1:] == [(1, ["emb"], 8)]
    # a jump forwards decodes nothing of the row groups between
    assert open_vectors(path).read(60, 61).tolist() == [[60, 60]]
    assert started[-2:] == [(0, ["emb"], 8), (1, ["emb"], 8)]


@pytest.mark.parametrize("form", FORMATS)
def test_ragged_rows_name_the_first_row_and_both_lengths(tmp_path, form):
    values = [[1.0, 2.0]] * 5 + [[1.0, 2.0, 3.0]] + [[1.0]]
    path = save(tmp_path / "a", column(values, pa.list_(pa.float32()), id=list("abcdefg")), form)
    vectors = open_vectors(path)
    assert vectors.read(0, 5).shape == (5, 2)
    with pytest.raises(DataError) as ragged:
        vectors.read(4, 7)
    assert ragged.value.what == "row 5 (id 'f') has length 3 along dim 1, expected 2 as in the first row"
    assert ragged.value.where == f"{path}::emb"
    assert ragged.value.hint


def test_ragged_inner_lists_name_the_row_and_the_dim(tmp_path):
    values = [[[1, 2], [3, 4]], [[1, 2], [3]], [[1, 2], [3, 4]]]
    path = save(tmp_path / "a", column(values, pa.list_(pa.list_(pa.int64()))))
    with pytest.raises(DataError, match="row 1 has length 1 along dim 2, expected 2 as in the first row"):
        open_vectors(path).read(0, 3)


NULLS = [[1.0, 2.0], None, [3.0, 4.0], [None, 5.0], [6.0, 7.0], None, None]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
def test_nulls_are_refused_with_rows_and_a_count(tmp_path, form, make):
    table = column(NULLS, make(pa.float32(), 2), id=pa.array(range(10, 17)))
    path = save(tmp_path / "a", table, form)
    with pytest.raises(DataError) as refused:
        open_vectors(path).read(2, 4)
    expected = "rows 1 (id 11), 3 (id 13), 5 (id 15) and 1 more are null or hold a null"
    assert refused.value.what == expected
    assert refused.value.where == f"{path}::emb"
    assert refused.value.hint == "«nonfinite=drop» leaves them out"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(("kind", "dtype"), [(pa.float16(), "f2"), (pa.float32(), "f4"), (pa.int16(), "f8")], ids=str)
def test_nulls_are_read_as_rows_of_nan(tmp_path, form, make, kind, dtype):
    vectors = open_vectors(save(tmp_path / "a", column(NULLS, make(kind, 2)), form), nulls=True)
    nan = [np.nan, np.nan]
    expected = np.array([[1, 2], nan, [3, 4], nan, [6, 7], nan, nan], dtype)
    assert vectors.dtype == dtype
    np.testing.assert_array_equal(vectors.read(0, 7), expected)
    np.testing.assert_array_equal(vectors.read(2, 6), expected[2:6])


def test_nulls_in_inner_lists_make_the_whole_row_nan(tmp_path):
    values = [[[1, 2], None], [[1, 2], [3, None]], [[1, 2], [3, 4]], None]
    vectors = open_vectors(save(tmp_path / "a", column(values, pa.list_(pa.list_(pa.float32())))), nulls=True)
    rows = vectors.read(0, 4)
    assert vectors.shape == (4, 2, 2)
    assert np.isnan(rows).all(axis=(1, 2)).tolist() == [True, True, False, True]
    assert rows[2].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("form", FORMATS)
def test_integers_without_nulls_stay_integers(tmp_path, form):
    vectors = open_vectors(save(tmp_path / "a", column([[1, 2]], pa.list_(pa.int64()))), nulls=True)
    assert vectors.dtype == np.int64


def test_only_nulls(tmp_path):
    path = save(tmp_path / "a", column([None, None], pa.list_(pa.float32())))
    assert open_vectors(path, nulls=True).read(0, 2).shape == (2, 0)
    with pytest.raises(DataError, match="rows 0, 1 are null or hold a null"):
        open_vectors(path).read(0, 2)


def test_fewer_rows_than_promised(tmp_path, monkeypatch):
    path = save(tmp_path / "a", column([[1.0, 2.0]] * 5, pa.list_(pa.float32())))
    vectors = open_vectors(path)
    monkeypatch.setattr(vectors.batches, "read", lambda *place: iter([pa.array([[1.0, 2.0]])]))
    with pytest.raises(DataError, match="5 rows are promised, but they end before"):
        vectors.read(0, 5)
