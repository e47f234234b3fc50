"""Best matches of items: against a loop over all pairs, whatever form the items come in, and what has none."""

import json
from math import fsum, inf, isnan, nan

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import compare, open_items
from simtool.backend import choose_backend
from simtool.catalogue import find
from simtool.comparison import best_items as best
from simtool.comparison import token_blocks as blocks
from simtool.comparison.options import summary_keys
from simtool.errors import DataError, ParameterError, ResourceError, ShapeError
from simtool.io import as_ragged

NUMPY = choose_backend("numpy")


NAMES = ["mean", "argmax", "max", "centroid", "maxsim", "top-k-mean", "mutual", "optimal", "sinkhorn"]


def cut(rows):
    """The items of a padded array without their padding."""
    return [item[item.any(axis=1)] for item in rows]


def one(name, x, y, **options):
    """The score of two items by the function of the aggregate."""
    if not len(x) or not len(y):
        return nan
    value = find("aggregate", name).load()(x.astype(float), y.astype(float), backend=NUMPY, **options)
    return getattr(value, "score", value)


def loop(name, a, b):
    """Precision, recall, F1 and the matrix, pair by pair."""
    matrix = np.asarray([[one(name, x, y) for y in b] for x in a])
    best_scores = [[max(row[~np.isnan(row)], default=nan) for row in side] for side in (matrix, matrix.T)]
    precision, recall = (
        fsum(s for s in side if not isnan(s)) / sum(not isnan(s) for s in side) for side in best_scores
    )
    f1 = 2 * precision * recall / (precision + recall) if min(precision, recall) > 0 else 0.0
    return precision, recall, f1, matrix


def ragged_items(seed, count, d=4, least=0, most=6):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rng.integers(least, most + 1), d)) for _ in range(count)]


@pytest.mark.parametrize("name", NAMES)
def test_texts_cut_to_other_lengths_are_the_loop(sample_data, name):
    a = np.load(sample_data / "texts_a.npy")[:7]
    b = np.load(sample_data / "texts_b.npy")[2:8, :9]
    precision, recall, f1, matrix = loop(name, cut(a), cut(b))
    result = compare(a, b, aggregates=[name])
    found = [result.summary[key] for key in best.best_keys(name)]
    assert found == pytest.approx([f1, precision, recall, f1], abs=1e-9)
    assert result.summary["percent"] == pytest.approx(100 * max(0, f1), abs=1e-7)
    assert result.parameters["items"] == "best"
    rows = result.rows.columns
    assert rows["direction"].tolist() == ["a to b"] * 7 + ["b to a"] * 6
    assert rows["item"].tolist() == [*range(7), *range(6)]
    assert rows[name].tolist() == pytest.approx([*matrix.max(axis=1), *matrix.max(axis=0)], abs=1e-9)
    places = zip([*range(7), *rows["match"][7:]], [*rows["match"][:7], *range(6)], strict=True)
    assert [matrix[place] for place in places] == pytest.approx(rows[name].tolist(), abs=1e-9)
    assert list(result.summary) == summary_keys([name], items="best")


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    name=st.sampled_from(NAMES[:6]),
    query_block=st.sampled_from([1, 7, 2048]),
    kept=st.sampled_from([0, 1 << 25]),
    backend=st.sampled_from(["numpy", "torch"]),
)
def test_items_of_any_length_are_the_loop(seed, counts, name, query_block, kept, backend):
    a, b = ragged_items(seed, counts[0]), ragged_items(seed + 1, counts[1])
    a[0], b[-1] = np.ones((1, 4)), np.eye(4)  # at least one token each
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "QUERY_BLOCK", query_block)
        patch.setattr(blocks, "KEPT", kept)
        result = compare(a, b, aggregates=[name], items="best", backend=backend)
        cross = compare(a, b, cross=True, backend=backend).array
    precision, recall, f1, _ = loop(name, a, b)
    found = [result.summary[key] for key in best.best_keys(name)]
    assert found == pytest.approx([f1, precision, recall, f1], abs=1e-12, nan_ok=True)
    expected = loop("argmax", a, b)[3]
    assert cross.ravel().tolist() == pytest.approx(expected.ravel().tolist(), abs=1e-12, nan_ok=True)


