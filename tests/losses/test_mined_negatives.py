"""Which negatives decide a triplet loss, from distances as far off as tiles may be, against loops over exact ones."""

import numpy as np
import pytest
from loops import LOOPS

from simtool.losses.decided_negatives import DOUBT
from simtool.losses.mined_negatives import EVERY_TRIPLET, SEMI_HARD

MINERS = {"semi-hard-triplet": SEMI_HARD, "batch-all-triplet": EVERY_TRIPLET}
NEAR = [2.0, 0.0, 4.0, 2.0]


def mined(miner, far, margin, seed=0):
    """What decides, of distances that are rounded but where it asks for the exact ones."""
    rounded = far * (1 + 0.9 * DOUBT * np.random.default_rng(seed).uniform(-1, 1, far.shape))
    row = np.concatenate(([np.inf] * 5, rounded))
    found = miner.deciding(np.asarray(NEAR), row, margin=margin)
    opened = found.columns[found.open]
    row[opened] = far[opened - 5]
    return found.settled(row)


def expected(kind, far, margin):
    """The losses of an anchor, which is row 0, as the loop has them."""
    items = LOOPS[kind][0]([[0.0, *NEAR, *far]], [0] * 5 + [1] * len(far), margin=margin)
    return items if kind == "semi-hard-triplet" else items[0]


@pytest.mark.parametrize("kind", MINERS)
@pytest.mark.parametrize("margin", [0.0, 1.0, 3.0, 1e-7])
@pytest.mark.parametrize("values", [(1, 6), (0, 3), (5, 9), (2, 3)], ids=["among", "nearer", "past", "equal"])
def test_losses_are_those_of_exact_distances(kind, margin, values):
    for seed in range(8):
        far = np.random.default_rng(seed).integers(*values, 30).astype(float)
        losses, active = MINERS[kind].losses(np.asarray(NEAR), mined(MINERS[kind], far, margin, seed), margin=margin)
        found = expected(kind, far, margin)
        if kind == "semi-hard-triplet":
            assert losses.tolist() == pytest.approx(found, rel=1e-12)
            assert active.sum() == sum(loss > 0 for loss in found)
        else:
            assert (losses.sum(), active.sum()) == (pytest.approx(found[0], rel=1e-6, abs=1e-300), found[1])


@pytest.mark.parametrize("kind", MINERS)
def test_slopes_are_the_differences_of_the_losses(kind):
    far, step = np.random.default_rng(1).uniform(0, 5, 40), 1e-7
    miner, slopes = MINERS[kind], np.zeros(45)
    own = miner.add_slopes(np.asarray(NEAR), mined(miner, far, 1.0), slopes, margin=1.0)

    def total(far):
        items = expected(kind, far, 1.0)
        return sum(items) if kind == "semi-hard-triplet" else items[0]

    numeric = [(total(far + step * one) - total(far - step * one)) / (2 * step) for one in np.eye(40)]
    np.testing.assert_allclose(slopes[5:], numeric, atol=1e-6)
    assert own.sum() == pytest.approx(-slopes.sum())  # every loss is a distance less another


def test_only_what_may_change_a_loss_is_computed_exactly():
    far = np.random.default_rng(0).uniform(0, 9, 1000)
    row = np.concatenate(([np.inf] * 5, far))
    assert not SEMI_HARD.deciding(np.asarray(NEAR), row, margin=1.0).open.any()
    closest = far[far > 4.0].min()
    row[-1] = closest * (1 + DOUBT)  # which of the two is nearer is open
    far = SEMI_HARD.deciding(np.asarray(NEAR), row, margin=1.0)
    assert sorted(far.columns[far.open]) == sorted([1004, int(np.argmin(np.where(row > 4.0, row, np.inf)))])


@pytest.mark.parametrize("kind", MINERS)
@pytest.mark.parametrize("unit", [1e-320, 1e-308, 1e300])
def test_distances_near_the_ends_of_what_a_number_holds(kind, unit):
    near, far = np.asarray([2.0, 4.0]) * unit, np.asarray([1.0, 3.0, 5.0]) * unit
    row = np.concatenate(([np.inf] * 3, far))
    found, _ = MINERS[kind].losses(near, MINERS[kind].deciding(near, row, margin=0.0).settled(row), margin=0.0)
    terms = [unit * each for each in ([0.0, 0.0] if kind == "semi-hard-triplet" else [1.0, 4.0])]
    np.testing.assert_allclose(found, terms, rtol=1e-3)
