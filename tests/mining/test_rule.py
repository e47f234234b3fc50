"""Caps in both directions, and a choice that does not depend on how the anchors come."""

import numpy as np
import pytest

from simtool.metrics import metric_of
from simtool.mining.rule import NegativeRule, ranks_of


@pytest.mark.parametrize(
    ("rule", "metric", "expected"),
    [
        (NegativeRule(), "cosine", None),
        (NegativeRule(min_score=0.1), "cosine", None),
        (NegativeRule(absolute_margin=0.25), "cosine", [0.25, -0.75]),
        (NegativeRule(absolute_margin=0.25), "euclidean", [0.75, -0.25]),
        (NegativeRule(relative_margin=0.5), "cosine", [0.25, -0.75]),
        (NegativeRule(relative_margin=0.5), "euclidean", [0.75, -0.25]),
        (NegativeRule(max_score=0.0, absolute_margin=0.25), "cosine", [0.0, -0.75]),
        (NegativeRule(min_score=0.0), "euclidean", [0.0, 0.0]),
    ],
)
def test_the_strictest_cap_counts(rule, metric, expected):
    caps = rule.caps(np.asarray([0.5, -0.5]), metric_of(metric))
    assert caps is expected is None or caps.tolist() == expected


def test_semi_hard_is_strictly_further():
    rule = NegativeRule("semi-hard")
    assert rule.caps(np.asarray([0.5]), metric_of("cosine"))[0] == np.nextafter(0.5, 0)
    assert rule.caps(np.asarray([0.5]), metric_of("euclidean"))[0] == np.nextafter(0.5, 1)


def test_a_random_choice_is_the_same_in_parts():
    rule = NegativeRule(range_min=1, range_max=6, num_negatives=2, sampling="random")
    anchors = np.repeat(np.arange(50), np.arange(50) % 9)
    whole = rule.chosen(anchors, np.random.default_rng(3))
    draw, cut = np.random.default_rng(3), int(np.searchsorted(anchors, 20))
    parts = [rule.chosen(anchors[:cut], draw), rule.chosen(anchors[cut:], draw) + cut]
    assert whole.tolist() == np.concatenate(parts).tolist()
    assert set(ranks_of(anchors)[whole]) == {1, 2, 3, 4, 5}
    assert np.bincount(anchors[whole]).max() == 2
