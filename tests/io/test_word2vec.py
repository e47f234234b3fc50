"""The binary and the text form of word2vec, as gensim writes them."""

import io

import numpy as np
from gensim.models import KeyedVectors
from written_files import WORDS, X, check, refused

from simtool.io import read_values


def keyed_vectors(words=WORDS):
    vectors = KeyedVectors(6)
    vectors.add_vectors(words, X)
    return vectors


def test_word2vec_by_gensim(tmp_path, monkeypatch):
    for binary, name in ((True, "a.bin"), (False, "a.vec")):
        keyed_vectors().save_word2vec_format(str(tmp_path / name), binary=binary)
        assert check(tmp_path / name, ids=WORDS).dtype == np.float32
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((tmp_path / name).read_bytes())))
        check("-", ids=WORDS)
        assert read_values(f"{tmp_path / name}::id").tolist() == WORDS
    # as the program of Mikolov et al. writes it: a line end after each vector
    lines = b"".join(f"{word} ".encode() + row.tobytes() + b"\n" for word, row in zip(WORDS, X, strict=True))
    (tmp_path / "a.bin").write_bytes(b"10 6\n" + lines)
    check(tmp_path / "a.bin", ids=WORDS)
    keyed_vectors(["a b", *WORDS[1:]]).save_word2vec_format(str(tmp_path / "a.bin"), binary=True)
    assert "word2vec_format" in refused(tmp_path / "a.bin", (tmp_path / "a.bin").read_bytes()).hint
    keyed_vectors().save(str(tmp_path / "a.kv"))
    assert "a pickle" in refused(tmp_path / "a.kv", (tmp_path / "a.kv").read_bytes()).what
