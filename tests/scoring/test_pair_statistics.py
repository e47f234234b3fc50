"""Statistics of pairs that come block by block, as of all at once."""

import numpy as np
import pytest

from simtool.scoring.batch_scores import BlockPairStatistics
from simtool.scoring.pair_statistics import PairStatistics


def test_blocks_are_summed_and_placed_by_the_rows_of_their_anchors():
    found = PairStatistics(5, {})
    hardest = np.asarray([1, 0]), np.asarray([0.25, 0.5]), np.asarray([2, 2]), np.asarray([0.75, np.nan])
    counts = np.asarray([[1, 0], [2, 1]])
    for anchors in (np.asarray([4, 0]), np.asarray([2, 3])):
        found.take(
            BlockPairStatistics(np.asarray([0.5, -1.5]), {"cosine": counts}, hardest), anchors, anchors[[0, 1, 0]]
        )
    assert found.pairs == (2, 6)
    assert found.means == pytest.approx((0.5, -0.5))
    assert found.counts["cosine"].tolist() == (2 * counts).tolist()
    assert found.hardest[0].tolist() == [4, -1, 3, 2, 0]
    np.testing.assert_array_equal(found.hardest[1], [0.5, np.nan, 0.25, 0.5, 0.25])
    assert found.hardest[2].tolist() == [4, -1, 2, 2, 4]


def test_without_positives_their_mean_is_undefined():
    found, none = PairStatistics(1, {}), np.asarray([np.nan])
    place = np.asarray([0])
    block = BlockPairStatistics(np.asarray([0.0, 0.5]), {"cosine": np.asarray([[0], [1]])}, (place, none, place, none))
    found.take(block, place, place)
    assert found.means == (None, 0.5)
