"""Files as the tools of others write them: what is read equals what was written, bit for bit after widening."""

import base64
import gzip
import io
import json
import struct
import warnings

import datasets
import h5py
import lance
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
import safetensors.torch
import torch
import zstandard
from gensim.models import KeyedVectors

from simtool.errors import DataError, InputNotFoundError, ParameterError, ResourceError
from simtool.io import open_table, open_vectors, read_values, torch_files

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


@pytest.mark.parametrize("kind", NARROW[1:])
def test_every_pattern_of_bits_is_widened_as_torch_does(tmp_path, kind):
    bits = torch.arange(65536 if kind == torch.bfloat16 else 256)
    numbers = bits.to(torch.uint16 if kind == torch.bfloat16 else torch.uint8).view(kind)
    safetensors.torch.save_file({"x": numbers}, tmp_path / "a.safetensors")
    torch.save(numbers, tmp_path / "a.pt")
    expected = numbers.float().numpy()
    for name in ("a.safetensors", "a.pt"):
        found = open_vectors(str(tmp_path / name)).read(0, len(bits))
        np.testing.assert_array_equal(found, expected)
        assert (np.signbit(found) == np.signbit(expected))[~np.isnan(expected)].all()
        np.testing.assert_array_equal(open_table(str(tmp_path / name)).values("x" if name[2] == "s" else ""), expected)


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


@pytest.mark.parametrize(
    ("name", "dtype"), {"fbin": "f4", "u8bin": "u1", "i8bin": "i1", "f16bin": "f2", "ibin": "i4"}.items()
)
def test_big_ann_files(tmp_path, monkeypatch, name, dtype):
    expected = (X * 40).astype(dtype) if dtype != "u1" else np.abs(X * 40).astype(dtype)
    content = struct.pack("<II", *expected.shape) + expected.tobytes()
    path = tmp_path / f"a.{name}"
    path.write_bytes(content)
    assert check(path, expected).dtype == np.dtype(dtype)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    check("-", expected, input_format=name)
    (tmp_path / "a.dat").write_bytes(content)
    check(tmp_path / "a.dat", expected, input_format=name)


@pytest.mark.parametrize(("name", "dtype"), {"fvecs": "f4", "bvecs": "u1", "ivecs": "i4"}.items())
def test_texmex_files(tmp_path, monkeypatch, name, dtype):
    expected = np.abs(X * 40).astype(dtype)
    content = b"".join(struct.pack("<i", len(row)) + row.tobytes() for row in expected)
    path = tmp_path / f"a.{name}"
    path.write_bytes(content)
    assert check(path, expected).dtype == np.dtype(dtype)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    check("-", expected, input_format=name)
    row = len(content) // 10
    odd = content[: 4 * row] + struct.pack("<i", 5) + content[4 * row + 4 :]
    assert refused(path, odd).what == "row 4 has length 5 along dim 1, expected 6 as in the first row"


def test_a_count_that_looks_like_a_magic_number_is_a_count(tmp_path):
    rows = int.from_bytes(b"\x1f\x8b\0\0", "little")  # 35 615, the magic number of gzip
    expected = np.arange(rows, dtype=np.int8).reshape(-1, 1)
    (tmp_path / "a.i8bin").write_bytes(struct.pack("<II", rows, 1) + expected.tobytes())
    check(tmp_path / "a.i8bin", expected)


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


def glove(words, end="\n"):
    return "".join(f"{word} {' '.join(map(str, row))}{end}" for word, row in zip(words, X, strict=True)).encode()


@pytest.mark.parametrize("end", ["\n", " \n", "\r\n", " \r\n"])
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_glove_and_fasttext(tmp_path, monkeypatch, end, size):
    monkeypatch.setattr("simtool.io.text.BLOCK_BYTES", size)
    monkeypatch.setattr("simtool.io.text_blocks.LONGEST_ROW", 10_000)
    spaced = [". . .", *WORDS[1:4], "at name@domain.com", *WORDS[5:8], "room 101", "x"]
    for words in (WORDS, spaced):
        (tmp_path / "a.txt").write_bytes(glove(words, end))
        check(tmp_path / "a.txt", ids=words)
        (tmp_path / "a.vec").write_bytes(f"10 6{end}".encode() + glove(words, end))
        check(tmp_path / "a.vec", ids=words)
    # names that are numbers, all of them, are read as numbers unless it is said what they are
    numbers = [str(number) for number in range(10)]
    (tmp_path / "a.txt").write_bytes(glove(numbers, end))
    assert open_vectors(str(tmp_path / "a.txt")).shape == (10, 7)
    check(tmp_path / "a.txt", ids=numbers, input_format="glove")


