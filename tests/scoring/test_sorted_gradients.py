"""The gradient of a sorted batch, tile by tile, against autograd of the loss written out over all pairs."""

import numpy as np
import pytest
import torch

from simtool.backend import choose_backend
from simtool.scoring import sorted_batch as layout
from simtool.scoring.sorted_batch import sorted_batch
from simtool.scoring.sorted_gradients import gradient
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
