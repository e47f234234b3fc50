"""What negatives come to where a pair decides, against loops over exact distances that tiles may have rounded."""

import numpy as np
import pytest

from simtool.losses.decided_negatives import DOUBT, HingeSum, Nearest
from simtool.losses.negatives import ScoreTile

RNG = np.random.default_rng(0)
EXACT = RNG.integers(1, 6, (7, 5)).astype(float)  # with ties
ROUNDED = EXACT * (1 + 0.9 * DOUBT * RNG.uniform(-1, 1, EXACT.shape))
MEMBERS = RNG.random(EXACT.shape) < 0.6
MEMBERS[2], MEMBERS[:, 3] = False, False


def settle(scores, marked):
    scores[marked] = EXACT[marked]


@pytest.mark.parametrize("members", [None, MEMBERS], ids=["all", "some"])
def test_the_nearest_and_how_many_are_as_near(members):
    found = Nearest().of_tile(ScoreTile(ROUNDED, members, {}, settle))
    inside = EXACT if members is None else np.where(members, EXACT, np.inf)
    for ends, distances in zip(found, (inside, inside.T), strict=True):
        least = distances.min(axis=1)
        assert ends[:, 0].tolist() == least.tolist()
        ties = [
            int((row == best).sum()) if np.isfinite(best) else 0 for row, best in zip(distances, least, strict=True)
        ]
        assert ends[:, 1].tolist() == ties


def test_what_is_known_to_be_nearer_leaves_less_to_compute():
    known, asked = np.stack([np.full(7, 1.5), np.ones(7)], axis=1), []

    def counted(scores, marked):
        asked.append(int(marked.sum()))
        settle(scores, marked)

    nearest = Nearest()
    alone, _ = nearest.of_tile(ScoreTile(ROUNDED, None, {}, counted))
    columns = np.stack([np.zeros(5), np.ones(5)], axis=1)  # no row is nearer to these
    rows, _ = nearest.of_tile(ScoreTile(ROUNDED, None, {}, counted, (known, columns)))
    assert nearest.merge(known, rows).tolist() == nearest.merge(known, alone).tolist()
    assert asked[1] == (np.minimum(EXACT.min(axis=1), 1.5)[:, None] == EXACT).sum() < asked[0]


@pytest.mark.parametrize("members", [None, MEMBERS], ids=["all", "some"])
def test_sums_of_what_is_within_a_margin(members):
    summary = HingeSum(lambda distances, margin: (-distances, margin))
    inside = np.ones(EXACT.shape, dtype=bool) if members is None else members
    terms = np.where(inside, np.maximum(0, 3.0 - EXACT), 0)
    found = summary.of_tile(ScoreTile(ROUNDED, members, {"margin": 3.0}, settle))
    for axis, ends in ((1, found[0]), (0, found[1])):
        np.testing.assert_allclose(ends[:, 0], terms.sum(axis=axis), rtol=1e-9, atol=1e-9)
        assert ends[:, 1].tolist() == (terms > 0).sum(axis=axis).tolist()  # a pair on the margin is never active
        assert ends[:, 2].tolist() == inside.sum(axis=axis).tolist()


@pytest.mark.parametrize("summary", [Nearest(), HingeSum(lambda distances, margin: (-distances, margin))])
def test_parts_are_merged_into_the_whole(summary):
    options = {} if isinstance(summary, Nearest) else {"margin": 3.0}
    whole, _ = summary.of_tile(ScoreTile(EXACT, MEMBERS, options, settle))
    parts = [
        summary.of_tile(ScoreTile(EXACT[:, part], MEMBERS[:, part], options, lambda scores, marked: None))[0]
        for part in (slice(0, 2), slice(2, 5))
    ]
    np.testing.assert_allclose(summary.merge(*parts), whole)
    np.testing.assert_allclose(summary.merge(np.tile(summary.empty, (7, 1)), whole), whole)


def test_slopes_of_the_nearest_are_shared_among_those_as_near():
    rows, _ = Nearest().of_tile(ScoreTile(ROUNDED, None, {}, settle))
    weights = RNG.normal(size=7)
    ends = (rows, np.stack([weights, np.zeros(7)], axis=1))
    found = Nearest().slopes(ScoreTile(ROUNDED, None, {}, settle), ends, None)
    nearest = EXACT.min(axis=1, keepdims=True) == EXACT
    np.testing.assert_allclose(found, nearest * (weights / nearest.sum(axis=1))[:, None])
