"""Datasets that lance wrote."""

import lance
import pyarrow as pa
import pytest
from written_files import WORDS, X, check, whole

from simtool.errors import DataError
from simtool.io import open_vectors, read_values


def test_lance(tmp_path):
    path = str(tmp_path / "a.lance")
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 6)
    inner = pa.StructArray.from_arrays([vectors], ["emb"])
    table = pa.table({"id": WORDS, "emb": vectors, "doc": inner})
    lance.write_dataset(table, path, max_rows_per_file=4, max_rows_per_group=2)
    check(f"{path}::emb", ids=WORDS)
    check(f"{path}::doc.emb", ids=WORDS)
    assert read_values(f"{path}::id").tolist() == WORDS
    lance.dataset(path).delete("id = 'x'")
    check(f"{path}::emb", X[:9], WORDS[:9])
    for file in (tmp_path / "a.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(DataError, match="damaged or cannot be decoded"):
        whole(open_vectors(f"{path}::emb"))
