"""From any format to any: what numpy, pyarrow and pandas read of it is what was there."""

import json
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

import simtool
from simtool.errors import DataError, InputNotFoundError, OutputError, ParameterError, ShapeError
from simtool.operations import convert_plan as converting

N, D = 400, 5
GENERATOR = np.random.default_rng(4)
ROWS = GENERATOR.standard_normal((N, D)).astype(np.float32)
IDS = [f"r{i:03}" for i in range(N)]
GROUPS = [f"g{i % 23}" for i in range(N)]


def read_fbin(path):
    content = path.read_bytes()
    return np.frombuffer(content, "<f4", offset=8).reshape(struct.unpack("<II", content[:8]))


def read_fvecs(path):
    return np.frombuffer(path.read_bytes(), "<f4").reshape(-1, D + 1)[:, 1:]


def stacked(table):
    return np.stack(table["embedding"].to_numpy(zero_copy_only=False))


# how each format is read by what is no part of simtool: its rows, and its ids where it has any
READERS = {
    "npy": lambda path: (np.load(path), None),
    "safetensors": lambda path: (load_file(path)["array"], None),
    "fbin": lambda path: (read_fbin(path), None),
    "fvecs": lambda path: (read_fvecs(path), None),
    "parquet": lambda path: (stacked(table := pq.read_table(path)), table["id"].to_pylist()),
    "arrow": lambda path: (stacked(table := pa.ipc.open_file(path).read_all()), table["id"].to_pylist()),
    "arrows": lambda path: (stacked(table := pa.ipc.open_stream(path).read_all()), table["id"].to_pylist()),
    "csv": lambda path: ((table := pd.read_csv(path)).iloc[:, 1:].to_numpy("f4"), table["id"].tolist()),
    "jsonl": lambda path: (
        np.asarray((table := pd.read_json(path, lines=True))["embedding"].tolist(), "f4"),
        table["id"].tolist(),
    ),
}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "x.parquet"
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), D)
    columns = {"id": IDS, "group": GROUPS, "number": range(N), "embedding": vectors}
    pq.write_table(pa.table(columns), path, row_group_size=90)
    return str(path)


@pytest.fixture(params=[False, True])
def pieces(request, monkeypatch):
    """In one piece, and in many."""
    if request.param:
        monkeypatch.setattr(converting, "PIECE_BYTES", 8 * D * 33)
        monkeypatch.setattr(converting, "TEXT_BYTES", 8 * D * 33)


@pytest.mark.parametrize("suffix", READERS)
def test_a_format_holds_what_others_read_as_the_source(tmp_path, source, pieces, suffix):
    output = tmp_path / f"y.{suffix}"
    found = simtool.convert(source, output=str(output))
    rows, ids = READERS[suffix](output)
    assert np.array_equal(rows, ROWS)
    assert rows.dtype == np.float32
    assert ids in (IDS, None)
    summary = {"rows": N, "width": D, "dtype": "float32", "parts": 1, "bytes": output.stat().st_size}
    assert found.summary == summary | {"rounded": 0, "zero": 0}
    assert bool([note for note in found.notes if "holds no ids" in note]) == (ids is None)


def test_every_format_becomes_every_other_with_one_checksum(tmp_path, source):
    sums = set()
    for first in READERS:
        path = str(tmp_path / f"a.{first}")
        simtool.convert(source, output=path)
        for second in READERS:
            found = simtool.convert(path, output=str(tmp_path / f"{first}.b.{second}"), dtype="float32")
            sums.add(found.rows.columns["checksum"][0])
    assert len(sums) == 1


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "csv", "jsonl"])
def test_selected_rows_and_kept_columns_come_along(tmp_path, source, pieces, suffix):
    chosen = simtool.Selection(
        source, where="group != 'g3'", rows="10:300", sample=100, seed=5, keep=["number", "group"]
    )
    simtool.convert(chosen, output=str(tmp_path / f"y.{suffix}"))
    read = {"parquet": pd.read_parquet, "arrow": pd.read_feather, "csv": pd.read_csv}
    path = tmp_path / f"y.{suffix}"
    table = read[suffix](path) if suffix in read else pd.read_json(path, lines=True)
    numbers = table["number"].to_numpy()
    assert len(numbers) == 100
    assert (np.diff([9, *numbers, 300]) > 0).all()
    assert table["id"].tolist() == [IDS[i] for i in numbers]
    assert table["group"].tolist() == [GROUPS[i] for i in numbers]
    assert "g3" not in set(table["group"])
    assert np.array_equal(simtool.open_vectors(str(path)).read(0, 100).astype("f4"), ROWS[numbers])


