"""Damaged and lying files of the formats of others: refused in plain words, or read; never a crash, never much memory.

With `SIMTOOL_NIGHTLY=1` there are 500 mutants of each format; without it there are a few, besides the minimised cases
that once did harm or that stand for a kind of damage.
"""

import base64
import gzip
import json
import os
import shutil
import struct
import tracemalloc
from functools import cache

import datasets
import h5py
import lance
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
import torch
import zstandard

from simtool.errors import DataError, SimtoolError
from simtool.io import open_table, open_vectors

NIGHTLY = "SIMTOOL_NIGHTLY" in os.environ
MUTANTS = 500 if NIGHTLY else 15
MOST = 64 << 20  # bytes that a mutant of some hundred bytes may take
X = np.random.default_rng(5).standard_normal((6, 4)).astype(np.float32)
WORDS = ["the", "of", "nan", "x", "été", "7"]
HUGE = [
    b"\xff" * 4,
    b"\xff" * 8,
    b"\0\xca\x9a\x3b",
    struct.pack("<q", 10**12),
    b"\0" * 4,
    b"999999999999",
    b"-1",
    b"[",
    b"{",
]


def by_library(save, name):
    """Return what a library writes to a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        save(path)
        with open(path, "rb") as file:
            return file.read()


def answers():
    data = [{"index": place, "embedding": row.tolist()} for place, row in enumerate(X)]
    data[1]["embedding"] = base64.b64encode(X[1].tobytes()).decode()
    return json.dumps({"object": "list", "data": data}).encode()


def batch():
    lines = [
        {"custom_id": word, "response": {"status_code": 200, "body": json.loads(answers())}, "error": None}
        for word in WORDS
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["x"], file["g/packed"] = X, X.astype("f2")
        file.create_dataset("chunked", data=X, chunks=(2, 2), compression="gzip")
        file["id"] = WORDS


def wide():
    columns = {f"dim_{number}": X[:, number] for number in range(4)}
    return pa.table({**columns, "doc": pa.StructArray.from_arrays([pa.array(WORDS)], ["word"])})


GLOVE = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, X, strict=True)).encode()
SEEDS = {
    "safetensors": lambda: safetensors.numpy.save({"x": X, "half": X.astype("f2"), "id": np.arange(6)}),
    "pt": lambda: by_library(lambda path: torch.save({"x": torch.from_numpy(X), "ids": WORDS}, path), "a.pt"),
    "fbin": lambda: struct.pack("<II", 6, 4) + X.tobytes(),
    "fvecs": lambda: b"".join(struct.pack("<i", 4) + row.tobytes() for row in X),
    "bin": lambda: b"6 4\n" + b"".join(w.encode() + b" " + row.tobytes() for w, row in zip(WORDS, X, strict=True)),
    "txt": lambda: GLOVE,
    "vec": lambda: b"6 4\n" + GLOVE,
    "dat": lambda: b"# made\n" + "\n".join(" ".join(f"{number:.18e}" for number in row) for row in X).encode(),
    "json": answers,
    "jsonl": batch,
    "list.json": lambda: json.dumps(X.tolist()).encode(),
    "h5": lambda: by_library(hdf5, "a.h5"),
    "wide.parquet": lambda: by_library(lambda path: pq.write_table(wide(), path), "a.parquet"),
    "txt.gz": lambda: gzip.compress(GLOVE, mtime=0),
    "txt.zst": lambda: zstandard.compress(GLOVE),
}


@cache
def seed(name):
    return SEEDS[name]()


def outcome(path):
    """Read all that a file holds, some rows at a time; return how often it was refused, 1000 for the whole."""
    refusals = 0
    try:
        table = open_table(str(path), nulls=True)
    except SimtoolError as error:
        return 1000 * checked(error)
    try:
        for name in table.columns:
            for read in (table.vectors, table.values):
                try:
                    found = read(name)
                    if not isinstance(found, np.ndarray):
                        for start in range(0, min(found.shape[0], 100), 7):
                            found.read(start, min(start + 7, found.shape[0]))
                except SimtoolError as error:
                    refusals += checked(error)
        table.ids()
    except SimtoolError as error:
        refusals += checked(error)
    return refusals


def checked(error):
    assert error.what
    assert "\n" not in error.what
    return 1


def within_memory(path):
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    try:
        found = outcome(path)
        assert tracemalloc.get_traced_memory()[1] < MOST
        assert pa.total_allocated_bytes() - before < MOST
    finally:
        tracemalloc.stop()
    return found


def mutated(content, rng):
    """Return content with one to three damages."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(0, max(1, len(content))))
        # headers are where it hurts
        place = place if rng.random() < 0.5 else place % 80
        kind = rng.integers(0, 5)
        if kind == 0 and content:
            content[place % len(content)] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            del content[place:]
        elif kind == 2:
            piece = HUGE[rng.integers(0, len(HUGE))]
            content[place : place + len(piece)] = piece
        elif kind == 3:
            content[place:place] = content[place : place + int(rng.integers(1, 40))]
        else:
            del content[place : place + int(rng.integers(1, 20))]
    return bytes(content)


