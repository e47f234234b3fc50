"""The files of gradients: which there are, what is in them, and that they appear whole or not at all."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.cli.output.gradients import check_gradient_output, gradient_files
from simtool.errors import OutputError
from simtool.io import as_vectors


def sides(**dtypes):
    """Vectors (3, 2) per role."""
    return {role: as_vectors(np.ones((3, 2), dtype)) for role, dtype in dtypes.items()}


def given(sink, inputs):
    """Give the sink two pieces: gradients 0, 1, 2 ... of the first input, ten times that of the second, and so on."""
    whole = [10**number * np.arange(6.0).reshape(3, 2) for number in range(len(inputs))]
    for part in (slice(0, 2), slice(2, 3)):
        sink(part.start, [side[part] for side in whole])
    return whole


def test_gradients_of_one_input_are_that_file(tmp_path):
    inputs = sides(vectors=np.int16)
    with gradient_files(f"{tmp_path}/g.npy", inputs, None, force=False, quiet=True) as sink:
        whole = given(sink, inputs)
        assert not (tmp_path / "g.npy").exists()
    found = np.load(tmp_path / "g.npy")
    assert (found.tolist(), found.dtype) == (whole[0].tolist(), np.float32)
    assert [path.name for path in tmp_path.iterdir()] == ["g.npy"]


def test_gradients_of_several_inputs_are_a_file_each(tmp_path, capsys):
    inputs = sides(a=np.float32, b=np.float64)
    with gradient_files(f"{tmp_path}/g.x.npy", inputs, None, force=False, quiet=False) as sink:
        whole = given(sink, inputs)
    for role, part, dtype in zip("ab", whole, (np.float32, np.float64), strict=True):
        found = np.load(tmp_path / f"g.x.{role}.npy")
        assert (found.tolist(), found.dtype) == (part.tolist(), dtype)
    assert capsys.readouterr().err == f"wrote {tmp_path}/g.x.a.npy, {tmp_path}/g.x.b.npy (gradients)\n"


@pytest.mark.parametrize("ids", [None, np.asarray(["p", "q", "r"], dtype=object)])
@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_gradients_as_a_table_have_a_column_per_input(tmp_path, suffix, ids):
    inputs, path = sides(anchor=np.float32, positive=np.float32, negative=np.float64), tmp_path / f"g.{suffix}"
    with gradient_files(str(path), inputs, ids, force=False, quiet=True) as sink:
        whole = given(sink, inputs)
    table = pq.read_table(path) if suffix == "parquet" else pa.ipc.open_file(path).read_all()
    names = ["anchor", "positive", "negative"]
    assert table.column_names == (names if ids is None else ["id", *names])
    assert [table[name].to_pylist() for name in names] == [side.tolist() for side in whole]
    assert ids is None or table["id"].to_pylist() == ids.tolist()


@pytest.mark.parametrize("path", ["g.npy", "g.parquet"])
def test_an_error_leaves_what_was_there(tmp_path, path):
    inputs = sides(vectors=np.float32)
    (tmp_path / path).write_text("kept")

    def break_off():
        with gradient_files(f"{tmp_path}/{path}", inputs, None, force=True, quiet=True) as sink:
            given(sink, inputs)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(path, "kept")]


@pytest.mark.parametrize(
    ("path", "roles", "options", "what"),
    [
        ("g.csv", "ab", {}, "vectors in a file"),
        ("g", "ab", {}, "vectors in a file"),
        ("-", "ab", {}, "vectors in a file"),
        ("taken.npy", ["vectors"], {}, "exists already"),
        ("half.npy", "ab", {}, "exists already"),
        ("nowhere/g.npy", "ab", {}, "is not there"),
        ("taken.npy", ["vectors"], {"force": True, "inputs": ["taken.npy"]}, "is also the input taken.npy"),
        ("taken.npy", ["vectors"], {"force": True, "inputs": ["taken.npy::v"]}, "is also the input"),
        ("half.npy", "ab", {"force": True, "inputs": ["half.b.npy"]}, "is also the input half.b.npy"),
        ("g.npy", "ab", {"output": "g.a.npy"}, "would be one file"),
        ("g.parquet", "ab", {"output": "./g.parquet"}, "would be one file"),
        ("g.parquet", ["vectors", "weights"], {}, "other rows"),
    ],
)
def test_a_path_for_gradients_is_checked_first(tmp_path, monkeypatch, path, roles, options, what):
    monkeypatch.chdir(tmp_path)
    for name in ("taken.npy", "half.b.npy"):
        (tmp_path / name).touch()
    with pytest.raises(OutputError, match=what):
        check_gradient_output(path, list(roles), **{"force": False, "inputs": [], "output": None, **options})
