"""A result as JSON and back: of every command, with every kind of number."""

import math

import numpy as np
import pytest

import simtool
from simtool.cli.app import run
from simtool.results import Columns, Histogram, Result, scalar_to_python

KEPT = ("command", "inputs", "parameters", "summary", "provenance")


def plain(value):
    """A value as Python has it; NaN becomes a text, because it equals nothing."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def same_columns(found, expected):
    assert found.names == tuple(expected.names)
    assert len(found) == len(expected)
    found, expected = (each.read(0, len(each)) for each in (found, expected))
    for name, column in expected.items():
        assert found[name].dtype.kind == column.dtype.kind
        assert column.dtype.kind == "U" or found[name].dtype == column.dtype
        assert plain(found[name].tolist()) == plain(column.tolist())


def same(found, expected):
    for name in KEPT:
        assert plain(scalar_to_python(getattr(found, name))) == plain(scalar_to_python(getattr(expected, name))), name
    same_columns(found.rows, expected.rows)
    assert [each.name for each in found.histograms] == [each.name for each in expected.histograms]
    for one, other in zip(found.histograms, expected.histograms, strict=True):
        assert one.edges.dtype == other.edges.dtype
        assert one.edges.tolist() == other.edges.tolist()
        assert {name: each.tolist() for name, each in one.counts.items()} == {
            name: each.tolist() for name, each in other.counts.items()
        }
        assert {each.dtype for each in one.counts.values()} == {each.dtype for each in other.counts.values()}
    assert (found.history is None) == (expected.history is None)
    if expected.history is not None:
        same_columns(found.history, expected.history)


def back(result):
    found = Result.from_json(result.to_json())
    assert found.notes == result.notes
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Vectors of classes and of pairs, one with a hole, and maps."""
    folder = tmp_path_factory.mktemp("files")
    random = np.random.default_rng(0)
    x = random.standard_normal((12, 4)).astype(np.float32)
    y = (x + 0.5 * random.standard_normal((12, 4))).astype(np.float32)
    for name, array in {
        "x": x,
        "y": y,
        "labels": np.arange(12) % 2,
        "classes": np.arange(12) // 4,
        "maps": random.standard_normal((3, 2, 2)),
        "holes": np.where(np.arange(48).reshape(12, 4) == 5, np.nan, x),
    }.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "named.npz", vectors=x)
    return folder


# the command line, and the call of the library that gives the same
CALLS = {
    "similarity x.npy y.npy": lambda: simtool.similarity("x.npy", "y.npy"),
    "similarity holes.npy y.npy --nonfinite propagate": lambda: simtool.similarity(
        "holes.npy", "y.npy", nonfinite="propagate"
    ),
    "pairwise x.npy y.npy": lambda: simtool.pairwise("x.npy", "y.npy"),
    "pairwise x.npy -k 3": lambda: simtool.pairwise("x.npy", top_k=3),
    "pairwise x.npy --threshold 0.9999": lambda: simtool.pairwise("x.npy", threshold=0.9999),
    "pairwise named.npz::vectors --max-pairs 4": lambda: simtool.pairwise("named.npz::vectors", max_pairs=4),
    "compare x.npy y.npy --aggregate all": lambda: simtool.compare("x.npy", "y.npy", aggregates=["all"]),
    "compare x.npy y.npy --matches --null 20": lambda: simtool.compare("x.npy", "y.npy", matches=True, null=20),
    "channels maps.npy maps.npy": lambda: simtool.channels("maps.npy", "maps.npy"),
    "loss x.npy y.npy --labels labels.npy --kind contrastive": lambda: simtool.loss(
        "x.npy", "y.npy", labels="labels.npy", kind="contrastive"
    ),
    "loss x.npy --labels classes.npy --kind sup-con": lambda: simtool.loss(
        "x.npy", labels="classes.npy", kind="sup-con"
    ),
    "loss x.npy y.npy --labels labels.npy --kind cosine --sweep margin=0:1:0.5": lambda: simtool.loss(
        "x.npy", "y.npy", labels="labels.npy", kind="cosine", sweep=("margin", [0.0, 0.5, 1.0])
    ),
    "evaluate x.npy y.npy --labels labels.npy": lambda: simtool.evaluate("x.npy", "y.npy", labels="labels.npy"),
    "evaluate x.npy --labels classes.npy": lambda: simtool.evaluate("x.npy", labels="classes.npy"),
    "fit x.npy --labels classes.npy --kind sup-con --epochs 3": lambda: simtool.fit(
        "x.npy", labels="classes.npy", kind="sup-con", epochs=3
    ),
    "explain x.npy y.npy": lambda: simtool.explain("x.npy", "y.npy"),
    "inspect x.npy": lambda: simtool.inspect("x.npy"),
    "list": simtool.describe,
    "list cosine": lambda: simtool.describe("cosine"),
}


