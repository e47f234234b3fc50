"""What negatives come to, against scipy's log-sum-exp and its derivative in torch."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.special import logsumexp

from simtool.backend import quiet
from simtool.catalogue import find
from simtool.catalogue.batch_losses import BATCH_LOSSES
from simtool.losses.negatives import LogSumExp, ScoreTile

KINDS = [entry.name for entry in BATCH_LOSSES if isinstance(entry.load_negatives(), LogSumExp)]
# (rows, columns) are the same in every case; what differs is how far the exponents are apart
SCALES = {"near": 1.0, "apart": 800.0, "far": 5000.0}


def settled(scores, marked):
    """Scores of which none is open."""


def options_of(kind):
    return {name: value for name, value in find("loss", kind).parameters.items() if name != "symmetric"}


def tile(kind, scale, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.uniform(-1, 1, (7, 5)) * scale
    return np.abs(scores) if "euclidean" in find("loss", kind).metric else scores


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_tile_comes_to_the_log_sum_exp_of_its_members(kind, scale):
    entry, options, scores = find("loss", kind), options_of(kind), tile(kind, SCALES[scale])
    members = np.random.default_rng(1).random(scores.shape) < 0.6
    members[2], members[:, 3] = False, False
    exponents, _ = entry.load_negatives().exponent(scores, **options)
    for mask in (None, members):
        inside = np.where(True if mask is None else mask, exponents, -np.inf)
        with quiet():
            rows, columns = entry.load_negatives().of_tile(ScoreTile(scores, mask, options, settled))
            assert_allclose(rows, logsumexp(inside, axis=1), rtol=1e-13)
            assert_allclose(columns, logsumexp(inside, axis=0), rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_parts_are_merged_into_the_whole(kind):
    summary, options, scores = find("loss", kind).load_negatives(), options_of(kind), tile(kind, 1.0)
    whole, _ = summary.of_tile(ScoreTile(scores, None, options, settled))
    halves = (ScoreTile(scores[:, part], None, options, settled) for part in (slice(0, 2), slice(2, 5)))
    parts = [summary.of_tile(half)[0] for half in halves]
    assert_allclose(summary.merge(*parts), whole, rtol=1e-14)
    assert_allclose(summary.merge(np.full(7, summary.empty), whole), whole, rtol=0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_the_derivatives_of_the_sums(kind, scale):
    summary, options, scores = find("loss", kind).load_negatives(), options_of(kind), tile(kind, SCALES[scale])
    members = np.random.default_rng(2).random(scores.shape) < 0.7
    members[1] = False  # a row without negatives
    rng = np.random.default_rng(3)
    with quiet():
        masses = summary.of_tile(ScoreTile(scores, members, options, settled))
        ends = [(mass, rng.normal(size=len(mass))) for mass in masses]
        exponents, slope = summary.exponent(scores, **options)
        leaf = torch.from_numpy(exponents).requires_grad_()
        inside = torch.where(torch.from_numpy(members), leaf, -torch.inf)
        for rows, columns in ((ends[0], None), (None, ends[1]), ends):
            total = sum(
                (
                    torch.logsumexp(inside, dim)[torch.from_numpy(np.isfinite(end[0]))]
                    * torch.from_numpy(end[1][np.isfinite(end[0])])
                ).sum()
                for dim, end in ((1, rows), (0, columns))
                if end is not None
            )
            (expected,) = torch.autograd.grad(total, leaf, retain_graph=True)
            expected = torch.nan_to_num(expected).numpy() * slope
            found = summary.slopes(ScoreTile(scores, members, options, settled), rows, columns)
            assert_allclose(found, expected, rtol=1e-11, atol=1e-13 * np.abs(expected).max())
