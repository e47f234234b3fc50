"""Some pairs of what is evaluated: every value of theirs, and of the other model."""

import numpy as np

from simtool.evaluation.inputs import EvaluationInputs
from simtool.io import as_vectors, select

A, B, C, D = (as_vectors(np.random.default_rng(seed).normal(size=(5, 3)), str(seed)) for seed in range(4))
LABELS, SOME = np.arange(5) % 2, np.asarray([3, 1])


def test_some_pairs_keep_their_labels_and_their_partners():
    inputs = EvaluationInputs(A, B, None, LABELS, None, np.arange(5), (C, D), {"labels": "l"})
    assert list(inputs.sides) == ["a", "b", "against_a", "against_b"]
    some = inputs.some([select(side, SOME) for side in inputs.sides.values()], SOME)
    for found, whole in zip((some.a, some.b, *some.against), (A, B, C, D), strict=True):
        np.testing.assert_array_equal(found.read(0, 2), whole.array[SOME])
    assert (some.labels.tolist(), some.by.tolist(), some.targets, some.names) == ([1, 1], [3, 1], None, {"labels": "l"})


def test_scores_are_sides_of_one_number():
    inputs = EvaluationInputs(None, None, np.arange(5) / 4, LABELS, None, None, np.arange(5), {"scores": "s.npy"})
    (side,) = inputs.sides.values()
    assert (side.name, side.shape) == ("s.npy", (5, 1))
    some = inputs.some([select(side, SOME)], SOME)
    assert (some.scores.tolist(), some.against.tolist(), some.labels.tolist()) == ([0.75, 0.25], [3, 1], [1, 1])
