"""Which types of Arrow are vectors: lists, views of lists and tensors of numbers, and no others."""

import numpy as np
import pyarrow as pa
import pytest
from saved_arrow import FORMATS, column, save

from simtool.errors import DataError
from simtool.io import open_vectors


@pytest.mark.parametrize("kind", [pa.list_view(pa.float32()), pa.large_list_view(pa.float32())], ids=str)
@pytest.mark.parametrize("form", FORMATS[1:])
def test_list_views(tmp_path, kind, form):
    vectors = open_vectors(save(tmp_path / "a", column([[1, 2], [3, 4], [5, 6]], kind), form, group=2))
    assert vectors.read(1, 3).tolist() == [[3, 4], [5, 6]]


@pytest.mark.parametrize("form", FORMATS)
def test_tensors(tmp_path, form):
    array = np.arange(24, dtype="f4").reshape(4, 2, 3)
    table = pa.table({"emb": pa.FixedShapeTensorArray.from_numpy_ndarray(array)})
    vectors = open_vectors(save(tmp_path / "a", table, form, group=3))
    assert vectors.shape == (4, 2, 3)
    np.testing.assert_array_equal(vectors.read(1, 4), array[1:])


def test_tensors_with_permuted_dims_are_refused(tmp_path):
    kind = pa.fixed_shape_tensor(pa.float32(), [2, 3], permutation=[1, 0])
    storage = pa.array([[1, 2, 3, 4, 5, 6]], kind.storage_type)
    path = save(tmp_path / "a", pa.table({"emb": pa.ExtensionArray.from_storage(kind, storage)}), "arrow file")
    with pytest.raises(DataError, match="expected lists of numbers, got extension"):
        open_vectors(f"{path}::emb")


REFUSED = {
    "list<element: decimal128(4, 2)>": pa.array([[1]], pa.list_(pa.decimal128(4, 2))),
    "list<element: string>": pa.array([["a"]]),
    "list<element: bool>": pa.array([[True]]),
    "date32[day]": pa.array([1], pa.date32()),
    "int64": pa.array([1]),
}


@pytest.mark.parametrize(("name", "values"), REFUSED.items(), ids=REFUSED)
def test_other_element_types_are_refused(tmp_path, name, values):
    path = save(tmp_path / "a", pa.table({"emb": values}))
    with pytest.raises(DataError) as named:
        open_vectors(f"{path}::emb")
    assert named.value.what == f"expected lists of numbers, got {name}"
    assert named.value.where == f"{path}::emb"
    with pytest.raises(DataError, match=r"no column holds vectors \(lists of numbers\); columns: emb"):
        open_vectors(path)
