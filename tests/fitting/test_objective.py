"""The loss of a batch: all its pairs, or those that a miner takes."""

import numpy as np
import torch
from textbook_loop import CLASSES, UNIT_A, A, textbook

import simtool
from simtool.backend import choose_backend
from simtool.fitting.objective import Objective, _hard, batch_items
from simtool.scoring.spec import read_specs


def test_pairs_of_a_batch_with_classes_are_all_its_pairs():
    def loss(x, rows):
        codes = torch.from_numpy(CLASSES)[rows]
        first, second = torch.triu_indices(len(rows), len(rows), 1)
        similar = (codes[first] == codes[second]).double()
        gaps = (x[first] - x[second]).norm(dim=1)
        return (similar * gaps**2 + (1 - similar) * (1 - gaps).clamp(min=0) ** 2).mean()

    weight, _ = textbook(
        loss, (UNIT_A,), optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1), epochs=3, batch=20
    )
    found = simtool.fit(
        UNIT_A,
        kind="contrastive",
        labels=CLASSES,
        optimizer="sgd",
        lr=0.1,
        epochs=3,
        batch_size=20,
        per_class=0,
        held_out=0.0,
    )
    assert np.allclose(found.array, weight, atol=1e-9)


def test_a_miner_takes_the_pairs_that_are_out_of_order():
    def loss(x, rows):
        codes = torch.from_numpy(CLASSES)[rows]
        first, second = torch.triu_indices(len(rows), len(rows), 1)
        same = codes[first] == codes[second]
        scores = torch.nn.functional.cosine_similarity(x[first], x[second])
        near, far = scores[same], scores[~same]
        near, far = near[near < far.max()], far[far > near.min()]
        return torch.cat([1 - near, (far - 0.5).clamp(min=0)]).mean()

    weight, _ = textbook(
        loss, (A,), optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.5), epochs=3, batch=12
    )
    options = {"kind": "cosine", "labels": CLASSES, "optimizer": "sgd", "lr": 0.5, "epochs": 3, "held_out": 0.0}
    found = simtool.fit(A, batch_size=12, per_class=0, miner="hard", **options)
    assert np.allclose(found.array, weight, atol=1e-7)
    every = simtool.fit(A, batch_size=12, per_class=0, **options)
    assert not np.allclose(every.array, weight, atol=1e-3)


def test_a_miner_leaves_multi_similarity_the_pairs_of_its_paper():
    def loss(x, rows):
        codes = torch.from_numpy(CLASSES)[rows]
        unit = torch.nn.functional.normalize(x)
        scores, parts = unit @ unit.T, []
        for i in range(len(rows)):
            same = (codes == codes[i]) & (torch.arange(len(rows)) != i)
            other = codes != codes[i]
            near = scores[i][same & (scores[i] - 0.1 < scores[i][other].max())]
            far = scores[i][other & (scores[i] + 0.1 > scores[i][same].min())]
            parts.append(
                torch.log(1 + torch.exp(-2 * (near - 0.5)).sum()) / 2
                + torch.log(1 + torch.exp(50 * (far - 0.5)).sum()) / 50
            )
        return torch.stack(parts).mean()

    weight, _ = textbook(
        loss, (A,), optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.5), epochs=2, batch=60
    )
    options = {"kind": "multi-similarity", "labels": CLASSES, "optimizer": "sgd", "lr": 0.5, "epochs": 2}
    found = simtool.fit(A, batch_size=60, per_class=0, miner="hard", held_out=0.0, **options)
    assert np.allclose(found.array, weight, atol=1e-9)


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
    options = {"numbers": None, "codes": codes, "weights": None, "backend": choose_backend("torch")}
    assert batch_items(Objective(spec, "hard", 1e-8), "classes", [x], **options).reduced("mean").item() == 0
    assert batch_items(Objective(spec, "all", 1e-8), "classes", [x], **options).reduced("mean").item() > 0