def test_glove_is_refused_by_line(tmp_path):
    path = tmp_path / "a.txt"
    lines = glove(WORDS).splitlines(keepends=True)
    cut = lines[4].rsplit(b" ", 2)[0] + b"\n"
    assert refused(path, b"".join([*lines[:2], cut])).what == "line 3 has 5 cells, expected a word and 6 numbers"
    assert refused(path, lines[0] + cut * 2).what == "line 1 has more numbers than the 4 of most lines"
    assert refused(path, lines[0] + cut).what == "line 1 has more numbers than the 4 of most lines"
    short = b" ".join(lines[3].split()[1:]) + b"\n"
    assert refused(path, b"".join([*lines * 10, short])).what == "line 101 has 6 cells, expected a word and 6 numbers"
    odd = lines[3].replace(b"\n", b"x\n")
    assert "line 101 has " in refused(path, b"".join([*lines * 10, odd])).what
    latin = b"caf\xe9" + lines[0][3:]
    assert refused(path, lines[0] + latin).what == f"byte {len(lines[0]) + 3} is not UTF-8 text"
    error = refused(path, b"11 6\n" + b"".join(lines))
    assert error.what == "the first line promises 11 words, and there are 10"


@pytest.mark.parametrize("options", [{}, {"fmt": "%12.6f"}, {"header": "made by a test"}, {"delimiter": "\t"}])
def test_savetxt(tmp_path, options):
    np.savetxt(tmp_path / "a.txt", X, **options)
    expected = np.loadtxt(tmp_path / "a.txt")
    assert (expected == X).all() or "fmt" in options
    check(tmp_path / "a.txt", expected)
    assert check(tmp_path / "a.txt", expected, header="no").dtype == np.float64


def test_savetxt_with_named_columns(tmp_path):
    names = ["id", *(f"x{number}" for number in range(6)), "label"]
    content = np.column_stack([np.arange(10), X, np.arange(10) % 2])
    kinds = ["%d", *["%.9g"] * 6, "%d"]
    np.savetxt(tmp_path / "a.txt", content, kinds, header=" ".join(names))
    check(tmp_path / "a.txt", np.loadtxt(tmp_path / "a.txt")[:, 1:7], list(range(10)))
    np.savetxt(tmp_path / "a.txt", content, kinds, header=" ".join(names), comments="")
    check(tmp_path / "a.txt", np.loadtxt(tmp_path / "a.txt", skiprows=1)[:, 1:7], list(range(10)))


@pytest.mark.parametrize("separator", ["\t", " ", ","])
def test_tables_by_pandas_and_polars(tmp_path, separator):
    frame = pd.DataFrame(X.astype(float), columns=[f"dim_{number}" for number in range(6)])
    frame.insert(0, "id", [f"w{number}" for number in range(10)])
    frame.to_csv(tmp_path / "a.tsv", sep=separator, index=False)
    check(tmp_path / "a.tsv", X.astype(float), frame["id"].tolist())
    pl.from_pandas(frame).write_csv(tmp_path / "a.tsv", separator=separator)
    check(tmp_path / "a.tsv", X.astype(float), frame["id"].tolist())


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


def batch_line(number, packed):
    body = answer(X[number : number + 1], packed=packed)
    response = {"status_code": 200, "request_id": "r", "body": body}
    return {"id": f"batch_req_{number}", "custom_id": f"request-{number}", "response": response, "error": None}


@pytest.mark.parametrize("packed", [False, True], ids=["float", "base64"])
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_answers_of_the_openai_api(tmp_path, monkeypatch, packed, size):
    monkeypatch.setattr("simtool.io.text.BLOCK_BYTES", size)
    monkeypatch.setattr("simtool.io.text_blocks.LONGEST_ROW", 100_000)
    path = tmp_path / "a.json"
    shuffled = answer(X, packed=packed, order=[3, 1, 2, 0, 9, 8, 7, 6, 5, 4])
    renamed = {
        name: shuffled[name] for name in ("model", "data", "object")
    }  # as openai.CreateEmbeddingResponse dumps it
    for document in (answer(X, packed=packed), shuffled, renamed):
        for indent in (None, 2):
            path.write_text(json.dumps(document, indent=indent))
            assert check(path).dtype == np.float32
    path.write_text("".join(json.dumps(answer(half, packed=packed)) + "\n" for half in (X[:5], X[5:])))
    check(path)
    lines = [json.dumps(batch_line(number, packed)) + "\n" for number in range(10)]
    path.write_text("".join(lines))
    check(path, ids=[f"request-{number}" for number in range(10)])
    two = {**batch_line(0, packed), "custom_id": "both"}
    two["response"]["body"] = answer(X[:2], packed=packed)
    path.write_text(json.dumps(two) + "\n" + lines[2])
    check(path, X[:3], ["both:0", "both:1", "request-2"])


