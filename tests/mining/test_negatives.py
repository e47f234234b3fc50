"""The negatives of some anchors from one sweep, against a sorted row."""

import numpy as np

from simtool.backend import choose_backend
from simtool.engine import Input, PairwiseJob, budget_of
from simtool.metrics import metric_of
from simtool.mining.negatives import mined
from simtool.mining.positives import Positives
from simtool.mining.rule import NegativeRule


def test_an_anchor_with_many_positives_gets_as_many_negatives_as_one_with_few():
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(60, 4))
    side = Input.of_rows(rows)
    job = PairwiseJob(side, side, metric_of("euclidean"), None, False, "auto", choose_backend(), budget_of(None))
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    closest = np.argsort(apart, axis=1)
    given = {3: closest[3, :40].tolist(), 8: [int(closest[8, 50])]}
    pairs = np.asarray([(anchor, each) for anchor, own in given.items() for each in own]).T
    positives = Positives.of_pairs(job, *pairs)
    (anchor, negative, score), _ = mined(job, positives, NegativeRule(num_negatives=5), False, None)
    expected = [(row, other) for row in given for other in [x for x in closest[row] if x not in given[row]][:5]]
    assert list(zip(anchor, negative, strict=True)) == expected
    np.testing.assert_allclose(score, apart[anchor, negative], rtol=1e-12)
