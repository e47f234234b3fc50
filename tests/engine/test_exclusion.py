import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import pairwise
from simtool.io import Selection, as_vectors, with_ids
from tests.brute_force import CLOSER, exact, in_tiles, listed, select, ways

METRICS = ["cosine", "euclidean"]


def named(rows, ids, name):
    return with_ids(as_vectors(rows, name), np.asarray(ids, dtype=object))


def kept(metric, matrix, ids_a, ids_b):
    """The pairs of different ids, closest first, ties by row, then column."""
    sign = -1 if CLOSER.get(metric) else 1
    pairs = [(i, j) for i, a in enumerate(ids_a) for j, b in enumerate(ids_b) if a != b]
    return sorted(pairs, key=lambda pair: (sign * matrix[pair], *pair))


@st.composite
def sets(draw):
    """Two sets of few different rows, with ids that repeat now and then, or all the time."""
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    different = draw(st.sampled_from([1, 3, 20, 200]))
    a, b = (rng.integers(-1, 2, (size, 3)).astype("f4") for size in (n, m))
    return a, b, [f"id {i}" for i in rng.integers(0, different, n)], [f"id {i}" for i in rng.integers(0, different, m)]


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=6, deadline=None)
@given(problem=sets(), k=st.integers(1, 30), way=ways)
def test_a_selection_of_two_sets_leaves_out_equal_ids(metric, problem, k, way):
    way, (a, b, ids_a, ids_b) = dict(way), problem
    scan, matrix = way.pop("scan"), exact(metric, a, b)
    pairs = kept(metric, matrix, ids_a, ids_b)
    limit = {"cosine": 0.5, "euclidean": 1.0}[metric]
    closest = [pair for i in range(len(a)) for pair in [pair for pair in pairs if pair[0] == i][:k]]
    proxy = [p for p in sorted(pairs) if (matrix[p] >= limit if CLOSER.get(metric) else matrix[p] <= limit)]
    sides = named(a, ids_a, "A"), named(b, ids_b, "B")
    for spec, expected in (({"top_k": k}, closest), ({"max_pairs": k}, pairs[:k]), ({"threshold": limit}, proxy)):
        with pytest.MonkeyPatch.context() as patch:
            columns = select(patch, scan, *sides, **way, **spec, metric=metric, exclude_self=True).rows.columns
        assert columns["a"].tolist() == [ids_a[i] for i, _ in expected]
        assert columns["b"].tolist() == [ids_b[j] for _, j in expected]
        assert columns["score"].tolist() == pytest.approx([matrix[pair] for pair in expected])


@settings(max_examples=6, deadline=None)
@given(problem=sets(), tile=st.integers(4, 60))
def test_a_matrix_of_two_sets_leaves_equal_ids_out_of_rows_means_and_picture(problem, tile):
    a, b, ids_a, ids_b = problem
    matrix = exact("euclidean", a, b)
    pairs = sorted(kept("euclidean", matrix, ids_a, ids_b))
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, tile, tile)
        result = pairwise(
            named(a, ids_a, "A"), named(b, ids_b, "B"), metric="euclidean", exclude_self=True, heat_map=200
        )
    np.testing.assert_allclose(result.array, matrix, rtol=1e-6)
    expected = np.full(matrix.shape, np.nan)
    for pair in pairs:
        expected[pair] = matrix[pair]
    np.testing.assert_allclose(result.heat_map.scores, expected, rtol=1e-6)
    rows = result.rows.read(0, len(result.rows))
    assert rows["b"].tolist() == [ids_b[j] for _, j in pairs]
    third = len(result.rows) // 3
    assert result.rows.read(third, third + 5)["score"].tolist() == rows["score"][third : third + 5].tolist()
    scores = [matrix[pair] for pair in pairs]
    assert result.summary["mean"] == (pytest.approx(np.mean(scores)) if scores else None)
    assert result.summary["min"] == (pytest.approx(min(scores)) if scores else None)


def test_an_id_that_stands_in_another_place_is_left_out():
    # row 0 of both is alike and of another id; the same id is at rows 0 and 2
    a, b = np.eye(3, dtype="f4"), np.eye(3, dtype="f4")[[0, 2, 0]]
    result = pairwise(named(a, ["x", "y", "z"], "A"), named(b, ["w", "v", "x"], "B"), top_k=1, exclude_self=True)
    assert result.rows.columns["b"].tolist() == ["w", "w", "v"]
    assert result.parameters["exclude_self"] is True
    assert result.parameters["excluded_by"] == "id"
    assert "1 pair of equal ids left out" in result.notes


def test_whole_numbers_and_texts_name_the_same_row():
    a = with_ids(as_vectors(np.eye(2, dtype="f4"), "A"), np.asarray([7, 8]))
    result = pairwise(a, named(np.eye(2, dtype="f4"), ["8", "7"], "B"), threshold=-1, exclude_self=True)
    assert result.rows.columns["a"].tolist() == [7, 8]
    assert result.rows.columns["b"].tolist() == ["8", "7"]


def test_without_ids_on_both_sides_the_row_numbers_of_the_inputs_count():
    a, b = np.ones((3, 2), dtype="f4"), np.ones((4, 2), dtype="f4")
    a[0] = np.nan
    result = pairwise(a, named(b, list("pqrs"), "B"), threshold=0, exclude_self=True, nonfinite="drop")
    assert listed(result) == [(i, each) for i in (1, 2) for j, each in enumerate("pqrs") if i != j]
    assert result.parameters["excluded_by"] == "row"
    assert any("2 pairs of equal row numbers left out" in note for note in result.notes)


