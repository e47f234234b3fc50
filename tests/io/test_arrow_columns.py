"""Columns made of columns of Arrow: members of structs, tensors."""

import numpy as np
import pyarrow as pa
import pytest
from written_files import WORDS, X, check, save_table, whole

from simtool.errors import DataError
from simtool.io import open_table, open_vectors, read_values


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.arrows"])
def test_members_of_structs(tmp_path, name):
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 6)
    inner = pa.StructArray.from_arrays([vectors, pa.array(WORDS)], ["emb", "word"])
    table = pa.table({"id": WORDS, "doc": pa.StructArray.from_arrays([inner, pa.array(range(10))], ["text", "n"])})
    save_table(table, tmp_path / name)
    check(tmp_path / name, ids=WORDS)
    check(f"{tmp_path / name}::doc.text.emb", ids=WORDS)
    assert read_values(f"{tmp_path / name}::doc.text.word").tolist() == WORDS
    assert open_table(str(tmp_path / name)).columns == ("id", "doc.text.emb", "doc.text.word", "doc.n")
    holes = pa.StructArray.from_arrays([vectors], ["emb"], mask=pa.array([False] * 4 + [True] + [False] * 5))
    save_table(pa.table({"doc": holes, "doc.x": pa.array(range(10))}), tmp_path / name)
    with pytest.raises(DataError, match="row 4 is null"):
        whole(open_vectors(f"{tmp_path / name}::doc.emb"))
    assert np.isnan(open_vectors(f"{tmp_path / name}::doc.emb", nulls=True).read(4, 5)).all()


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.arrows"])
def test_fixed_shape_tensors(tmp_path, name):
    maps = X.reshape(10, 3, 2)
    save_table(pa.table({"map": pa.FixedShapeTensorArray.from_numpy_ndarray(maps)}), tmp_path / name)
    check(tmp_path / name, maps)
