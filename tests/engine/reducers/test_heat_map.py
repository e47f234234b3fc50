"""The matrix in means, against means of the matrix."""

import numpy as np
import pytest

import simtool
from simtool.engine.exclusion import Exclusion
from simtool.engine.reducers.heat_map import MeanCells
from simtool.errors import ParameterError

RNG = np.random.default_rng(4)


def reference(matrix, height, width, *, exclude_self=False):
    """Mean of the finite cells of each rectangle, by a plain loop."""
    n, m = matrix.shape
    means = np.full((-(-n // height), -(-m // width)), np.nan)
    for row in range(len(means)):
        for column in range(means.shape[1]):
            cells = [
                float(matrix[i, j])
                for i in range(row * height, min(n, (row + 1) * height))
                for j in range(column * width, min(m, (column + 1) * width))
                if np.isfinite(matrix[i, j]) and not (exclude_self and i == j)
            ]
            if cells:
                means[row, column] = sum(cells) / len(cells)
    return means


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("step", [1, 3, 7, 40])
@pytest.mark.parametrize(
    ("shape", "sizes"), [((23, 17), (5, 4)), ((17, 23), (4, 5)), ((5, 5), (1, 1)), ((1, 9), (1, 2))]
)
def test_means_are_those_of_rectangles(shape, sizes, step, exclude_self):
    matrix = RNG.normal(size=shape).astype(np.float32)
    matrix[0, :3] = np.nan
    matrix[-1, -1] = np.inf
    cells = MeanCells(shape, 5, excluded=Exclusion.of_rows(*shape) if exclude_self else None)
    for start in range(0, len(matrix), step):
        cells.take(start, matrix[start : start + step])
    found = cells.means(np.arange(shape[0]), np.arange(shape[1]))
    expected = reference(matrix, *sizes, exclude_self=exclude_self)
    np.testing.assert_allclose(found.scores, expected, rtol=1e-12, atol=1e-14)
    assert found.row_edges.tolist() == [*range(0, shape[0], sizes[0]), shape[0]]
    assert found.column_ids.tolist() == list(range(0, shape[1], sizes[1]))


def test_a_huge_diagonal_leaves_no_trace():
    matrix = np.full((4, 4), 1.0)
    np.fill_diagonal(matrix, 1e300)
    cells = MeanCells((4, 4), 2, excluded=Exclusion.of_rows(4, 4))
    cells.take(0, matrix)
    assert cells.means(np.arange(4), np.arange(4)).scores.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_pairwise_averages_the_matrix_whether_it_is_kept_or_not(metric):
    a, b = (RNG.normal(size=(count, 6)).astype(np.float32) for count in (150, 37))
    kept = simtool.pairwise(a, b, metric=metric, heat_map=20)
    streamed = simtool.pairwise(a, b, metric=metric, heat_map=20, into=lambda shape, dtype: lambda part: None)
    assert streamed.array is None
    expected = reference(kept.array, 8, 2)
    for result in (kept, streamed):
        assert result.heat_map.shape == (150, 37)
        np.testing.assert_allclose(result.heat_map.scores, expected, rtol=1e-12)
    assert simtool.pairwise(a, b).heat_map is None


def test_the_mean_of_a_set_with_itself_is_without_the_diagonal():
    result = simtool.pairwise(RNG.normal(size=(30, 4)), heat_map=1)
    assert result.heat_map.scores[0, 0] == pytest.approx(result.summary["mean"], abs=1e-12)
    alone = simtool.pairwise(RNG.normal(size=(3, 4)), heat_map=1000)
    assert np.isnan(np.diag(alone.heat_map.scores)).all()
    assert np.isnan(alone.heat_map.scores).sum() == 3


def test_ids_name_the_first_row_of_each_range(sample_data):
    words = simtool.open_vectors(str(sample_data / "words.parquet"))
    found = simtool.pairwise(words, heat_map=100).heat_map  # 437 rows, 5 in each range
    assert found.row_ids.tolist() == found.column_ids.tolist() == words.ids[::5].tolist()
    assert found.scores.shape == (88, 88)


def test_rows_that_are_not_finite_are_left_out():
    a = RNG.normal(size=(4, 3))
    a[1] = np.nan
    result = simtool.pairwise(a, np.ones((2, 3)), nonfinite="propagate", heat_map=2)
    assert np.isfinite(result.heat_map.scores).all()
    np.testing.assert_allclose(result.heat_map.scores, reference(result.array, 2, 1), rtol=1e-12)


@pytest.mark.parametrize("options", [{"top_k": 1}, {"threshold": 0.5}, {"max_pairs": 2}])
def test_a_selection_has_no_heat_map(options):
    with pytest.raises(ParameterError, match="heat map is of the whole matrix"):
        simtool.pairwise(np.eye(3), heat_map=10, **options)


def test_a_heat_map_needs_one_matrix_and_a_size():
    with pytest.raises(ParameterError, match="there are 2 in batches"):
        simtool.pairwise(np.ones((2, 3, 4)), heat_map=10)
    with pytest.raises(ParameterError, match="expected at least 1"):
        simtool.pairwise(np.eye(3), heat_map=0)
