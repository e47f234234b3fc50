"""Files that torch wrote."""

import io
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest
import torch
from written_files import WORDS, T, X, check, refused

from simtool.errors import DataError, ResourceError
from simtool.io import open_vectors, torch_files


def test_pytorch(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    torch.save(T, path)
    check(path)
    nested = {"ids": WORDS, "model": {"emb": T.T.contiguous().T, "half": T.bfloat16()}, "list": [T, T * 2], "lr": 0.1}
    nested["weight"] = torch.nn.Parameter(T)
    torch.save(nested, path)
    for name, expected in {"model.emb": X, "list.1": 2 * X, "weight": X}.items():
        check(f"{path}::{name}", expected, WORDS)
    assert check(f"{path}::model.half", T.bfloat16().float().numpy(), WORDS).dtype == np.float32
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    check("-::weight", ids=WORDS)
    torch.save({"model": torch.nn.Linear(2, 2)}, path)
    error = refused(path, path.read_bytes())
    assert error.what == (
        "this file holds more than tensors: torch.nn.modules.linear.Linear, which may run code when it is read"
    )
    torch.save({"sparse": T.to_sparse(), "complex": T.to(torch.complex64), "x": T}, path)
    check(path)
    for name, kind in {"sparse": "sparse_coo", "complex": "complex64"}.items():
        with pytest.raises(DataError, match=f"expected a dense tensor of floats or integers, got torch.{kind}"):
            open_vectors(f"{path}::{name}")
    with warnings.catch_warnings(action="ignore"):
        torch.save(T, path, _use_new_zipfile_serialization=False)
    assert refused(path, path.read_bytes()).hint == "save it again with torch.save"


def test_pytorch_nests_that_grow_without_end_are_refused(tmp_path):
    deep, wide = {"x": T}, {"x": T}
    for _ in range(60):
        deep = {"a": deep}
    for _ in range(40):
        wide = {"a": wide, "b": wide}
    itself: list = [T]
    itself.append(itself)
    for content in (deep, wide, itself):
        torch.save(content, tmp_path / "a.pt")
        assert refused(tmp_path / "a.pt", (tmp_path / "a.pt").read_bytes()).hint == torch_files.RESAVE


def test_a_torch_that_may_run_code_is_refused(tmp_path, monkeypatch):
    torch.save(T, tmp_path / "a.pt")
    monkeypatch.setattr(torch_files, "version", lambda name: "2.5.1+cu124")
    with pytest.raises(ResourceError, match=r"torch 2\.5\.1\+cu124 is installed.*CVE-2025-32434") as old:
        open_vectors(str(tmp_path / "a.pt"))
    assert old.value.hint == "pip install 'torch>=2.6'"


HOSTILE = {
    b"\x80\x02cposix\nmkdir\n.": "holds more than tensors: posix.mkdir",
    b"\x80\x02}q\0(X\x05\0\0\0ids\xffq": "damaged PyTorch file: ",
    b"\x80\x02]": "damaged PyTorch file: pickle exhausted before seeing STOP",
}


def test_a_hostile_file_is_refused_without_importing_torch(tmp_path):
    for number, content in enumerate(HOSTILE):
        with zipfile.ZipFile(tmp_path / f"{number}.pt", "w") as file:
            file.writestr("a/data.pkl", content)
    asked = """
import sys
from simtool.io import open_vectors
for path in sys.argv[1:]:
    try:
        open_vectors(path)
    except ValueError as error:
        print(error.what)
print("torch" in sys.modules)
"""
    paths = [str(tmp_path / f"{number}.pt") for number in range(len(HOSTILE))]
    *said, imported = subprocess.run(
        [sys.executable, "-c", asked, *paths], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(said) == len(HOSTILE)
    assert all(words in line for words, line in zip(HOSTILE.values(), said, strict=True))
    assert imported == "False"