def test_a_shuffle_is_a_permutation_with_ids_and_columns(tmp_path, source, pieces):
    chosen = simtool.Selection(source, keep=["number"])
    first, second, other = (str(tmp_path / f"{name}.parquet") for name in "abc")
    for path, seed in ((first, 1), (second, 1), (other, 2)):
        simtool.convert(chosen, output=path, shuffle=True, seed=seed)
    tables = [pq.read_table(path) for path in (first, second, other)]
    numbers = tables[0]["number"].to_numpy()
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])
    assert sorted(numbers) == list(range(N))
    assert not np.array_equal(numbers, np.arange(N))
    assert np.array_equal(stacked(tables[0]), ROWS[numbers])
    assert tables[0]["id"].to_pylist() == [IDS[i] for i in numbers]


def parts_of(tmp_path, source, **how):
    """Return the numbers of the rows of each part."""
    found = simtool.convert(
        simtool.Selection(source, keep=["number", "group"]), output=str(tmp_path / "p.parquet"), **how
    )
    names = found.rows.columns["part"].tolist()
    assert found.rows.columns["file"].tolist() == [str(tmp_path / f"p-{name}.parquet") for name in names]
    return {name: pq.read_table(tmp_path / f"p-{name}.parquet") for name in names}


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_split_by_group_gives_every_row_once_and_no_group_twice(tmp_path, source, pieces, shuffle):
    parts = parts_of(tmp_path, source, split={"train": 0.6, "dev": 0.2, "test": 0.2}, by="group", shuffle=shuffle)
    numbers = [table["number"].to_pylist() for table in parts.values()]
    groups = [set(table["group"].to_pylist()) for table in parts.values()]
    assert sorted(number for part in numbers for number in part) == list(range(N))
    assert sum(map(len, groups)) == len(set(GROUPS))
    for table in parts.values():
        assert np.array_equal(stacked(table), ROWS[table["number"].to_numpy()])


def test_a_split_by_id_stays_when_rows_come_and_go(tmp_path, source):
    whole = parts_of(tmp_path, source, split={"train": 0.8, "test": 0.2}, seed=3)
    some = simtool.Selection(source, rows="100:300")
    simtool.convert(some, output=str(tmp_path / "s.parquet"), split={"train": 0.8, "test": 0.2}, seed=3, shuffle=True)
    for name, table in whole.items():
        there = set(pq.read_table(tmp_path / f"s-{name}.parquet")["id"].to_pylist())
        assert there == set(table["id"].to_pylist()) & set(IDS[100:300])
    assert 0.7 < len(whole["train"]) / N < 0.9


def test_several_files_are_one_input(tmp_path, source):
    simtool.convert(simtool.Selection(source, rows=":150"), output=str(tmp_path / "a.parquet"))
    simtool.convert(simtool.Selection(source, rows="150:"), output=str(tmp_path / "b.jsonl"))
    both = str(tmp_path / "a.parquet"), str(tmp_path / "b.jsonl")
    simtool.convert(*both, output=str(tmp_path / "y.csv"), dtype="float32")
    rows, ids = READERS["csv"](tmp_path / "y.csv")
    assert np.array_equal(rows, ROWS)
    assert ids == IDS
    with pytest.raises(DataError, match="so has a row of"):
        simtool.convert(both[0], both[0], output=str(tmp_path / "z.csv"))


def test_one_part_that_cannot_be_written_leaves_no_part(tmp_path, source):
    (tmp_path / "p-test.parquet").write_bytes(b"mine")
    split = {"train": 0.5, "test": 0.5}
    with pytest.raises(OutputError, match="exists already"):
        simtool.convert(source, output=str(tmp_path / "p.parquet"), split=split)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["p-test.parquet", "x.parquet"]
    assert (tmp_path / "p-test.parquet").read_bytes() == b"mine"