@pytest.mark.parametrize("name", SEEDS)
def test_mutants_are_refused_or_read_in_little_memory(tmp_path, name):
    path = tmp_path / f"a.{name}"
    path.write_bytes(seed(name))
    first = outcome(path)
    refused = 0
    for number in range(MUTANTS):
        path.write_bytes(mutated(seed(name), np.random.default_rng([number, len(name)])))
        try:
            refused += within_memory(path) > first
        except Exception as error:
            raise AssertionError(f"mutant {number} of {name}") from error
    assert refused


def save_lance(folder):
    lance.write_dataset(pa.table({"id": WORDS, "x": pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 4)}), folder)


def save_datasets(folder):
    datasets.disable_progress_bars()
    datasets.Dataset.from_dict({"id": WORDS, "x": X.tolist()}).save_to_disk(folder)


@pytest.mark.parametrize("save", [save_lance, save_datasets])
def test_mutants_in_folders_are_refused_or_read_in_little_memory(tmp_path, save):
    save(str(tmp_path / "whole"))
    files = sorted(path for path in (tmp_path / "whole").rglob("*") if path.is_file())
    first, refused = outcome(tmp_path / "whole"), 0
    for number in range(MUTANTS if NIGHTLY or save is save_datasets else 2):  # each starts a process
        rng = np.random.default_rng(number)
        folder = tmp_path / f"mutant{number}"  # a library may remember what it read at a path
        shutil.copytree(tmp_path / "whole", folder)
        path = folder / files[rng.integers(0, len(files))].relative_to(tmp_path / "whole")
        path.write_bytes(mutated(path.read_bytes(), rng))
        try:
            refused += within_memory(folder) > first
        except Exception as error:
            raise AssertionError(f"mutant {number}") from error
        shutil.rmtree(folder)
    assert refused or not NIGHTLY


