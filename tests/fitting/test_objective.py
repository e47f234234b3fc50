"""What fit's miner keeps, where rounding must not decide."""

import torch

from simtool.backend import choose_backend
from simtool.fitting.objective import _hard, batch_loss
from simtool.scoring.spec import read_specs

SUM = 0.1 + 0.2  # above 0.3 by the last bit


def test_pairs_in_order_up_to_rounding_are_not_hard():
    scores, same = torch.tensor([0.3, SUM, 0.1], dtype=torch.float64), torch.tensor([True, False, False])
    assert _hard(scores, same, larger_is_closer=True).tolist() == [False, False, False]
    assert _hard(-scores, same, larger_is_closer=False).tolist() == [False, False, False]
    scores[1] = 0.31
    assert _hard(scores, same, larger_is_closer=True).tolist() == [True, True, False]
    for one_kind in (torch.tensor([True] * 3), torch.tensor([False] * 3)):
        assert not _hard(scores, one_kind, larger_is_closer=True).any()


def test_a_batch_without_hard_pairs_has_no_loss():
    x = torch.tensor([[1.0, 0], [1, 0.01], [0, 1], [0.01, 1]], dtype=torch.float64).requires_grad_()
    codes = torch.tensor([0, 0, 1, 1])
    (spec,) = read_specs(["contrastive"], variant=None, metric="cosine-distance", reduction=None, parameters={})
    options = {"numbers": None, "codes": codes, "weights": None, "eps": 1e-8, "backend": choose_backend("torch")}
    loss = batch_loss(spec, "classes", [x], miner="hard", **options)
    assert loss.item() == 0
    assert batch_loss(spec, "classes", [x], miner="all", **options).item() > 0
