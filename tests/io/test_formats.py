"""The table of formats: what loads a reader, and what is said where its library is missing."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
from written_files import X

from simtool.errors import ResourceError
from simtool.io import open_vectors


def test_a_library_that_is_not_installed_is_named_with_its_extra(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = X
    monkeypatch.setattr("simtool.io.formats.find_spec", lambda name: None)
    for name in ("hdf5", "lance"):
        path = tmp_path / f"a.{name}"
        if name == "lance":
            (path / "_versions").mkdir(parents=True)
        else:
            path.write_bytes((tmp_path / "a.h5").read_bytes())
        with pytest.raises(ResourceError, match="which is not installed") as missing:
            open_vectors(str(path))
        assert missing.value.hint == f"pip install 'simtool-embeddings[{name}]'"


def test_heavy_modules_wait_for_their_format(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(2))
    code = f"""
import sys, simtool.io
simtool.io.open_vectors({str(tmp_path / "a.npy")!r}).read(0, 2)
print([name for name in ("pyarrow", "csv", "json", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