@pytest.fixture
def files(tmp_path):
    """Items of float32 in every form that holds them."""
    items = [item.astype("f4") for item in ragged_items(5, 6, least=1)]
    items[2] = items[2][:0]
    ids = [f"text {i}" for i in range(6)]
    kind = pa.list_(pa.list_(pa.float32()))
    table = pa.table({"id": ids, "tokens": pa.array([item.tolist() for item in items], kind)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    fixed = pa.array([item.tolist() for item in items], pa.large_list(pa.list_(pa.float32(), 4)))
    pq.write_table(pa.table({"id": ids, "tokens": fixed}), tmp_path / "fixed.parquet")
    lines = [json.dumps({"id": name, "tokens": item.tolist()}) for name, item in zip(ids, items, strict=True)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    np.savez(tmp_path / "a.npz", **dict(zip(ids, items, strict=True)))
    np.savez_compressed(tmp_path / "small.npz", **dict(zip(ids, items, strict=True)))
    return items, ids, tmp_path


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "fixed.parquet", "a.jsonl", "a.npz", "small.npz"])
def test_every_form_of_ragged_items_is_the_same(files, name):
    items, ids, folder = files
    other = ragged_items(6, 4, least=1)
    opened = open_items(str(folder / name))
    assert opened.ids.tolist() == ids
    assert opened.shape == (6, max(map(len, items)), 4)
    whole = np.concatenate(items)
    for start in range(len(whole)):
        assert opened.tokens.read(start, start + 5).tolist() == whole[start : start + 5].tolist()
    found, expected = compare(opened, other), compare(as_ragged(items, ids=np.asarray(ids)), other)
    assert found.summary == pytest.approx(expected.summary, abs=1e-12)
    assert found.rows.columns["match"].tolist() == expected.rows.columns["match"].tolist()
    assert "1 item of A is all padding, undefined and not in the means: text 2" in found.notes


def test_ragged_items_score_as_padded_ones():
    a, b = ragged_items(7, 5, least=1), ragged_items(8, 5, least=1)
    padded = []
    for side in (a, b):
        rows = np.zeros((5, 6, 4))
        for row, item in zip(rows, side, strict=True):
            row[: len(item)] = item
        padded.append(rows)
    for items in ("aligned", "best"):
        one, other = compare(a, b, items=items), compare(*padded, items=items)
        assert one.summary == other.summary
    weights = np.random.default_rng(9).random((5, max(map(len, a)))) + 0.1
    weighed = compare(a, b, weights_a=weights), compare(padded[0][:, : weights.shape[1]], padded[1], weights_a=weights)
    assert weighed[0].summary == weighed[1].summary
    assert weighed[0].summary != compare(a, b).summary
    a[1][0] = 0
    zero = compare(a, b)
    tokens = sum(map(len, a)), sum(map(len, b))
    assert f"zero rows are padding and were left out: 1 of {tokens[0]} in A, 0 of {tokens[1]} in B" in zero.notes


def test_aligned_items_stay_the_default_of_as_many(sample_data):
    a, b = (np.load(sample_data / f"texts_{side}.npy") for side in "ab")
    plain = compare(a, b)
    assert plain.parameters["items"] == "aligned"
    assert plain.summary == compare(a, b, items="aligned").summary
    asked = compare(a, b, items="best")
    assert (asked.summary["items_a"], asked.summary["items_b"]) == (20, 20)
    assert asked.summary["argmax"] > plain.summary["argmax"]  # item i is one that the best is chosen of
    same = compare(a, a[::-1], items="best")
    assert same.summary["percent"] == pytest.approx(100)
    assert same.rows.columns["match"][:20].tolist() == list(range(19, -1, -1))


def test_draws_of_items_hold_matches_fixed():
    a, b = ragged_items(1, 30, least=1), ragged_items(2, 25, least=1)
    found = compare(a, b, bootstrap=400).summary
    scores = compare(a, b).rows.columns["argmax"]
    rng = np.random.default_rng(0)
    means = [scores[:30][rng.integers(0, 30, 30)].mean() for _ in range(4000)]
    low, high = np.quantile(means, [0.025, 0.975])
    assert found["argmax.low"] < found["argmax"] < found["argmax.high"]
    assert compare(a, b, bootstrap=400).summary == found
    assert 0.3 * (high - low) < found["argmax.high"] - found["argmax.low"] < 1.5 * (high - low)


def test_progress_counts_pairs_of_items(monkeypatch):
    monkeypatch.setattr(blocks, "QUERY_BLOCK", 12)
    calls = []
    compare(ragged_items(1, 9, least=1), ragged_items(2, 8, least=1), progress=lambda *call: calls.append(call))
    assert calls[-1] == (72, 72)
    assert len(calls) > 4
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})


