"""The gradient of a sorted batch, tile by tile, against autograd of the loss written out over all pairs."""

import numpy as np
import pytest
import torch

from simtool.backend import choose_backend
from simtool.losses.numerics import unit_rows
from simtool.scoring import sorted_batch as layout
from simtool.scoring import sorted_gradients
from simtool.scoring.histogram import Bins
from simtool.scoring.sorted_batch import sorted_batch
from simtool.scoring.sorted_gradients import by_given_rows, gradient
from simtool.scoring.sorted_losses import wanted_of
from simtool.scoring.spec import read_specs
from simtool.scoring.tile_sweep import sweep

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 6))
CODES = RNG.integers(0, 7, 40)


@pytest.fixture(params=[(8, 4), (3, 300)], autouse=True)
def tiles(request, monkeypatch):
    monkeypatch.setattr(layout, "ROWS", request.param[0])
    monkeypatch.setattr(layout, "COLUMNS", request.param[1])
    monkeypatch.setattr(layout, "NEAR", 200)
    monkeypatch.setattr(layout, "HELD", 100)


def test_it_is_that_of_all_pairs():
    options = {"variant": None, "metric": None, "reduction": "sum", "parameters": {"temperature": 0.4}}
    (spec,) = read_specs(["sup-con"], **options)
    batch = sorted_batch([ROWS], CODES, ("cosine",), 1e-8, choose_backend("numpy"))
    summaries = sweep(batch, [wanted_of(spec)], {}, lambda _: None).summaries[0]
    (found,), undefined = gradient(spec, batch, summaries, 0.5)
    leaf = torch.from_numpy(ROWS).requires_grad_()
    unit = torch.nn.functional.normalize(leaf)
    scores = (unit @ unit.T / 0.4).masked_fill(torch.eye(40, dtype=torch.bool), -torch.inf)
    same = torch.from_numpy((CODES[:, None] == CODES) & ~np.eye(40, dtype=bool))
    logs = torch.where(same, torch.log_softmax(scores, dim=1), 0.0)
    some = same.any(dim=1)
    (-(logs.sum(dim=1)[some] / same.sum(dim=1)[some]).sum() * 0.5).backward()
    np.testing.assert_allclose(found, leaf.grad.numpy(), rtol=1e-10, atol=1e-13)
    assert undefined == 0


@pytest.mark.parametrize("metric", ["cosine", "dot"])
@pytest.mark.parametrize("kind", ["info-nce", "siglip"])
def test_views_need_no_autograd(kind, metric, monkeypatch):
    (spec,) = read_specs([kind], variant=None, metric=metric, reduction="sum", parameters={})
    others = ROWS + 0.3 * RNG.normal(size=ROWS.shape)
    batch = sorted_batch([ROWS, others], None, ("cosine", metric), 1e-8, choose_backend("numpy"))
    bins = {metric: Bins(np.linspace(-9, 9, 5), 4 / 18)}
    summaries = sweep(batch, [wanted_of(spec)], bins, lambda _: None).summaries[0]
    monkeypatch.setattr(sorted_gradients, "choose_backend", None)
    found, undefined = gradient(spec, batch, summaries, 0.5)
    leaves = [torch.from_numpy(rows).requires_grad_() for rows in (ROWS, others)]
    sides = [torch.nn.functional.normalize(leaf) if metric == "cosine" else leaf for leaf in leaves]
    scores = sides[0] @ sides[1].T
    if kind == "info-nce":
        loss = torch.nn.functional.cross_entropy(scores / 0.05, torch.arange(40), reduction="sum")
    else:
        loss = -torch.nn.functional.logsigmoid((2 * torch.eye(40) - 1) * (10 * scores - 10)).sum()
    (loss * 0.5).backward()
    for part, leaf in zip(found, leaves, strict=True):
        np.testing.assert_allclose(part, leaf.grad.numpy(), rtol=1e-9, atol=1e-12)
    assert undefined == 0


@pytest.mark.parametrize("eps", [0.0, 1e-8, 1e-3])
def test_slopes_by_rows_of_any_length_are_those_of_autograd(eps):
    rows = RNG.normal(size=(60, 5)) * 10.0 ** RNG.integers(-150, 150, 60)[:, None]
    rows[0], rows[1], rows[2] = 0.0, 1e-12, 1e-200
    slopes = RNG.normal(size=rows.shape)
    leaf = torch.from_numpy(rows).requires_grad_()
    unit_rows(leaf, eps=eps).backward(torch.from_numpy(slopes))
    expected = leaf.grad.numpy()
    found = by_given_rows(rows, slopes.copy(), eps)
    assert (np.abs(found - expected) <= 1e-14 * np.abs(expected).max(axis=1, keepdims=True)).all()
