"""What a file is, by its first bytes, its suffix or what it is said to be."""

import io
import pickle

import numpy as np
import pytest
from written_files import WORDS, glove

from simtool.errors import DataError, ParameterError
from simtool.io import open_vectors
from simtool.io.formats import READ
from simtool.io.sniffing import FOREIGN, recognise


def test_what_input_format_may_not_be(tmp_path):
    (tmp_path / "a.txt").write_bytes(glove(WORDS))
    with pytest.raises(ParameterError, match="no format is called 'fbn'") as unknown:
        open_vectors(str(tmp_path / "a.txt"), input_format="fbn")
    assert unknown.value.hint.startswith("did you mean fbin? there is npy, ")


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_the_bytes_win_over_the_suffix(tmp_path):
    path = tmp_path / "vectors.parquet"
    path.write_bytes(npy_bytes(np.eye(2)))
    assert open_vectors(str(path)).shape == (2, 2)


@pytest.mark.parametrize(("magic", "kind", "hint"), FOREIGN, ids=[row[1] for row in FOREIGN])
def test_foreign_formats_are_named(tmp_path, magic, kind, hint):
    path = tmp_path / "a.npy"
    path.write_bytes(magic + b"\0" * 20)
    with pytest.raises(DataError) as refused:
        open_vectors(str(path))
    assert refused.value.what == f"this is {kind}, which is not read"
    assert (refused.value.where, refused.value.hint) == (str(path), hint)


def test_pickles_and_noise_are_named():
    with pytest.raises(DataError, match="a pickle, which may run code"):
        recognise(pickle.dumps([1.0]), 100, "a.pkl")
    with pytest.raises(DataError, match="binary data of an unknown format") as unknown:
        recognise(b"abc\0def", 7, "a")
    assert unknown.value.hint == f"{READ}; «input_format» names one that has no magic number"


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.pt", b"PK\x03\x04" + b"\0" * 40, r"no PyTorch file, or it is damaged: it begins with b'PK\\x03\\x04"),
        ("a.safetensors", b"\x9b\x88" * 20, r"no safetensors file, or it is damaged: it begins with b'\\x9b\\x88"),
        (
            "a.fbin",
            b"\xff\xff\xff\xff" + b"\4\0\0\0" * 4,
            "no fbin file, or it is damaged: 4,294,967,295 rows of 4 dims",
        ),
        ("a.npy", b"\x93NUMPI" + b"\0" * 40, r"no npy file, or it is damaged: it begins with b'\\x93NUMPI"),
        (
            "a.parquet",
            b"hello there\n",
            "no rows; this is text and was read as CSV, while its suffix is that of Parquet",
        ),
    ],
)
def test_the_suffix_says_what_a_damaged_file_was_to_be(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=what):
        open_vectors(str(tmp_path / name))


def test_an_npz_by_another_name_is_told_by_its_first_member(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.eye(2))
    assert open_vectors(str((tmp_path / "a.npz").rename(tmp_path / "a.pt"))).shape == (2, 2)
