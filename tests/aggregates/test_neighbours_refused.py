"""What measures of the k nearest neighbours refuse."""

import numpy as np
import pytest

from simtool.aggregates.neighbour_balls import neighbour_coverage
from simtool.aggregates.shared_neighbours import neighbour_overlap
from simtool.backend import choose_backend
from simtool.errors import ParameterError

BACKEND = choose_backend()
MEASURES = [neighbour_coverage, neighbour_overlap]


@pytest.mark.parametrize("measure", MEASURES)
def test_neighbours_that_are_not_there_are_refused(measure):
    x = np.eye(5)
    with pytest.raises(ParameterError, match="looks at 5 neighbours of each row, but a set has only 5") as refused:
        measure(x, x, k=5, backend=BACKEND)
    assert refused.value.hint == "k must be at most 4"
    with pytest.raises(ParameterError, match="has only 1 row"):
        measure(x[:1], x[:1], k=1, backend=BACKEND)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("k", [0, -1, 1.5, float("nan")])
def test_a_number_of_neighbours_is_whole_and_above_zero(measure, k):
    with pytest.raises(ParameterError, match="expected a whole number of at least 1"):
        measure(np.eye(5), np.eye(5), k=k, backend=BACKEND)