SPLIT = {"a": 0.5, "b": 0.5}
REFUSED = [
    ({"output": "y.md"}, OutputError, "markdown holds results"),
    ({"output": "y.json"}, OutputError, "json holds results"),
    ({"output": "y.fbin", "dtype": "float64"}, ParameterError, "fbin holds float32"),
    ({"output": "y.npy", "dtype": "int8"}, ParameterError, "unknown value 'int8'"),
    ({"output": "y.npy", "by": "group"}, ParameterError, "nothing is split"),
    ({"output": "y.npy", "split": {"a": 1.0}}, ParameterError, "two parts"),
    ({"output": "y.npy", "split": {"a": 0.5, "b": 0.6}}, ParameterError, "add up to 1.1"),
    ({"output": "y.npy", "split": {"a": 0.5, "../b": 0.5}}, ParameterError, "no name of a part"),
    ({"output": "y.npy", "split": {"a": -1, "b": 2}}, ParameterError, "share of a is -1"),
    ({"output": "y.npy", "split": {"a": 1 - 1e-9, "b": 1e-9}}, DataError, "falls to the part b"),
    ({"output": "y.npy", "split": SPLIT, "by": "grop"}, InputNotFoundError, "no column 'grop'"),
    ({"output": "y.npy", "seed": -1}, ParameterError, "seed is -1"),
    ({"output": "x.parquet"}, OutputError, "also the input"),
]


@pytest.mark.parametrize(("how", "error", "message"), REFUSED)
def test_what_is_refused_leaves_nothing(tmp_path, source, monkeypatch, how, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        simtool.convert("x.parquet", **how)
    assert [each.name for each in tmp_path.iterdir()] == ["x.parquet"]


def test_inputs_that_are_no_rows_of_vectors(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(2))
    np.save(tmp_path / "y.npy", np.zeros((0, 2)))
    for name in "xy":
        with pytest.raises(ShapeError):
            simtool.convert(str(tmp_path / f"{name}.npy"), output=str(tmp_path / "z.npy"))
    chosen = simtool.Selection(str(tmp_path / "x.npy"), keep=["a"])
    with pytest.raises(OutputError, match="holds no columns"):
        simtool.convert(chosen, output=str(tmp_path / "z.npy"))


ODD = ["a,b", 'q"u', "line\nbreak", " blank ", "é\u200b", "007", "", "=1+1", "NULL", "x" * 3000]


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "csv", "jsonl"])
def test_odd_ids_and_texts_stay_as_they_are(tmp_path, suffix):
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(20.0)), 2)
    pq.write_table(pa.table({"id": ODD, "text": ODD[::-1], "v": vectors}), tmp_path / "x.parquet")
    source = simtool.Selection(str(tmp_path / "x.parquet"), keep=["text"])
    simtool.convert(source, output=str(tmp_path / f"y.{suffix}"))
    read = {"parquet": pd.read_parquet, "arrow": pd.read_feather}
    read["csv"] = lambda path: pd.read_csv(path, dtype=str, keep_default_na=False)
    read["jsonl"] = lambda path: pd.DataFrame(map(json.loads, path.read_text().splitlines()))
    table = read[suffix](tmp_path / f"y.{suffix}")
    assert table["id"].tolist() == ODD
    assert table["text"].tolist() == ODD[::-1]
    simtool.convert(str(tmp_path / f"y.{suffix}"), output=str(tmp_path / "z.parquet"))
    assert pq.read_table(tmp_path / "z.parquet")["id"].to_pylist() == ODD


def test_a_column_that_has_the_name_of_a_dim_is_refused(tmp_path):
    vectors = pa.FixedSizeListArray.from_arrays(pa.array([1.0, 2.0]), 2)
    pq.write_table(pa.table({"v_1": ["x"], "v": vectors}), tmp_path / "x.parquet")
    source = simtool.Selection(str(tmp_path / "x.parquet"), keep=["v_1"])
    with pytest.raises(DataError, match="two columns would be called 'v_1'"):
        simtool.convert(source, output=str(tmp_path / "y.csv"))
    assert [each.name for each in tmp_path.iterdir()] == ["x.parquet"]