def test_a_set_with_itself_leaves_out_rows_whatever_their_ids():
    result = pairwise(named(np.eye(3, dtype="f4"), ["x", "x", "y"], "A"), threshold=-1)
    assert listed(result) == [("x", "x"), ("x", "y"), ("x", "y")]
    assert result.parameters["excluded_by"] == "row"


def test_rows_with_fewer_others_than_k_are_said():
    a, b = np.eye(2, dtype="f4"), np.eye(3, 2, dtype="f4") + 1
    result = pairwise(named(a, ["x", "y"], "A"), named(b, ["x", "x", "z"], "B"), top_k=2, exclude_self=True)
    assert listed(result) == [("x", "z"), ("y", "x"), ("y", "z")]
    assert "1 row with fewer than 2 others: all of them are listed" in result.notes


def test_nothing_is_left_out_of_two_sets_unless_it_is_asked_for():
    sides = [named(np.eye(2, dtype="f4"), ["x", "y"], name) for name in "AB"]
    result = pairwise(*sides, threshold=0)
    assert len(result.rows) == 4
    assert result.parameters["excluded_by"] is None


SELECTED = {
    "rows": ({"rows": "7:20"}, {}),
    "rows of B": ({}, {"rows": "-9:"}),
    "rows of both": ({"rows": "5:9"}, {"rows": "7:20"}),
    "sample": ({"sample": 6, "seed": 2}, {}),
    "where": ({"where": "doc_id = 'x' or n > 20"}, {}),
    "query": ({"query": ["7", "20"]}, {"rows": "3:"}),
}


def chosen(total, where=None, rows=":", sample=None, seed=0, query=()):
    """The numbers of the rows that are selected, by plain numpy."""
    start, stop = (int(end) if end else None for end in rows.split(":"))
    numbers = np.arange(total)[start:stop]
    if where is not None:
        numbers = numbers[(numbers % 5 == 0) | (numbers > 20)]
    if query:
        numbers = np.asarray([int(each) for each in query])
    return numbers if sample is None else np.sort(np.random.default_rng(seed).permutation(total)[:sample])


@pytest.mark.parametrize("asked", [{"top_k": 3}, {"threshold": 0.1}, {"max_pairs": 30}, {}], ids=str)
@pytest.mark.parametrize("which", SELECTED)
@pytest.mark.parametrize("files", ["one", "two"])
def test_rows_without_ids_are_left_out_by_their_numbers_in_the_file(tmp_path, files, which, asked):
    rows, (of_a, of_b) = np.random.default_rng(0).integers(-9, 9, (30, 4)).astype("f4"), SELECTED[which]
    doc_id = ["x" if number % 5 == 0 else "y" for number in range(30)]  # which is no name of an id
    table = pa.table({"doc_id": doc_id, "n": range(30), "v": list(rows)})
    for name in ("one", "two"):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    a, b = Selection(f"{tmp_path}/one.parquet::v", **of_a), Selection(f"{tmp_path}/{files}.parquet::v", **of_b)
    matrix, numbers_a, numbers_b = exact("cosine", rows, rows), chosen(30, **of_a), chosen(30, **of_b)
    pairs = sorted(((i, j) for i in numbers_a for j in numbers_b if i != j), key=lambda pair: (-matrix[pair], *pair))
    expected = {
        "top_k": [pair for i in numbers_a for pair in [pair for pair in pairs if pair[0] == i][:3]],
        "threshold": [pair for pair in sorted(pairs) if matrix[pair] >= 0.1],
        "max_pairs": pairs[:30],
    }
    result = pairwise(a, b, exclude_self=True, **asked)
    found = result.rows.read(0, len(result.rows))
    wanted = expected[next(iter(asked))] if asked else sorted(pairs)
    assert list(zip(found["a"].tolist(), found["b"].tolist(), strict=True)) == wanted
    assert found["score"].tolist() == pytest.approx([matrix[pair] for pair in wanted], abs=2e-6)
    assert result.summary["mean"] == pytest.approx(np.mean([matrix[pair] for pair in wanted]), abs=2e-6)
    assert result.parameters["excluded_by"] == "row"


def test_queries_among_all_rows_of_their_file_are_left_out_by_row_whatever_their_ids(tmp_path):
    pq.write_table(pa.table({"id": ["x", "x", "y"], "v": np.eye(3).tolist()}), tmp_path / "t.parquet")
    queries = Selection(f"{tmp_path}/t.parquet", query=["x"])
    result = pairwise(queries, Selection(queries, same=queries), threshold=0, exclude_self=True)
    assert listed(result) == [("x", "x"), ("x", "y"), ("x", "x"), ("x", "y")]
    assert "2 pairs of equal row numbers left out" in result.notes


def test_numbers_of_selected_rows_are_no_ids_of_another_set(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(4, 3, dtype="f4"))
    result = pairwise(
        Selection(f"{tmp_path}/a.npy", rows="2:"), named(np.eye(3, dtype="f4"), ["2", "3", "0"], "B"),
        threshold=0, exclude_self=True,
    )  # fmt: skip
    assert listed(result) == [(2, "2"), (2, "3"), (3, "2"), (3, "3"), (3, "0")]
