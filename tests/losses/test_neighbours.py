"""Neighbourhood components analysis against its definition as softmax probabilities, in scipy and torch."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp, softmax

from simtool.losses.neighbours import nca

RNG = np.random.default_rng(0)
CODES = np.asarray([0, 0, 1, 1, 1, 2])
DISTANCES = RNG.uniform(0, 5, (6, 6))
ALONE = np.eye(6, dtype=bool)
POSITIVES = (CODES[:, None] == CODES) & ~ALONE
NEGATIVES = CODES[:, None] != CODES


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
def test_it_is_the_log_of_the_probability_of_a_neighbour_of_the_class(xp, temperature):
    found = nca(xp.array(DISTANCES), xp.array(POSITIVES), xp.array(NEGATIVES), temperature=temperature)
    chances = softmax(np.where(ALONE, -np.inf, -DISTANCES / temperature), axis=1)
    expected = [-np.log(row[mask].sum()) if mask.any() else 0 for row, mask in zip(chances, POSITIVES, strict=True)]
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12, atol=1e-15)


def test_negatives_that_are_known_give_the_same(xp):
    known = logsumexp(np.where(NEGATIVES, -DISTANCES, -np.inf), axis=1)
    whole = nca(xp.array(DISTANCES), xp.array(POSITIVES), xp.array(NEGATIVES))
    found = nca(xp.array(DISTANCES), xp.array(POSITIVES), xp.array(known))
    np.testing.assert_allclose(np.asarray(found), np.asarray(whole), rtol=1e-14)


def test_the_gradient_is_the_central_difference():
    leaf = torch.from_numpy(DISTANCES).requires_grad_()
    masks = torch.from_numpy(POSITIVES), torch.from_numpy(NEGATIVES)
    assert torch.autograd.gradcheck(lambda distances: nca(distances, *masks).sum(), leaf)
