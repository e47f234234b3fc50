"""Text that gzip and zstandard packed."""

import gzip
import io
import json

import numpy as np
import pytest
import zstandard
from written_files import WORDS, X, answer, check, glove, refused

from simtool.errors import ResourceError
from simtool.io import read_values


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_packed_text(tmp_path, monkeypatch, pack):
    texts = {
        "glove": (glove(WORDS), WORDS),
        "jsonl": ("".join(json.dumps(row) + "\n" for row in X.astype(float).tolist()).encode(), None),
        "json": (json.dumps(answer(X, packed=True)).encode(), None),
    }
    for name, (content, ids) in texts.items():
        for size in (50, 1 << 20):
            monkeypatch.setattr("simtool.io.text.BLOCK_BYTES", size)
            half = len(content) // 2
            (tmp_path / name).write_bytes(pack(content[:half]) + pack(content[half:]))
            check(tmp_path / name, ids=ids)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pack(content))))
        check("-", ids=ids)
    labels = tmp_path / "labels.txt"
    labels.write_bytes(pack(b"1\n0\n1\n"))
    assert read_values(str(labels)).tolist() == [1, 0, 1]
    packed = pack(glove(WORDS))
    for broken in (packed[:-5], packed[: len(packed) // 2], packed + b"more of it"):
        assert refused(tmp_path / "a.gz", broken).what.startswith("damaged ")
    assert "packed" in refused(tmp_path / "a.gz", pack(np.lib.format.magic(1, 0) + b"x" * 300)).what
    assert refused(tmp_path / "a.gz", pack(b"9" * (40 << 20)), ResourceError, max_memory="161M").where


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_a_line_that_fills_the_memory_is_refused_before_it_does(tmp_path, monkeypatch, pack):
    monkeypatch.setattr("simtool.io.compressed.LONG_LINE", 1 << 20)
    packed = pack(b"9" * (8 << 20))
    error = refused(tmp_path / "a.gz", packed, ResourceError, max_memory="4G")
    assert error.what.startswith(f"a line of more than 1 MiB is in these {len(packed):,} bytes of ")