def test_a_part_has_its_name_before_the_suffix(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(4))
    simtool.convert(str(tmp_path / "x.npy"), output=str(tmp_path / "a.b.npy"), split=SPLIT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.b-a.npy", "a.b-b.npy", "x.npy"]


def test_what_is_cut_short_is_refused_and_leaves_nothing(tmp_path, source):
    content = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "x.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError):
        simtool.convert(source, output=str(tmp_path / "y.npy"))
    assert [each.name for each in tmp_path.iterdir()] == ["x.parquet"]


def as_lists(column):
    return np.asarray(column.to_pylist(), "f4")


NESTED = {
    "npy": np.load,
    "safetensors": lambda path: load_file(path)["array"],
    "parquet": lambda path: as_lists(pq.read_table(path)["embedding"]),
    "arrow": lambda path: as_lists(pa.ipc.open_file(path).read_all()["embedding"]),
    "arrows": lambda path: as_lists(pa.ipc.open_stream(path).read_all()["embedding"]),
    "jsonl": lambda path: np.asarray([json.loads(line)["embedding"] for line in path.read_text().splitlines()], "f4"),
}


@pytest.mark.parametrize("suffix", NESTED)
def test_texts_of_equally_many_tokens(tmp_path, pieces, suffix):
    tokens = ROWS.reshape(-1, 4, D).copy()
    tokens[3], tokens[5, 1] = 0, 0
    np.save(tmp_path / "x.npy", tokens)
    output = tmp_path / f"y.{suffix}"
    found = simtool.convert(str(tmp_path / "x.npy"), output=str(output))
    assert np.array_equal(NESTED[suffix](output), tokens)
    assert (found.summary["rows"], found.summary["width"], found.summary["zero"]) == (N // 4, D, 1)
    simtool.convert(str(output), output=str(tmp_path / "z.npy"), normalize=True, shuffle=True, dtype="float64")
    order = np.random.default_rng(0).permutation(N // 4)
    lengths = np.linalg.norm(tokens.astype(np.float64), axis=-1, keepdims=True)
    expected = (tokens / np.where(lengths == 0, 1, lengths))[order]
    # text is read as float64, which its digits are not exactly
    assert np.allclose(np.load(tmp_path / "z.npy"), expected, rtol=0, atol=5e-7 if suffix == "jsonl" else 1e-15)


def test_tokens_that_a_format_has_no_place_for(tmp_path):
    np.save(tmp_path / "x.npy", ROWS.reshape(-1, 4, D))
    for suffix in ("csv", "fbin", "fvecs"):
        with pytest.raises(ShapeError, match=rf"shape \(n, d\), in {suffix}, got \(100, 4, 5\)") as nested:
            simtool.convert(str(tmp_path / "x.npy"), output=str(tmp_path / f"y.{suffix}"))
        assert nested.value.hint.startswith("write .parquet")


TOKENS = [np.random.default_rng(3).standard_normal((count, 3)).astype(np.float32) for count in (2, 5, 1, 0, 4)]


@pytest.fixture
def ragged(tmp_path):
    np.savez(tmp_path / "items.npz", **{f"item{number}": tokens for number, tokens in enumerate(TOKENS)})
    return str(tmp_path / "items.npz")


def items_of(path):
    found = simtool.open_items(path)
    return np.split(found.tokens.read(0, found.offsets[-1]), found.offsets[1:-1])


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows", "jsonl"])
def test_items_of_different_numbers_of_tokens_keep_them(ragged, tmp_path, suffix):
    path = str(tmp_path / f"out.{suffix}")
    assert simtool.convert(ragged, output=path).summary["rows"] == len(TOKENS)
    for written, given in zip(items_of(path), TOKENS, strict=True):
        np.testing.assert_array_equal(written.astype(np.float32), given)


def test_items_are_split_and_keep_their_ids(ragged, tmp_path):
    path = str(tmp_path / "all.jsonl")
    lines = [{"id": f"k{number}", "v": tokens.tolist()} for number, tokens in enumerate(TOKENS)]
    Path(path).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    simtool.convert(path, output=str(tmp_path / "p.parquet"), shuffle=True, split={"one": 0.5, "two": 0.5})
    found = {}
    for part in ("one", "two"):
        rows = pq.read_table(tmp_path / f"p-{part}.parquet").to_pylist()
        found |= {row["id"]: row["v"] for row in rows}
    assert found == {line["id"]: line["v"] for line in lines}


@pytest.mark.parametrize("suffix", ["npy", "safetensors", "fbin", "fvecs", "csv"])
def test_a_format_without_a_place_for_them_refuses_items(ragged, tmp_path, suffix):
    with pytest.raises(ShapeError, match=r"different numbers of tokens, and \w+ needs as many in each"):
        simtool.convert(ragged, output=str(tmp_path / f"out.{suffix}"))
    assert [each.name for each in tmp_path.iterdir()] == ["items.npz"]


def test_items_are_not_quantized(ragged, tmp_path):
    with pytest.raises(ParameterError, match="different numbers of tokens"):
        simtool.convert(ragged, output=str(tmp_path / "out.parquet"), quantize="int8")
