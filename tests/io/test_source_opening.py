"""What a user types: paths, names, and missing files."""

import io
import os

import numpy as np
import pytest
from piped_bytes import as_stdin, npy_bytes

from simtool.errors import InputNotFoundError
from simtool.io import open_vectors


def test_a_missing_file_names_the_closest(tmp_path):
    (tmp_path / "vectors.npy").write_bytes(b"")
    with pytest.raises(InputNotFoundError) as missing:
        open_vectors(str(tmp_path / "vektors.npy"))
    assert missing.value.what == "no such file"
    assert missing.value.where == str(tmp_path / "vektors.npy")
    assert missing.value.hint == f"did you mean {tmp_path / 'vectors.npy'}?"
    with pytest.raises(InputNotFoundError, match=r"the folder .*nowhere is not there either"):
        open_vectors(str(tmp_path / "nowhere" / "a.npy"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(tmp_path):
    (tmp_path / "a.npy").write_bytes(npy_bytes(np.eye(2)))
    (tmp_path / "a.npy").chmod(0)
    with pytest.raises(InputNotFoundError, match="cannot be read: Permission denied"):
        open_vectors(str(tmp_path / "a.npy"))


def test_standard_input_gives_vectors_and_their_ids(monkeypatch):
    packed = io.BytesIO()
    np.savez_compressed(packed, x=np.eye(2), names=np.array(["p", "q"]))
    as_stdin(monkeypatch, packed.getvalue())
    vectors = open_vectors("-::x", ids="::names")
    assert vectors.ids.tolist() == ["p", "q"]
    assert vectors.read(0, 2).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("typed", "there", "meant"),
    [
        ("nope.parquet", ["kept.parquet"], ""),
        ("x.npi", ["x.npy", "y.npy"], "x.npy"),
        ("docs.jsonl.gz", ["docs.csv", "docs.jsonl"], "docs.jsonl"),
        ("emb.npy", ["embeddings.npy", "member.npy"], ""),
        ("wrods.npy", ["words.parquet", ".words.npy"], "words.parquet"),
    ],
)
def test_only_a_near_file_is_named(tmp_path, typed, there, meant):
    for name in there:
        (tmp_path / name).touch()
    with pytest.raises(InputNotFoundError) as missing:
        open_vectors(str(tmp_path / typed))
    assert missing.value.hint == (f"did you mean {tmp_path / meant}?" if meant else "")
