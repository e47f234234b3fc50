"""Histograms of scores against numpy's."""

import numpy as np
import pytest

from simtool.evaluation.histogram import score_histogram
from simtool.statistics.counts import counts_of

RNG = np.random.default_rng(8)
LABELS = np.arange(200) % 5 == 0
SCORES = RNG.normal(size=200) + 1.5 * LABELS


@pytest.mark.parametrize("larger_is_closer", [True, False])
@pytest.mark.parametrize("scale", [1.0, 1e-9, 3e7])
def test_the_histogram_is_that_of_numpy(larger_is_closer, scale):
    scores = SCORES * scale
    found = score_histogram(counts_of(scores, LABELS, larger_is_closer=larger_is_closer), "dot")
    widths = np.diff(found.edges)
    assert np.allclose(widths, widths[0], rtol=1e-9)
    assert float(f"{widths[0]:.6e}"[0]) in (1, 2, 5)
    assert 6 <= len(widths) <= 14  # the root of 200 pairs
    assert found.edges[0] <= scores.min() < found.edges[1]
    assert found.edges[-2] <= scores.max() <= found.edges[-1]
    for name, chosen in (("positives", LABELS), ("negatives", ~LABELS)):
        assert found.counts[name].tolist() == np.histogram(scores[chosen], found.edges)[0].tolist()


@pytest.mark.parametrize(
    "scores",
    [[0.5, 0.5], [0.0, 0.0], [1.0, np.nextafter(1.0, 2)], [-1.7e308, 1.7e308], [5e-324, 0.0], [1e300, 1e300]],
)
def test_a_histogram_of_extreme_scores_holds_them_all(scores):
    found = score_histogram(counts_of(np.asarray(scores), np.asarray([True, False])), "dot")
    assert np.isfinite(found.edges).all()
    assert (np.diff(found.edges) > 0).all()
    assert [int(counts.sum()) for counts in found.counts.values()] == [1, 1]
    assert found.edges[0] <= min(scores)
    assert max(scores) <= found.edges[-1]


def test_a_score_on_an_edge_is_of_the_bin_above():
    scores = np.arange(0, 11) / 10
    found = score_histogram(counts_of(scores, scores > 0.5), "cosine")
    assert found.edges.tolist() == scores.tolist()
    assert found.counts["negatives"].tolist() == [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert found.counts["positives"].tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 2]  # the last holds its upper edge too


def test_more_pairs_have_more_bins():
    scores = RNG.normal(size=5000)
    assert len(score_histogram(counts_of(scores, scores > 1), "dot").edges) > 30
    assert len(score_histogram(counts_of(scores[:20], scores[:20] > 0), "dot").edges) <= 11
