"""A file through a head: the product of plain numpy, with everything else kept."""

import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from heads_of_others import safetensors

import simtool
from simtool.errors import DataError, InputNotFoundError, OutputError, ParameterError, ShapeError
from simtool.fitting.checkpoint import SavedHead, fingerprint, read_head, write_head
from simtool.fitting.heads import Head
from simtool.operations import apply_plan

N, D, R = 500, 6, 3
GENERATOR = np.random.default_rng(9)
ROWS = GENERATOR.standard_normal((N, D)).astype(np.float32)
WEIGHT, MEAN = GENERATOR.standard_normal((R, D)), GENERATOR.standard_normal(D)
WANTED = (ROWS.astype(np.float64) @ WEIGHT.T).astype(np.float32)


@pytest.fixture
def head(tmp_path):
    path = str(tmp_path / "head.safetensors")
    held_out = np.arange(0, N, 7)
    about = {"rows": N, "inputs": {"vectors": "x"}, "complete": True, "fingerprints": [fingerprint(ROWS[held_out])]}
    write_head(path, SavedHead(Head("linear", WEIGHT), about, held_out), force=False)
    return path


@pytest.fixture(params=[None, 64])
def pieces(request, monkeypatch):
    """Files in one piece, and in many."""
    if request.param is not None:
        monkeypatch.setattr(apply_plan, "PIECE_ROWS", request.param)


def test_npy_to_npy_is_a_product(tmp_path, head, pieces):
    source, output = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    np.save(source, ROWS)
    found = simtool.apply(head, source, output=output)
    assert np.array_equal(np.load(output), WANTED)
    assert np.load(output).dtype == np.float32
    assert found.summary == {"rows": N, "width": D, "rank": R, "columns": 1}


@pytest.mark.parametrize("given", [ROWS, ROWS.tolist(), pa.table({"id": range(N), "x": list(ROWS)})], ids=type)
def test_without_an_output_the_result_holds_the_rows(head, given, pieces):
    found = simtool.apply(head, given)
    assert found.array.dtype == (np.float64 if isinstance(given, list) else np.float32)
    assert np.allclose(found.array, WANTED, rtol=1e-6)
    assert (found.summary, found.written) == ({"rows": N, "width": D, "rank": R, "columns": 1}, {})


def test_without_an_output_the_rows_held_out_are_held(tmp_path, head):
    path = str(tmp_path / "x.npy")
    np.save(path, ROWS)
    held_out = simtool.apply(head, path, held_out=True)
    assert np.array_equal(held_out.array, WANTED[::7])


def table_of(rows):
    return pa.table(
        {
            "id": [f"r{i}" for i in range(N)],
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1]),
            "tags": [["a"] * (i % 3) for i in range(N)],
            "maybe": [None if i % 2 else i for i in range(N)],
            "nested": [{"x": i} for i in range(N)],
        }
    )


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
@pytest.mark.parametrize("groups", [N, 90])
def test_a_table_keeps_its_ids_and_all_other_columns(tmp_path, head, pieces, suffix, groups):
    source, output = str(tmp_path / "x.parquet"), str(tmp_path / f"y.{suffix}")
    table = table_of(ROWS)
    pq.write_table(table, source, row_group_size=groups)
    simtool.apply(head, source, output=output)
    found = pq.read_table(output) if suffix == "parquet" else pa.ipc.open_file(output).read_all()
    assert found.column_names == table.column_names
    for name in ("id", "tags", "maybe", "nested"):
        assert found[name].to_pylist() == table[name].to_pylist()
    assert found.schema.field("embedding").type == pa.list_(pa.float32(), R)
    assert np.array_equal(simtool.open_vectors(output).read(0, N), WANTED)


def test_only_the_rows_that_were_held_out(tmp_path, head, pieces):
    source, output = str(tmp_path / "x.parquet"), str(tmp_path / "y.parquet")
    pq.write_table(table_of(ROWS), source, row_group_size=100)
    simtool.apply(head, source, output=output, held_out=True)
    rows = np.arange(0, N, 7)
    found = simtool.open_vectors(output)
    assert np.array_equal(found.read(0, N), WANTED[rows])
    assert found.ids.tolist() == [f"r{i}" for i in rows]
    arrays = str(tmp_path / "y.npy")
    simtool.apply(head, f"{source}::embedding", output=arrays, held_out=True)
    assert np.array_equal(np.load(arrays), WANTED[rows])
    np.save(arrays, ROWS[::-1])
    with pytest.raises(ParameterError, match="the rows that were held out have other vectors here"):
        simtool.apply(head, arrays, output=str(tmp_path / "z.npy"), held_out=True)


def test_a_table_of_pairs_has_both_sides_projected(tmp_path):
    path = str(tmp_path / "pairs.safetensors")
    about = {"rows": N, "inputs": {"a": "x::a", "b": "x::b"}}
    write_head(path, SavedHead(Head("diagonal", MEAN), about, np.asarray([])), force=False)
    source, output = str(tmp_path / "x.parquet"), str(tmp_path / "y.parquet")
    pq.write_table(pa.table({"a": list(ROWS), "label": [1] * N, "b": list(ROWS[::-1])}), source)
    assert simtool.apply(path, source, output=output).summary["columns"] == 2
    pairs = simtool.open_pairs([output])
    wanted = (ROWS * MEAN).astype(np.float32)
    assert np.array_equal(pairs.a.read(0, N), wanted)
    assert np.array_equal(pairs.b.read(0, N), wanted[::-1])
    assert pairs.labels.tolist() == [1] * N
    with pytest.raises(OutputError, match="npy holds one array, and a and b are projected"):
        simtool.apply(path, source, output=str(tmp_path / "y.npy"))


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "int8"])
def test_dtypes(tmp_path, dtype):
    path, source, output = (str(tmp_path / name) for name in ("h.safetensors", "x.npy", "y.parquet"))
    write_head(path, SavedHead(Head("whiten", WEIGHT, MEAN), {}, np.asarray([])), force=False)
    rows = (10 * ROWS).astype(dtype)
    np.save(source, rows)
    simtool.apply(path, source, output=output)
    wide = (rows.astype(np.float64) - MEAN) @ WEIGHT.T
    wanted = wide if dtype in ("float64", "int64") else wide.astype(np.float32)
    found = simtool.open_vectors(output)
    assert found.dtype == wanted.dtype
    assert np.allclose(found.read(0, N), wanted, rtol=1e-7 if wanted.dtype == np.float32 else 1e-14)


