import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import pairwise
from simtool.io import as_vectors, with_ids
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
