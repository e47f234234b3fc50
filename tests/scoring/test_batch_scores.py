"""Query blocks of a batch with their whole rows, against loops over all pairs."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simtool.backend import choose_backend
from simtool.scoring import batch_scores
from simtool.scoring.batch_scores import WholeRows, pair_statistics
from simtool.scoring.distances import distance_of
from simtool.scoring.histogram import bins_of

ROWS = np.random.default_rng(0).normal(size=(12, 5))
CODES = np.asarray([0, 1, 0, 2, 2, 2, 1, 0, 3, 4, 4, 0])


def batch_of(monkeypatch, cells, backend="numpy"):
    monkeypatch.setattr(batch_scores, "STRIPE_BYTES", 64 * 12 * 2 * 5)  # five anchors make a query block
    monkeypatch.setattr(batch_scores, "PART_CELLS", cells)
    space = choose_backend(backend)
    rows = space.put(ROWS)
    return WholeRows(rows, rows, space.put(CODES), None, ("cosine", "euclidean"), 1e-8, space), space


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("cells", [12, 36, 1 << 20])
def test_blocks_together_are_all_pairs(monkeypatch, cells, backend):
    batch, space = batch_of(monkeypatch, cells, backend)
    parts = list(batch.parts(range(0, 12, batch.step)))
    assert [part.start for part in parts] == list(np.cumsum([0, *(len(part.positives) for part in parts)])[:-1])
    for metric, expected in (("cosine", 1 - cdist(ROWS, ROWS, "cosine")), ("euclidean", cdist(ROWS, ROWS))):
        found = np.concatenate([space.get(part.scores[metric]) for part in parts])
        np.testing.assert_allclose(found, expected, atol=1e-7 if metric == "euclidean" else 1e-13)
    same = CODES[:, None] == CODES
    assert (np.concatenate([space.get(part.positives) for part in parts]) == (same & ~np.eye(12, dtype=bool))).all()
    assert (np.concatenate([space.get(part.negatives) for part in parts]) == ~same).all()


def test_statistics_of_the_pairs_are_those_of_a_loop(monkeypatch):
    batch, space = batch_of(monkeypatch, 36)
    bins = {"cosine": bins_of(distance_of("cosine"), 0.0, 0.0)}
    cosines = 1 - cdist(ROWS, ROWS, "cosine")
    for part in batch.parts(range(0, 12, batch.step)):
        found = pair_statistics(part, bins, space)
        sums, counts = [0.0, 0.0], [[], []]
        for row in range(len(part.positives)):
            anchor = part.start + row
            groups = [[j for j in range(12) if j != anchor and (CODES[j] == CODES[anchor]) == same] for same in (1, 0)]
            for group, members in enumerate(groups):
                sums[group] += cosines[anchor, members].sum()
                counts[group] += cosines[anchor, members].tolist()
            far, far_cosine, near, near_cosine = (column[row] for column in found.hardest)
            if groups[0]:
                assert far == min(groups[0], key=lambda j, i=anchor: cosines[i, j])
                assert far_cosine == pytest.approx(cosines[anchor, far], abs=1e-14)
            else:
                assert np.isnan(far_cosine)
            assert near == max(groups[1], key=lambda j, i=anchor: cosines[i, j])
            assert near_cosine == pytest.approx(cosines[anchor, near], abs=1e-14)
        assert found.sums.tolist() == pytest.approx(sums, abs=1e-12)
        expected = [np.histogram(values, bins["cosine"].edges)[0].tolist() for values in counts]
        assert found.counts["cosine"].tolist() == expected
