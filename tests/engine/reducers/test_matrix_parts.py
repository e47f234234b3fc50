"""The whole matrix in parts: each is written once, by whoever is asked, and the summary is that of the matrix."""

import numpy as np
import pytest

from simtool import pairwise
from simtool.engine import plan
from simtool.errors import DataError

X = np.random.default_rng(0).normal(size=(50, 6)).astype("f4")


class Held:
    """Takes parts into memory."""

    def __init__(self) -> None:
        self.parts = []

    def has(self, start, stop, mark):
        return False

    def write(self, rows):
        self.parts.append([(each.start, each.scores.copy()) for each in rows])
        return ""


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan"])
def test_parts_are_whole_query_blocks(monkeypatch, metric):
    monkeypatch.setattr(plan, "FULL_ROWS_BYTES", 4 * 50 * 4)
    monkeypatch.setattr(plan, "FEWEST_KEPT", 3)
    held, plain = Held(), pairwise(X, metric=metric)
    result = pairwise(X, metric=metric, into=lambda *of: held)
    assert [[start for start, _ in part] for part in held.parts[:2]] == [[0, 4, 8, 12], [16, 20, 24, 28]]
    np.testing.assert_array_equal(np.concatenate([scores for part in held.parts for _, scores in part]), plain.array)
    assert result.summary == plain.summary
    np.testing.assert_array_equal(result.grids[0].scores, plain.grids[0].scores)


def test_scores_that_leave_the_range_are_no_part():
    held = Held()
    with pytest.raises(DataError, match="leaves the range"):
        pairwise(np.full((3, 2), 1e30), metric="dot", precision="float32", into=lambda *of: held)
    assert held.parts == []
