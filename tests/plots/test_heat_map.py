"""The picture of a matrix."""

import numpy as np
import pytest
from drawn_pictures import RNG, checked, figure_of, words_of

import simtool
from simtool.io.vectors import ArrayVectors
from simtool.plots.heat_map import heat_drawing


def test_a_small_matrix_is_drawn_with_its_names(tmp_path):
    vectors = ArrayVectors("v.npy", np.eye(3) - 0.2, np.asarray(["a$b$", "x\ny", "z" * 30], dtype=object))
    result = simtool.pairwise(vectors, heat_map=1000)
    axes, bar = figure_of(heat_drawing(result)).axes
    drawn = axes.images[0].get_array()
    assert np.array_equal(drawn.filled(np.nan), result.heat_map.scores, equal_nan=True)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["a$b$", "x\\ny", "z" * 19 + "…"]
    assert bar.get_ylabel() == "cosine (white: left out)"
    checked(tmp_path / "heat.svg").write(heat_drawing(result))
    assert words_of(tmp_path / "heat.svg").count("a$b$") == 2  # as it is, and not as a formula


@pytest.mark.parametrize(
    ("rows", "other", "limits"),
    [([[1.0, 0], [-0.6, 0.8]], [[1.0, 0]], (-1, 1)), ([[1.0, 0], [0.6, 0.8], [0, 1]], None, (0, 0.8))],
)
def test_zero_is_the_middle_of_scores_with_both_signs(rows, other, limits):
    result = simtool.pairwise(np.asarray(rows), None if other is None else np.asarray(other), heat_map=10)
    axes = figure_of(heat_drawing(result)).axes[0]
    image = axes.images[0]
    assert image.get_cmap().name == "coolwarm"
    written = [float(text.get_text()) for text in axes.texts]  # in a small one each cell has its number
    assert written == pytest.approx(
        [score for score in result.heat_map.scores.ravel() if np.isfinite(score)], abs=0.005
    )
    assert image.get_clim() == pytest.approx(limits, abs=1e-6)


def test_a_large_matrix_is_drawn_to_its_scale():
    result = simtool.pairwise(RNG.normal(size=(95, 3)), RNG.normal(size=(61, 3)), metric="euclidean", heat_map=10)
    axes, bar = figure_of(heat_drawing(result)).axes
    # ranges of 10 rows and of 7 columns, of which the last are shorter than their cells
    assert axes.images[0].get_extent() == [-0.5, 62.5, 99.5, -0.5]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 60.5), (94.5, -0.5))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("row number in B", "row number in A")
    assert bar.get_ylabel() == "mean euclidean of 10 × 7 cells"


def test_rows_that_share_a_cell_are_numbered():
    result = simtool.pairwise(RNG.normal(size=(12, 3)), heat_map=5)
    axes, _ = figure_of(heat_drawing(result)).axes
    assert axes.get_ylabel() == "row number in A"
