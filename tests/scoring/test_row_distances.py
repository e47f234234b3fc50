"""Distances by one product against those of differences, and what pulls at rows against torch."""

from math import sqrt

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from simtool.losses.decided_negatives import DOUBT
from simtool.scoring import row_distances
from simtool.scoring.row_distances import differences_pulled, frame_of, quick_distances, quick_error, split

RNG = np.random.default_rng(3)
ROWS = {
    "one cluster": RNG.normal(size=(30, 6)),
    "far from the origin": RNG.normal(size=(30, 6)) + 1e7,
    "two clusters": RNG.normal(size=(30, 6)) + 1e6 * np.repeat([0, 1], 15)[:, None],
    "near each other and far": RNG.normal(size=(30, 6)) * 10.0 ** np.repeat([-9, -3, 0], 10)[:, None],
    "all equal": np.ones((30, 6)),
    "long": RNG.normal(size=(20, 900)) * 1e100,
}


def differences(x):
    return x[:, None, :] - x[None, :, :]


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("case", ROWS)
@pytest.mark.parametrize("many", [0.0, 1.0])
def test_quick_distances_are_within_their_doubt(case, squared, many, monkeypatch):
    monkeypatch.setattr(row_distances, "MANY", many)
    x = ROWS[case].copy()
    x[1] = x[0]
    parts = split(x, frame_of(x, x))
    squares = (differences(x).astype(np.longdouble) ** 2).sum(axis=-1)
    expected = squares if squared else np.sqrt(squares)
    found = quick_distances(parts, parts, squared=squared)
    assert_allclose(found, expected.astype(float), rtol=DOUBT, atol=0)
    assert np.abs(found - expected.astype(float)).max() <= quick_error(parts, parts, squared=squared) * 1.01


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("case", [case for case in ROWS if case not in ("all equal", "long")])
def test_what_pulls_at_rows_is_the_gradient(case, squared):
    x = ROWS[case].copy()
    x[1] = x[0]
    slopes = RNG.normal(size=(len(x), len(x)))
    leaf = torch.from_numpy(x).requires_grad_()
    squares = ((leaf[:, None, :] - torch.from_numpy(x)[None, :, :]) ** 2).sum(-1)
    some = squares > 0
    scores = squares if squared else torch.where(some, torch.where(some, squares, 1.0).sqrt(), 0.0)
    (torch.from_numpy(slopes) * scores).sum().backward()
    parts = split(x, frame_of(x, x))
    found = differences_pulled(slopes, scores.detach().numpy(), parts, parts, squared=squared)
    size = np.abs(leaf.grad.numpy()).max()
    assert_allclose(found, leaf.grad.numpy(), rtol=1e-9, atol=1e-9 * size)


def test_reach_is_the_largest_distance_from_a_point():
    x = ROWS["one cluster"]
    assert row_distances.reach_of(x, x.mean(axis=0)) == pytest.approx(
        max(sqrt(((row - x.mean(axis=0)) ** 2).sum()) for row in x)
    )
