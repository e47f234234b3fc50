"""Files that h5py wrote."""

import io

import h5py
import numpy as np
import pytest
from written_files import WORDS, X, check

from simtool.errors import DataError, ResourceError
from simtool.io import open_vectors, read_values


def test_hdf5(tmp_path, monkeypatch):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["model/emb"] = X
        file.create_dataset("model/big", data=X.astype(">f8"), chunks=(3, 4), compression="gzip", shuffle=True)
        file["half"], file["whole"], file["map"] = X.astype("f2"), (X * 9).astype("i2"), X.reshape(10, 3, 2)
        file["id"], file["flag"], file["n"] = WORDS, X[:, 0] > 0, 3
    expected = {"model/emb": X, "model/big": X.astype(float), "half": X.astype("f2"), "whole": (X * 9).astype("i2")}
    for name, array in (expected | {"map": X.reshape(10, 3, 2)}).items():
        assert check(f"{path}::{name}", array, WORDS).dtype == array.dtype
    assert read_values(f"{path}::flag").tolist() == (X[:, 0] > 0).tolist()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    check("-::model/emb", ids=WORDS)


def test_hdf5_that_is_refused(tmp_path):
    path = tmp_path / "a.h5"
    other = tmp_path / "other.raw"
    other.write_bytes(X.tobytes())
    layout = h5py.VirtualLayout((10, 6), "f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (10, 6))
    with h5py.File(path, "w") as file:
        file.create_dataset("never", (10**12, 384), "f4", chunks=(100, 384))
        file.create_dataset("outside", (10, 6), "f4", external=[(str(other), 0, h5py.h5f.UNLIMITED)])
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("chunk", (1 << 16, 1 << 10), "f4", chunks=(1 << 16, 1 << 10), compression="gzip")[:1] = 1
        file["pairs"] = np.ones(3, np.dtype([("a", "f4"), ("b", "f4")]))
        file["kept"] = X
    for name, what in {
        "never": "takes 1,536,000,000,000,000 bytes, and 0 are stored",
        "outside": "this dataset lies in another file",
        "virtual": "this dataset lies in another file",
        "pairs": "expected floats or integers",
    }.items():
        with pytest.raises(DataError, match=what):
            open_vectors(f"{path}::{name}")
    with pytest.raises(ResourceError, match="one chunk takes about 256 MiB"):
        open_vectors(f"{path}::chunk", max_memory="300M")
    check(f"{path}::kept")
