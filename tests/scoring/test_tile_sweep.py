"""One sweep over the tiles of a sorted batch, against loops over all pairs."""

import numpy as np
import pytest
from scipy.special import logsumexp

from simtool.backend import choose_backend
from simtool.losses.numerics import unit_rows
from simtool.scoring import sorted_batch as layout
from simtool.scoring.distances import distance_of
from simtool.scoring.histogram import bins_of
from simtool.scoring.sorted_batch import sorted_batch
from simtool.scoring.sorted_losses import wanted_of
from simtool.scoring.spec import read_specs
from simtool.scoring.tile_sweep import Extremes, statistics_of, sweep

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(30, 4))
CODES = np.sort(RNG.integers(0, 8, 30))
UNIT = ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)
COSINES = UNIT @ UNIT.T
SAME = CODES[:, None] == CODES
POSITIVES = SAME & ~np.eye(30, dtype=bool)


@pytest.fixture(params=[(8, 4), (3, 300)])
def swept(request, monkeypatch):
    monkeypatch.setattr(layout, "ROWS", request.param[0])
    monkeypatch.setattr(layout, "COLUMNS", request.param[1])
    options = {"variant": None, "metric": None, "reduction": None, "parameters": {"temperature": 0.2}}
    (spec,) = read_specs(["nt-xent"], **options)
    batch = sorted_batch([ROWS], CODES, ("cosine",), 1e-8, choose_backend("numpy"))
    bins = {"cosine": bins_of(distance_of("cosine"), 0.0, 0.0)}
    done = []
    return batch, sweep(batch, [wanted_of(spec)], bins, done.append), bins["cosine"], done


def test_negatives_come_to_their_log_sum_exp(swept):
    _, found, _, done = swept
    expected = logsumexp(np.where(SAME, -np.inf, COSINES / 0.2), axis=1)
    np.testing.assert_allclose(found.summaries[0], expected, rtol=1e-12)
    assert sum(done) == 30


def test_pairs_are_counted_and_the_hardest_found(swept):
    batch, found, bins, _ = swept
    statistics = statistics_of(batch, found)
    for group, members in enumerate((POSITIVES, ~SAME)):
        assert statistics.sums[group] == pytest.approx(COSINES[members].sum(), abs=1e-11)
        assert statistics.counts["cosine"][group].tolist() == np.histogram(COSINES[members], bins.edges)[0].tolist()
    far, far_cosines, near, near_cosines = statistics.hardest
    some = POSITIVES.any(axis=1)
    assert np.isnan(far_cosines[~some]).all()
    assert (far[some] == np.where(POSITIVES, COSINES, np.inf).argmin(axis=1)[some]).all()
    assert (near == np.where(SAME, -np.inf, COSINES).argmax(axis=1)).all()
    np.testing.assert_allclose(near_cosines, COSINES[np.arange(30), near], rtol=1e-12)


@pytest.mark.parametrize("size", [3, 300])
def test_cosines_that_rounding_takes_past_1_are_1(size, monkeypatch):
    monkeypatch.setattr(layout, "ROWS", size)
    monkeypatch.setattr(layout, "COLUMNS", size)
    unit = unit_rows(np.random.default_rng(0).normal(size=(400, 5)))
    rows = np.repeat(unit[np.vecdot(unit, unit) > 1], 4, axis=0)  # two rows of a class, and the same two of another
    batch = sorted_batch([rows], np.arange(len(rows)) // 2, ("cosine",), 1e-8, choose_backend("numpy"))
    found = sweep(batch, [], {"cosine": bins_of(distance_of("cosine"), 0.0, 0.0)}, lambda _: None)
    _, far_cosines, near, near_cosines = statistics_of(batch, found).hardest
    assert 1 - 1e-15 < far_cosines.min() <= far_cosines.max() == 1
    assert 1 - 1e-15 < near_cosines.min() <= near_cosines.max() == 1
    assert near.tolist() == [each // 4 * 4 + (0 if each % 4 > 1 else 2) for each in range(len(rows))]


def test_the_first_of_equal_scores_stays():
    best = Extremes(np.full(3, -np.inf), np.zeros(3, dtype=np.int64), np.arange(9))
    best.take(slice(0, 3), np.asarray([1.0, 2.0, -np.inf]), np.asarray([4, 5, 6]))
    best.take(slice(0, 2), np.asarray([1.0, 3.0]), np.asarray([7, 8]))
    assert best.columns.tolist() == [4, 8, 0]
