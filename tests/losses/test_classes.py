"""The losses of a batch with classes against loops, other libraries, and their gradients."""

from math import exp, log

import numpy as np
import pytest
import torch
from batches import counted, of_classes, others, random_batch, scores_of
from peers_batch import CLASSES, PEERS, VECTORS

from simtool.errors import ParameterError
from simtool.losses.classes import circle, class_masks, multi_similarity, nt_xent, sup_con
from simtool.losses.numerics import hinge, masked_logsumexp


def test_the_gradient_of_circle_is_equation_10():
    x, codes = random_batch(8, 7, 3)
    codes[-1] = 99
    scores = torch.from_numpy(scores_of("circle", x)).requires_grad_(True)
    margin, gamma = 0.4, 5.0
    of_classes("circle", scores, torch.from_numpy(codes), margin=margin, gamma=gamma).sum().backward()
    expected = np.zeros((7, 7))
    for i, row in enumerate(scores.tolist()):
        positives, negatives = others(codes, i)
        push = {n: max(0.0, row[n] + margin) for n in negatives}
        pull = {p: max(0.0, 1 + margin - row[p]) for p in positives}
        pushed = {n: exp(gamma * w * (row[n] - margin)) for n, w in push.items()}
        pulled = {p: exp(-gamma * w * (row[p] - 1 + margin)) for p, w in pull.items()}
        product = sum(pushed.values()) * sum(pulled.values())
        z = product / (1 + product)  # the paper's 1 - exp(-loss)
        for n in negatives:
            expected[i, n] = z * pushed[n] / sum(pushed.values()) * gamma * push[n] if positives else 0
        for p in positives:
            expected[i, p] = -z * pulled[p] / sum(pulled.values()) * gamma * pull[p]
    np.testing.assert_allclose(scores.grad, expected, rtol=1e-9, atol=1e-14)


def test_the_gradient_of_circle_is_that_of_pytorch_metric_learning():
    x = torch.tensor(VECTORS, dtype=torch.float64).requires_grad_(True)
    items = of_classes("circle", scores_of("circle", x), torch.tensor(CLASSES))
    items[torch.from_numpy(counted("both", CLASSES))].mean().backward()
    assert x.grad[0].tolist() == pytest.approx(PEERS["circle", "pml gradient"], rel=1e-9)


def test_the_cap_of_pytorch_metric_learning_is_not_copied():
    x, codes = np.asarray([[1.0, 0], [0, 1], [1, 0]]), np.asarray([0, 0, 1])
    items = of_classes("nt-xent", scores_of("nt-xent", x), codes, temperature=0.001).tolist()
    assert items == pytest.approx([1000, log(2)], rel=1e-12)
    assert PEERS["nt-xent", "pml capped"] == pytest.approx((-log(np.finfo(float).tiny) + log(2)) / 2)


def test_extreme_scores_neither_overflow_nor_vanish():
    positives, negatives = np.asarray([[False, True, False]]), np.asarray([[False, False, True]])
    worst, best = np.asarray([[1.0, 0.0, 1.0]]), np.asarray([[1.0, 1.0, -1.0]])
    assert nt_xent(worst, positives, negatives, temperature=0.001).tolist() == pytest.approx([1000.0], rel=1e-12)
    assert sup_con(worst, positives, negatives, temperature=0.001).tolist() == pytest.approx([1000.0], rel=1e-12)
    # log(1 + e^-40), where lse - s would be 0
    assert nt_xent(best, positives, negatives, temperature=0.05).tolist() == pytest.approx([exp(-40)], rel=1e-12)
    # (s + m)(s - m) = 0.84 of the negative, -(1 + m)(m - 1) = 0.84 of the positive
    assert circle(worst, positives, negatives, gamma=1e4).tolist() == pytest.approx([16800.0], rel=1e-12)
    assert multi_similarity(worst, positives, negatives, beta=1e4).tolist() == pytest.approx(
        [log(1 + exp(1)) / 2 + 0.5], rel=1e-9
    )


def test_identical_rows_have_known_losses():
    x, codes = np.ones((6, 3)), np.asarray([0, 0, 0, 1, 1, 2])
    scores = scores_of("nt-xent", x)
    assert of_classes("nt-xent", scores, codes).tolist() == pytest.approx([log(4)] * 6 + [log(5)] * 2)
    assert of_classes("sup-con", scores, codes).tolist() == pytest.approx([log(5)] * 5 + [0])


def test_masks_of_classes(xp):
    codes = [3, 1, 3, 2, 1, 3]
    for start, stop in ((0, 6), (2, 5), (5, 6)):
        positives, negatives = class_masks(xp.array(codes[start:stop]), start, xp.array(codes))
        for i in range(start, stop):
            assert [np.flatnonzero(np.asarray(mask[i - start, :])).tolist() for mask in (positives, negatives)] == list(
                others(codes, i)
            )


def test_the_parts(xp):
    values, members = xp.array([[1.0, 2.0, 900.0], [1000.0, 1000.0, 0.0]]), xp.array([[1, 1, 0], [1, 1, 0]], bool)
    expected = [log(exp(1) + exp(2)), 1000 + log(2)]
    assert np.asarray(masked_logsumexp(values, members)).tolist() == pytest.approx(expected, rel=1e-14)
    assert np.asarray(masked_logsumexp(values, ~members & members)).tolist() == [-np.inf, -np.inf]
    assert np.asarray(hinge(xp.array([-1.0, 0.0, 2.0]))).tolist() == [0, 0, 2]


def test_a_stripe_without_members_has_no_gradient():
    values = torch.tensor([[1.0, 1e4], [3.0, 4.0]], dtype=torch.float64, requires_grad=True)
    masked_logsumexp(values, torch.tensor([[True, False], [False, False]]))[0].backward()
    assert values.grad.tolist() == [[1, 0], [0, 0]]
    values = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    hinge(values).sum().backward()
    assert values.grad.tolist() == [0]


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (nt_xent, {"temperature": 0.0}),
        (nt_xent, {"temperature": float("nan")}),
        (sup_con, {"temperature": -1.0}),
        (sup_con, {"temperature": float("inf")}),
        (multi_similarity, {"alpha": 0.0}),
        (multi_similarity, {"beta": -1.0}),
        (multi_similarity, {"base": float("nan")}),
        (circle, {"gamma": 0.0}),
        (circle, {"margin": 1.5}),
    ],
)
def test_what_is_refused(function, parameters):
    scores, mask = np.ones((2, 3)), np.ones((2, 3), dtype=bool)
    name, value = next(iter(parameters.items()))
    with pytest.raises(ParameterError, match=f"{name} is {value}") as refused:
        function(scores, mask, mask, **parameters)
    assert refused.value.where == f"«{name}»"
