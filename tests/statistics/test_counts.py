"""Pairs counted at each score against a plain loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtool.statistics.counts import Counts, Grouped, counts_of

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30)


@given(PAIRS, st.booleans())
def test_counts_are_those_of_a_loop(pairs, larger):
    scores, similar = (np.asarray(column) for column in zip(*pairs, strict=True))
    found = counts_of(scores / 4, similar, larger_is_closer=larger)
    closest_first = sorted(set((scores / 4).tolist()), reverse=larger)
    assert found.scores.tolist() == closest_first
    for score, positives, negatives in zip(found.scores, found.positives, found.negatives, strict=True):
        assert positives == sum(4 * score == own and one for own, one in pairs)
        assert negatives == sum(4 * score == own and not one for own, one in pairs)
    assert found.totals == (int(similar.sum()), int((~similar).sum()))
    right, wrong = found.accepted
    assert (right[-1], wrong[-1]) == found.totals


def test_a_zero_is_never_negative():
    assert np.signbit(counts_of(np.asarray([0.0, 1.0]), np.asarray([True, False])).scores).tolist() == [False, False]


def test_weights_count_pairs_as_often_and_drop_scores_of_none():
    grouped = Grouped.of(np.asarray([0.5, 0.9, 0.5]), np.asarray([True, True, False]), larger_is_closer=True)
    assert grouped.counts().positives.tolist() == [1, 1]
    found = grouped.counts(np.asarray([2, 0, 3]))
    assert (found.scores.tolist(), found.positives.tolist(), found.negatives.tolist()) == ([0.5], [2.0], [3.0])


def test_compressed_counts_that_lose_nothing_stay_as_they_are():
    whole = Counts(np.asarray([2.0, 1.0]), np.asarray([1, 0]), np.asarray([0, 1]), True)
    assert whole.compressed() is whole
    some = Counts(np.asarray([2.0, 1.0]), np.asarray([1, 0]), np.asarray([0, 0]), True).compressed()
    assert some.scores.tolist() == pytest.approx([2.0])
