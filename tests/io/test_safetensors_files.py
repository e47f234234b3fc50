"""Files that the safetensors library wrote."""

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from written_files import NARROW, T, X, check

from simtool.errors import InputNotFoundError
from simtool.io import open_table, open_vectors


def test_safetensors(tmp_path):
    path = tmp_path / "a.safetensors"
    tensors = {"f32": T, "f64": T.double(), "i8": (T * 9).to(torch.int8), "id": torch.arange(10), "flat": T[0].clone()}
    safetensors.torch.save_file(tensors | {str(kind): T.to(kind) for kind in NARROW}, path, {"made": "by a test"})
    for name in ("f32", "f64", "i8"):
        check(f"{path}::{name}", tensors[name].numpy(), list(range(10)))
    for kind in NARROW:
        assert check(f"{path}::{kind}", T.to(kind).double().numpy(), list(range(10))).dtype.itemsize < 8
    table = open_table(str(path))
    assert (table.rows, set(table.value_columns)) == (10, {"id", "flat"})
    with pytest.raises(InputNotFoundError, match="no column 'f33'") as missing:
        open_vectors(f"{path}::f33")
    assert missing.value.hint == f"did you mean {path}::f32?"
    safetensors.numpy.save_file({"only": X}, path)
    check(path)
    safetensors.numpy.save_file({"empty": X[:0], "scalar": np.array(1.0)}, path)
    assert open_vectors(str(path)).shape == (0, 6)