def test_answers_that_are_refused(tmp_path):
    path = tmp_path / "a.json"
    failed = {"id": "b", "custom_id": "r-7", "response": None, "error": {"code": "batch_expired", "message": "late"}}
    limited = {"id": "b", "custom_id": "r-8", "response": {"status_code": 429, "body": {"error": {"message": "slow"}}}}
    text = "".join(json.dumps(line) + "\n" for line in (batch_line(0, packed=False), failed, limited))
    error = refused(path, text.encode())
    assert error.what == "2 requests of this batch failed: 'r-7' (batch_expired), 'r-8' (slow)"
    document = answer(X, packed=False)
    for place, cell, what in (
        ("embedding", "!!!!", "line 1: vector 2 is neither a list of numbers nor float32 numbers as base64"),
        ("embedding", "AAAAAA==AA", "line 1: vector 2 is neither a list of numbers nor float32 numbers as base64"),
        ("embedding", [1.0, "x"], "line 1: vector 2 is neither a list of numbers nor float32 numbers as base64"),
        ("embedding", [1.0], "line 1: vector 2 has 1 dims, expected 6 as in the first"),
        ("index", 1, "line 1: `index` does not count the 10 vectors"),
    ):
        broken = json.loads(json.dumps(document))
        broken["data"][2][place] = cell
        assert refused(path, json.dumps(broken).encode()).what == what


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


def test_what_input_format_may_not_be(tmp_path):
    (tmp_path / "a.txt").write_bytes(glove(WORDS))
    with pytest.raises(ParameterError, match="no format is called 'fbn'") as unknown:
        open_vectors(str(tmp_path / "a.txt"), input_format="fbn")
    assert unknown.value.hint.startswith("did you mean fbin? there is npy, ")


def save_table(table, path):
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=4)
    else:
        opener = pa.ipc.new_file if path.suffix == ".arrow" else pa.ipc.new_stream
        with pa.OSFile(str(path), "wb") as file, opener(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=4)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.arrows"])
def test_members_of_structs(tmp_path, name):
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 6)
    inner = pa.StructArray.from_arrays([vectors, pa.array(WORDS)], ["emb", "word"])
    table = pa.table({"id": WORDS, "doc": pa.StructArray.from_arrays([inner, pa.array(range(10))], ["text", "n"])})
    save_table(table, tmp_path / name)
    check(tmp_path / name, ids=WORDS)
    check(f"{tmp_path / name}::doc.text.emb", ids=WORDS)
    assert read_values(f"{tmp_path / name}::doc.text.word").tolist() == WORDS
    assert open_table(str(tmp_path / name)).columns == ("id", "doc.text.emb", "doc.text.word", "doc.n")
    holes = pa.StructArray.from_arrays([vectors], ["emb"], mask=pa.array([False] * 4 + [True] + [False] * 5))
    save_table(pa.table({"doc": holes, "doc.x": pa.array(range(10))}), tmp_path / name)
    with pytest.raises(DataError, match="row 4 is null"):
        whole(open_vectors(f"{tmp_path / name}::doc.emb"))
    assert np.isnan(open_vectors(f"{tmp_path / name}::doc.emb", nulls=True).read(4, 5)).all()


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.arrows"])
@pytest.mark.parametrize("first", [0, 1])
def test_wide_tables_in_the_order_of_their_numbers(tmp_path, name, first):
    wide = np.random.default_rng(1).standard_normal((10, 12)).astype(np.float32)
    names = [f"dim_{number + first}" for number in range(12)]
    frame = pd.DataFrame(wide, columns=names).assign(id=WORDS, label=1)
    frame = frame[sorted(frame.columns)]  # dim_10 before dim_2, as a database gives them
    save_table(pa.Table.from_pandas(frame), tmp_path / name)
    found = check(tmp_path / name, wide, WORDS)
    assert found.dtype == np.float32
    said = f"12 columns: dim_{first}, dim_{first + 1}, ..., dim_{first + 11} (not label)"
    assert found.provenance == f"the vectors of {tmp_path / name} are {said}"
    pl.from_pandas(frame).write_parquet(tmp_path / "polars.parquet")
    check(tmp_path / "polars.parquet", wide, WORDS)
    for broken, what in (
        (frame.drop(columns="dim_5"), "there is no column of numbers between dim_4 and dim_6"),
        (frame.assign(dim_5="x"), "there is no column of numbers between dim_4 and dim_6"),
        (frame.assign(dim_05=1.0), "two columns have the number 5: dim_05 is one of them"),
        (frame.drop(columns=["dim_0", "dim_1"], errors="ignore"), "the columns begin with dim_2, expected 0 or 1"),
    ):
        save_table(pa.Table.from_pandas(broken), tmp_path / name)
        with pytest.raises(DataError) as error:
            open_vectors(str(tmp_path / name))
        assert error.value.what == what
    save_table(pa.Table.from_pandas(frame.assign(dim_3=[None, *range(9)])), tmp_path / name)
    with pytest.raises(DataError, match=r"row 0 \(id 'the'\) is null or holds a null"):
        whole(open_vectors(str(tmp_path / name)))


