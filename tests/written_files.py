"""What the tests of readers share: rows, files as the tools of others write them, and how they are read back."""

import base64

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from simtool.errors import DataError
from simtool.io import open_vectors

WORDS = ["the", "nan", "New", '"', "été", ",", "007", "日本", "#", "x"]
X = np.random.default_rng(3).standard_normal((10, 6)).astype(np.float32)
T = torch.from_numpy(X)
NARROW = [torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2]


def whole(vectors):
    """Read in three uneven pieces, the second one first."""
    count = vectors.shape[0]
    cuts = [0, count // 3, count // 2, count]
    middle, first, last = (vectors.read(cuts[i], cuts[i + 1]) for i in (1, 0, 2))
    return np.concatenate([first, middle, last])


def check(source, expected=X, ids=None, **options):
    """Read a file, and compare the numbers and their type."""
    vectors = open_vectors(str(source), **options)
    found = whole(vectors)
    assert vectors.dtype == found.dtype
    assert vectors.shape == expected.shape
    np.testing.assert_array_equal(found, expected)
    assert (None if vectors.ids is None else vectors.ids.tolist()) == ids
    return vectors


def refused(path, data, kind=DataError, **options):
    path.write_bytes(data)
    with pytest.raises(kind) as error:
        whole(open_vectors(str(path), **options))
    return error.value


def glove(words, end="\n"):
    return "".join(f"{word} {' '.join(map(str, row))}{end}" for word, row in zip(words, X, strict=True)).encode()


def answer(rows, *, packed, order=None):
    data = [
        {"object": "embedding", "index": place, "embedding": _embedding(row, packed=packed)}
        for place, row in enumerate(rows)
    ]
    usage = {"prompt_tokens": 10, "total_tokens": 10}
    return {
        "object": "list",
        "data": [data[place] for place in order or range(len(data))],
        "model": "m",
        "usage": usage,
    }


def _embedding(row, *, packed):
    return base64.b64encode(row.astype("<f4").tobytes()).decode() if packed else row.astype(float).tolist()


def save_table(table, path):
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=4)
    else:
        opener = pa.ipc.new_file if path.suffix == ".arrow" else pa.ipc.new_stream
        with pa.OSFile(str(path), "wb") as file, opener(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=4)