@pytest.mark.parametrize("line", CALLS)
def test_every_command_can_be_read_back(files, monkeypatch, capsysbinary, line):
    monkeypatch.chdir(files)
    expected = CALLS[line]()
    same(back(expected), expected)
    run([*line.split(), "--format", "json", "--quiet"])
    same(Result.from_json(capsysbinary.readouterr().out), expected)


def test_apply_can_be_read_back(files, monkeypatch):
    monkeypatch.chdir(files)
    simtool.fit("x.npy", labels="classes.npy", head="whiten", output="head.safetensors")
    expected = simtool.apply("head.safetensors", "x.npy", output="out.npy")
    same(back(expected), expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_keep_their_bits(dtype):
    info = np.finfo(dtype)
    random = np.random.default_rng(0).standard_normal(2000) * 10.0 ** np.random.default_rng(1).integers(-4, 5, 2000)
    edges = [0.0, -0.0, info.max, info.tiny, info.smallest_subnormal, 1 / 3, np.nan, np.inf, -np.inf]
    column = np.concatenate([np.asarray(edges, dtype), random.astype(dtype)])
    found = back(Result("x", {}, {}, {}, Columns({"score": column}))).rows.read(0, len(column))["score"]
    assert found.dtype == column.dtype
    bits = f"u{column.dtype.itemsize}"
    numbers = ~np.isnan(column)
    assert (found.view(bits)[numbers] == column.view(bits)[numbers]).all()
    assert np.isnan(found[~numbers]).all()


def test_float16_keeps_every_number():
    column = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    found = back(Result("x", {}, {}, {}, Columns({"score": column}))).rows.read(0, len(column))["score"]
    np.testing.assert_array_equal(found, column)


@pytest.mark.parametrize(
    "column",
    [
        np.asarray([2**53 + 1, -(2**63), 2**63 - 1]),
        np.asarray([2**64 - 1, 0], dtype=np.uint64),
        np.asarray([-128, 127], dtype=np.int8),
        np.asarray([True, False]),
        np.asarray(["a", "", "é\u202e\n"]),
        np.asarray(["a", None, 2**70, 1.5, math.nan, -math.inf], dtype=object),
        np.asarray([], dtype=np.float32),
        np.asarray([], dtype=np.int64),
    ],
    ids=lambda column: str(column.dtype),
)
def test_columns_keep_their_type_and_values(column):
    expected = Result("x", {"a": "x.npy"}, {}, {}, Columns({"value": column}))
    same(back(expected), expected)


def test_a_tuple_of_a_column_is_one_again():
    column = np.empty(2, dtype=object)
    column[:] = [(0, 1), (2, 3)]
    found = back(Result("x", {}, {}, {}, Columns({"index": column}))).rows.read(0, 2)["index"]
    assert found.tolist() == [(0, 1), (2, 3)]


def test_scalars_keep_what_null_does_not_say():
    summary = {"mean": math.nan, "max": math.inf, "gap": None, "least": -math.inf, "count": 2**60, "kind": "x"}
    parameters = {"margin": math.inf, "dims": (1, 2), "deep": {"eps": [1e-8, math.nan]}, "on": True, "none": None}
    expected = Result("x", {}, parameters, summary, notes=("«top_k» keeps a part",), provenance={"a": "x and y"})
    found = back(expected)
    same(found, expected)
    assert found.notes == ("top_k keeps a part",)


def test_histograms_and_a_history_stay():
    histogram = Histogram("cosine", np.asarray([0.0, 0.1, 1 / 3]), {"all": np.asarray([2**53 + 1, 0])})
    history = Columns({"epoch": np.arange(2), "loss": np.asarray([0.5, 0.25]), "score": np.asarray([np.nan, np.nan])})
    expected = Result("x", {}, {}, {}, histograms=(histogram,), history=history)
    same(back(expected), expected)