def test_two_wide_vectors_in_one_parquet(tmp_path):
    frame = pd.DataFrame({f"{side}{number}": X[:, number] for side in "ab" for number in range(6)}).assign(label=1)
    frame.to_parquet(tmp_path / "a.parquet")
    check(f"{tmp_path / 'a.parquet'}::a")
    check(f"{tmp_path / 'a.parquet'}::b")


def test_more_columns_than_the_budget_can_decode_at_once_are_refused(tmp_path, monkeypatch):
    pd.DataFrame(X, columns=[f"dim_{number}" for number in range(6)]).to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("simtool.io.arrow.ParquetBatches.held", lambda self, columns: len(columns) << 30)
    with pytest.raises(ResourceError, match=r"one page of each of 6 columns takes about 6\.0 GiB"):
        whole(open_vectors(str(tmp_path / "a.parquet")))


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.arrows"])
def test_fixed_shape_tensors(tmp_path, name):
    maps = X.reshape(10, 3, 2)
    save_table(pa.table({"map": pa.FixedShapeTensorArray.from_numpy_ndarray(maps)}), tmp_path / name)
    check(tmp_path / name, maps)


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


def test_lance(tmp_path):
    path = str(tmp_path / "a.lance")
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 6)
    inner = pa.StructArray.from_arrays([vectors], ["emb"])
    table = pa.table({"id": WORDS, "emb": vectors, "doc": inner})
    lance.write_dataset(table, path, max_rows_per_file=4, max_rows_per_group=2)
    check(f"{path}::emb", ids=WORDS)
    check(f"{path}::doc.emb", ids=WORDS)
    assert read_values(f"{path}::id").tolist() == WORDS
    lance.dataset(path).delete("id = 'x'")
    check(f"{path}::emb", X[:9], WORDS[:9])
    for file in (tmp_path / "a.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(DataError, match="damaged or cannot be decoded"):
        whole(open_vectors(f"{path}::emb"))


def test_datasets_folders(tmp_path):
    kinds = {"id": datasets.Value("string"), "emb": datasets.List(datasets.Value("float32"))}
    kinds["map"] = datasets.Array2D((3, 2), "float32")
    columns = {"id": WORDS, "emb": X.tolist(), "map": X.reshape(10, 3, 2).tolist()}
    made = datasets.Dataset.from_dict(columns, features=datasets.Features(kinds))
    datasets.disable_progress_bars()
    for name, dataset in {"one": made, "shuffled": made.shuffle(seed=1)}.items():
        folder = tmp_path / name
        dataset.save_to_disk(folder, num_shards=3)
        rows = [WORDS.index(word) for word in dataset["id"]]
        check(f"{folder}::emb", X[rows], [WORDS[row] for row in rows])
        check(f"{folder}::map", X.reshape(10, 3, 2)[rows], [WORDS[row] for row in rows])
    datasets.DatasetDict({"train": made}).save_to_disk(tmp_path / "splits")
    check(f"{tmp_path / 'splits' / 'train'}::emb", ids=WORDS)
    with pytest.raises(DataError, match="several splits of a dataset") as several:
        open_vectors(str(tmp_path / "splits"))
    assert several.value.hint == f"name one of them, such as {tmp_path / 'splits' / 'train'}"


@pytest.mark.parametrize(
    ("state", "what"),
    [
        (b"{", "cannot be read"),
        (b"[]", "names no files"),
        (b'{"_data_files": []}', "names no files"),
        (b'{"_data_files": [{"filename": 3}]}', "names no files"),
        (b'{"_data_files": [{"filename": "../../etc/passwd"}]}', "lies outside its folder"),
        (b'{"_data_files": [{"filename": "/etc/passwd"}]}', "lies outside its folder"),
        (b'{"_data_files": [{"filename": "gone.arrow"}]}', "no such file"),
        (b'{"_data_files": [{"filename": "state.json"}]}', "expected an Arrow stream, got jsonl"),
        (b'{"_data_files": [{"filename": "a"}], "_indices_data_files": [{"filename": "b"}]}', "chosen by indices"),
    ],
)
def test_datasets_folders_that_are_refused(tmp_path, state, what):
    (tmp_path / "dataset_info.json").write_text("{}")
    (tmp_path / "state.json").write_bytes(state)
    with pytest.raises((DataError, InputNotFoundError), match=what):
        open_vectors(str(tmp_path))