def test_progress_names_its_unit():
    class Units(list):
        def phase(self, what, unit):
            self.append(unit)

        def __call__(self, done, total):
            pass

    for name in ("argmax", "mutual"):  # many items at once, and two at a time
        units = Units()
        compare(np.ones((3, 2, 2)), np.ones((2, 2, 2)), aggregates=[name], progress=units)
        assert units[0] == "pairs of items"


@pytest.mark.parametrize("option", ["weights_a", "weights_b", "lengths_a"])
def test_lists_that_are_no_array_are_refused(option):
    items = [np.ones((2, 3)), np.ones((1, 3))]
    with pytest.raises(ShapeError, match="rows of different lengths: 1, 2") as caught:
        compare(items, items, **{option: [[1.0, 2.0], [1.0]]})
    assert caught.value.where == f"«{option}»"


def test_all_leaves_out_what_has_no_best_match(monkeypatch):
    a, b = ragged_items(3, 4, least=6), ragged_items(4, 3, least=6)
    result = compare(a, b, aggregates=["all"])
    assert result.summary["percent"] == pytest.approx(100 * result.summary["argmax"])
    assert result.summary["chamfer"] is None
    assert result.summary["prdc"] is not None
    assert any("chamfer, hausdorff" in note and "is a distance" in note for note in result.notes)
    assert any("paired, cka" in note and "token i with token i" in note for note in result.notes)
    monkeypatch.setattr(best, "MOST_PAIRS", 11)
    few = compare(a, b, aggregates=["all"]).summary
    assert few["optimal"] is None
    assert few["argmax"] == result.summary["argmax"]
    with pytest.raises(ResourceError, match="4 x 3 items are too many, 11 pairs fit"):
        compare(a, b, aggregates=["optimal"])


@pytest.mark.parametrize(
    ("items", "error", "what"),
    [
        ([np.ones((2, 3)), np.ones((2, 4))], DataError, "row 1 has length 4 along dim 2, expected 3"),
        ([np.ones((2, 3)), np.ones(3)], ShapeError, r"row 1 has shape \(3,\), expected \(tokens, d\)"),
        ([np.ones((2, 3)), np.ones((1, 3), dtype=bool)], DataError, "expected floats or integers"),
        ([np.ones((2, 3)), [[1.0, 2.0, 3.0], [1.0]]], DataError, "row 1 holds tokens of different lengths"),
        ([np.ones((0, 3))], ShapeError, "no item has a token"),
        ([], ShapeError, "no item has a token"),
        ([np.ones((2, 3)), np.full((1, 3), inf), np.ones((1, 3))], DataError, "row 1 of 3 holds NaN or infinity"),
    ],
)
def test_items_that_are_refused(items, error, what):
    with pytest.raises(error, match=what):
        compare(items, np.ones((2, 2, 3)))