def tensors(header, content=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def tensor(shape=(2, 3), start=0, stop=24, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


MINIMISED = {
    "safetensors that ends in its header": ("safetensors", struct.pack("<Q", 99) + b'{"x"', "promises 99 bytes"),
    "safetensors of 10^12 rows": (
        "safetensors",
        tensors({"x": tensor([10**12, 384], 0, 384 * 4 * 10**12)}, b"\0" * 24),
        "truncated safetensors file",
    ),
    "safetensors whose shape lies": ("safetensors", tensors({"x": tensor([10**12])}, b"\0" * 24), "takes 4,000,000,0"),
    "safetensors whose shape overflows": ("safetensors", tensors({"x": tensor([2**62, 2**62])}, b"\0" * 24), "takes "),
    "safetensors of negative shape": ("safetensors", tensors({"x": tensor([-2, -3])}, b"\0" * 24), "does not say"),
    "safetensors of shape 2.0": ("safetensors", tensors({"x": tensor([2.0, 3])}, b"\0" * 24), "does not say"),
    "safetensors that overlap": (
        "safetensors",
        tensors({"x": tensor(), "y": tensor()}, b"\0" * 24),
        "overlaps the tensor before it",
    ),
    "safetensors with a gap": ("safetensors", tensors({"x": tensor(start=8, stop=32)}, b"\0" * 32), "leaves bytes"),
    "safetensors with more behind": ("safetensors", tensors({"x": tensor()}, b"\0" * 25), "overlong"),
    "safetensors that end early": ("safetensors", tensors({"x": tensor()}, b"\0" * 23), "truncated"),
    "safetensors of one name twice": (
        "safetensors",
        tensors(b'{"x":%b,"x":%b}' % ((json.dumps(tensor()).encode(),) * 2), b"\0" * 24),
        "'x' comes twice",
    ),
    "safetensors that are no JSON": ("safetensors", tensors(b"{nothing", b"\0" * 24), "cannot be understood"),
    "safetensors that are not UTF-8": ("safetensors", tensors(b'{"\xff": 1}', b"\0" * 24), "cannot be understood"),
    "safetensors of deep JSON": ("safetensors", tensors(b'{"x":' + b"[" * 100_000), "cannot be understood"),
    "safetensors without tensors": ("safetensors", tensors({"__metadata__": {}}), "no column holds vectors"),
    "safetensors of an unknown type": ("safetensors::x", tensors({"x": tensor(dtype="F4")}, b"\0" * 24), "got F4"),
    "safetensors of complex numbers": ("safetensors::x", tensors({"x": tensor(dtype="C64")}, b"\0" * 24), "got C64"),
    "fbin of 2^32 rows": ("fbin", b"\xfe" * 8 + b"\0" * 24, "4,278,124,286 rows of 4,278,124,286 dims"),
    "fbin that ends in its header": ("fbin", b"\1\0\0", "and it has 3"),
    "fbin without rows": ("fbin", struct.pack("<II", 0, 4), ""),
    "fbin without dims": ("fbin", struct.pack("<II", 4, 0), "have no dims"),
    "fvecs of negative dims": ("fvecs", struct.pack("<i", -2) + b"\0" * 24, "rows of 4,294,967,294 dims"),
    "fvecs without dims": ("fvecs", b"\0" * 24, "rows of 0 dims"),
    "fvecs that end in a row": ("fvecs", struct.pack("<i", 4) + b"\0" * 17, "take 20 bytes each, and it has 21"),
    "word2vec of 10^12 words": ("bin", b"1000000000000 300\n\0\1\2\3", "take at least 1,20"),
    "word2vec of 10^30 words": ("bin", b"1" * 31 + b" 3\n\0\1\2\3", "numbers of words and of dims"),
    "word2vec without words": ("bin", b"0 3\n\0\1\2\3", "0 words of 3 dims"),
    "word2vec that ends early": ("bin", b"1 2\na \0\0\0\0\0\0", "take at least"),
    "word2vec without a space": ("bin", b"1 1\naa\0\0\0\0\0\0", "begins with no word and space"),
    "word2vec with more behind": ("bin", b"1 1\na \0\0\0\0bcd", "should end the file at byte 10, and it has 13"),
    "glove of 10^12 words": ("vec", b"1000000000000 2\na 1 2\n", "promises 1,000,000,000,000 words, and there are 1"),
    "glove of 10^7 dims": ("vec", b"1 10000000\na 1 2\n", ""),
    "PyTorch that ends early": ("pt", seed("pt")[:300], "damaged PyTorch file"),
    "PyTorch that is no zip": ("pt", seed("pt")[:60], "damaged PyTorch file"),
    "a batch that is empty": ("json", b'{"custom_id": "a", "response": {"body": {"data": []}}}', "no list `data`"),
    "gzip that holds nothing": ("gz", gzip.compress(b""), "the input is empty"),
    "gzip in gzip": ("gz", gzip.compress(gzip.compress(GLOVE)), ""),
    "gzip that is a stump": ("gz", b"\x1f\x8b", "damaged gzip data"),
    "zstandard that is a stump": ("zst", b"\x28\xb5\x2f\xfd", "damaged zstd data"),
}


def test_a_member_that_claims_a_gigabyte_takes_no_memory(tmp_path):
    content = bytearray(seed("pt"))
    entry = content.index(b"PK\x01\x02")
    content[entry + 20 : entry + 24] = struct.pack("<I", 960_051_513)  # what its bytes take in the file
    (tmp_path / "a.pt").write_bytes(content)
    assert within_memory(tmp_path / "a.pt") == 1000


def read_all(source):
    vectors = open_vectors(source)
    return vectors.read(0, vectors.shape[0])


@pytest.mark.parametrize("name", MINIMISED)
def test_a_minimised_mutant(tmp_path, name):
    suffix, content, words = MINIMISED[name]
    suffix, mark, column = suffix.partition("::")
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    within_memory(path)
    if words:
        with pytest.raises(SimtoolError) as error:
            read_all(f"{path}{mark}{column}")
        assert words in error.value.what
        assert str(path) in error.value.where


def test_a_pickle_is_never_unpickled(tmp_path):
    """A file of PyTorch whose pickle would make a folder."""

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    torch.save({"x": torch.from_numpy(X), "evil": Evil()}, tmp_path / "a.pt")
    with pytest.raises(DataError, match=r"more than tensors: posix\.mkdir"):
        open_vectors(str(tmp_path / "a.pt"))
    assert not (tmp_path / "made").exists()