def test_csv_keeps_its_values(tmp_path, head):
    source, output = tmp_path / "x.jsonl", str(tmp_path / "y.parquet")
    source.write_text("".join(f'{{"id": "r{i}", "v": {ROWS[i].tolist()}, "n": {i}}}\n' for i in range(4)))
    simtool.apply(head, str(source), output=output)
    assert pq.read_table(output)["n"].to_pylist() == [0, 1, 2, 3]
    assert np.allclose(simtool.open_vectors(output).read(0, 4), WANTED[:4], atol=1e-5)


def test_rows_that_are_not_finite(tmp_path, head):
    source, output = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    broken = ROWS.copy()
    broken[[4, 9], 1] = np.nan
    np.save(source, broken)
    with pytest.raises(DataError, match="rows 4, 9 hold NaN or infinity"):
        simtool.apply(head, source, output=output)
    assert not (tmp_path / "y.npy").exists()
    simtool.apply(head, source, output=output, nonfinite="propagate")
    assert np.flatnonzero(np.isnan(np.load(output)).any(axis=1)).tolist() == [4, 9]
    np.save(source, np.full((2, D), 3e38, np.float32))
    with pytest.raises(DataError, match="leave the range of float32"):
        simtool.apply(head, source, output=output, force=True)


@pytest.mark.parametrize(
    ("rows", "options", "error", "message"),
    [
        (ROWS[:, :5], {}, ShapeError, "the head takes vectors of 6 dims, and these have 5"),
        (ROWS[:9], {"held_out": True}, ParameterError, "was fitted to 500 examples, and there are 9"),
        (ROWS, {"output": "y.csv"}, OutputError, "projected vectors are arrays"),
        (ROWS, {"nonfinite": "drop"}, ParameterError, "unknown value 'drop'"),
    ],
)
def test_what_is_refused(tmp_path, head, rows, options, error, message):
    source = str(tmp_path / "x.npy")
    np.save(source, rows)
    output = str(tmp_path / options.get("output", "y.npy"))
    with pytest.raises(error, match=message):
        simtool.apply(head, source, **({"output": output} | {k: v for k, v in options.items() if k != "output"}))
    assert not (tmp_path / "y.npy").exists()


LINEAR = {"head": "linear", "schema": 1}


def test_a_head_without_fingerprints_is_of_no_file(tmp_path):
    path, source = str(tmp_path / "head.safetensors"), str(tmp_path / "x.npy")
    (tmp_path / "head.safetensors").write_bytes(safetensors(LINEAR | {"rows": 3}, held_out=[1]))
    assert read_head(path).held_out.tolist() == [1]
    np.save(source, np.ones((3, 4)))
    with pytest.raises(ParameterError, match="other vectors here"):
        simtool.apply(path, source, output=str(tmp_path / "y.npy"), held_out=True)


@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_memory_is_bounded(tmp_path, head, monkeypatch, suffix):
    monkeypatch.setattr(apply_plan, "PIECE_BYTES", 1 << 18)
    rows = np.tile(ROWS, (2000, 1))  # 24 MB
    source, output = str(tmp_path / f"x.{suffix}"), str(tmp_path / f"y.{suffix}")
    if suffix == "npy":
        np.save(source, rows)
    else:
        table = pa.table({"v": pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), D)})
        pq.write_table(table, source, row_group_size=100_000)
    tracemalloc.start()
    arrow = pa.total_allocated_bytes()
    try:
        simtool.apply(head, source, output=output)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
    assert pa.total_allocated_bytes() - arrow < 8 << 20
    assert np.array_equal(simtool.open_vectors(output).read(0, N), WANTED)


def test_a_column_of_a_csv_that_is_no_part_of_its_vectors(tmp_path, head):
    source, output = str(tmp_path / "x.csv"), str(tmp_path / "y.parquet")
    grades, serials = np.arange(N) % 5, np.arange(N) + 1000
    lines = [",".join([*"abcdef", "grade", "serial"])]
    for row, grade, serial in zip(ROWS.tolist(), grades, serials, strict=True):
        lines.append(",".join(map(str, [*row, grade, serial])))
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(ShapeError, match="takes vectors of 6 dims, and these have 8"):
        simtool.apply(head, source, output=output)
    simtool.apply(head, source, output=output, labels="::grade", ids="::serial")
    found = pq.read_table(output)
    assert np.allclose(simtool.open_vectors(output).read(0, N), WANTED, atol=1e-6)
    assert found.column_names == [*"abcdef", "grade", "serial", "embedding"]
    assert found["grade"].to_pylist() == grades.tolist()
    with pytest.raises(InputNotFoundError, match="no column 'grad'"):
        simtool.apply(head, source, output=output, force=True, labels="::grad")
    with pytest.raises(ParameterError, match="is no column of this file"):
        simtool.apply(head, source, output=output, force=True, labels=head)