def test_files_of_items_that_are_refused(tmp_path):
    kind = pa.list_(pa.list_(pa.float32()))
    for name, cells, what in (
        ("null", [[[1.0, 2.0]], None, [[1.0, 2.0]] * 2], "row 1 is null or holds a null"),
        ("hole", [[[1.0, 2.0]], [[1.0, None]] * 2], "row 1 is null or holds a null"),
        ("width", [[[1.0, 2.0]] * 2, [[1.0, 2.0], [1.0], [1.0, 2.0]]], "row 1 has length 1 along dim 2, expected 2"),
    ):
        pq.write_table(pa.table({"tokens": pa.array(cells, kind)}), tmp_path / f"{name}.parquet")
        with pytest.raises(DataError, match=what):
            compare(open_items(str(tmp_path / f"{name}.parquet")), np.ones((2, 2, 2)))
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps({"tokens": cell}) for cell in cells))
        with pytest.raises(DataError, match=f"{what}|row 1 holds lists of different lengths"):
            compare(open_items(str(tmp_path / f"{name}.jsonl")), np.ones((2, 2, 2)))
    np.savez(tmp_path / "flat.npz", a=np.ones((2, 3)), b=np.ones((1, 3)), c=np.ones(3))
    with pytest.raises(DataError, match=r"c has shape \(3,\), expected \(tokens, d\) as in a"):
        open_items(str(tmp_path / "flat.npz"))
    np.savez(tmp_path / "two.npz", a=np.ones((2, 3)), b=np.ones((2, 4)))
    with pytest.raises(DataError, match="several columns hold vectors: a, b"):
        open_items(str(tmp_path / "two.npz"))


def test_lengths_of_ragged_items_stay_within_them():
    items = [np.ones((3, 2)), np.ones((1, 2))]
    cut_off = compare(items, np.ones((2, 1, 2)), lengths_a=np.asarray([2, 1]))
    assert "rows beyond the lengths are padding and were left out: 1 of 4 in A, 0 of 2 in B" in cut_off.notes
    with pytest.raises(DataError, match="the length of item 1 is 2, expected a whole number from 0 to 1"):
        compare(items, np.ones((2, 1, 2)), lengths_a=np.asarray([2, 2]))


def test_items_without_a_score_are_counted():
    a, b = ragged_items(3, 3, least=6), ragged_items(4, 2, least=6)
    a[1] = a[1][:2]
    weights = np.ones((3, 6))
    weights[0] = 0
    result = compare(a, b, aggregates=["argmax", "mean"], weights_a=weights)
    assert "argmax, mean undefined for 1 of 3 items of A with every other item" in result.notes
    assert np.isnan(result.rows.columns["argmax"]).tolist() == [True, False, False, False, False]
    assert result.rows.columns["argmax.match"][0] is None
    rest = compare(a[1:], b, aggregates=["argmax", "mean"], items="best")
    assert result.summary["argmax"] == pytest.approx(rest.summary["argmax"], abs=1e-12)
    assert np.isnan(compare(a, b, cross=True, weights_a=weights).array[0]).all()
    short = compare(a, b, aggregates=["prdc"], items="best")
    assert "prdc undefined for 1 of 3 items of A with every other item" in short.notes
    with pytest.raises(ParameterError, match="prdc looks at 7 neighbours"):
        compare(a, b, aggregates=["prdc"], parameters={"k": 7})


def test_what_does_not_fit_is_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(blocks, "PAIR_BYTES", 1 << 30)
    monkeypatch.setattr(blocks, "QUERY_BLOCK", 2)
    items = [np.ones((3, 2)), np.ones((1, 2))]
    with pytest.raises(ResourceError, match="a tile of 3 x 3 tokens takes about"):
        compare(items, items, items="best", max_memory="1G")
    many = np.ones((9000, 1, 1))
    with pytest.raises(ResourceError, match="the matrix of 9,000 x 9,000 items takes about"):
        compare(many, many, null=1, max_memory="200M")
