"""The contrastive loss of all pairs: its halves, what it refuses, and its numbers by both routes of a batch."""

import numpy as np
import pytest
import torch
from batches import numbers, of_classes, random_batch, scores_of

import simtool
from simtool.errors import ParameterError
from simtool.losses.all_pairs import batch_all_contrastive

KIND = "batch-all-contrastive"
NAN = float("nan")


def test_margins_that_all_keep_leave_the_other_kind():
    x, codes = random_batch(3, 12, 4)
    distances = scores_of(KIND, x)
    both = numbers(of_classes(KIND, distances, codes, positive_margin=0.25))
    pulled = numbers(of_classes(KIND, distances, codes, positive_margin=0.25, margin=0.0))
    pushed = numbers(of_classes(KIND, distances, codes, positive_margin=np.inf))
    np.testing.assert_allclose(pulled + pushed, both, rtol=1e-14)
    same = (codes[:, None] == codes) & ~np.eye(12, dtype=bool)
    np.testing.assert_allclose(pulled[:, 0], np.where(same, np.maximum(distances - 0.25, 0), 0).sum(axis=1), rtol=1e-14)


@pytest.mark.parametrize("name", ["margin", "positive_margin"])
@pytest.mark.parametrize("bad", [-0.5, NAN])
def test_margins_below_zero_are_refused(name, bad):
    mask = np.ones((1, 1), dtype=bool)
    with pytest.raises(ParameterError, match=f"{name} is"):
        batch_all_contrastive(np.ones((1, 1)), mask, mask, **{name: bad})


@pytest.mark.parametrize("n", [60, 2100])  # by whole rows, and in the order of the classes
@pytest.mark.parametrize("reduction", ["active-mean-by-label", "active-mean", "mean", "sum"])
def test_every_reduction_and_its_gradient_is_that_of_all_distances(n, reduction):
    x, codes = random_batch(8, n, 9)
    rows = torch.from_numpy(x).requires_grad_()
    unit = torch.nn.functional.normalize(rows)
    first, second = torch.triu_indices(n, n, 1)
    distances, same = (unit[first] - unit[second]).norm(dim=1), torch.from_numpy(codes[first] == codes[second])
    pull, push = distances[same] - 0.2, 0.9 - distances[~same]
    pull, push = pull[pull > 0], push[push > 0]
    total = pull.sum() + push.sum()
    expected = {
        "active-mean-by-label": pull.mean() + push.mean(),
        "active-mean": total / (len(pull) + len(push)),
        "mean": total / len(first),
        "sum": 2 * total,
    }[reduction]
    expected.backward()
    given, slopes = {"margin": 0.9, "positive_margin": 0.2, "reduction": reduction}, []
    found = simtool.loss(x, labels=codes, kind=KIND, gradients=lambda _, parts: slopes.extend(parts), **given).summary
    assert found["loss"] == pytest.approx(expected.item(), rel=1e-12)
    assert (found["items"], found["active"]) == (n * (n - 1), 2 * (len(pull) + len(push)))
    scale = rows.grad.abs().max().item()
    np.testing.assert_allclose(slopes[0], rows.grad.numpy(), rtol=0, atol=1e-12 * scale)
    trained = getattr(simtool.losses, KIND.replace("-", "_"))(x, codes, **given)
    assert trained == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("codes", [[0, 0, 0], [0, 1, 2], [0]])
def test_a_batch_without_one_kind_of_pairs_is_the_other_s_mean(codes):
    x = random_batch(2, len(codes), 1)[0]
    distances = scores_of(KIND, x)[np.triu_indices(len(codes), 1)]
    kept = distances if codes[-1] == 0 else np.maximum(1.0 - distances, 0)
    expected = kept[kept > 0].mean() if (kept > 0).any() else 0.0
    assert simtool.losses.batch_all_contrastive(x, codes) == pytest.approx(expected, rel=1e-12)


def test_several_batches_are_one_mean_of_each_kind():
    x, codes = random_batch(4, 40, 3)
    reported = simtool.loss(x, labels=codes, kind=KIND, batch_size=20).summary["loss"]
    pulls, pushes = [], []
    for part in (slice(0, 20), slice(20, 40)):
        distances, same = scores_of(KIND, x[part]), codes[part, None] == codes[part]
        off = ~np.eye(20, dtype=bool)
        pulls.extend(distances[same & off])
        pushes.extend(value for value in 1.0 - distances[~same] if value > 0)
    assert reported == pytest.approx(np.mean(pulls) + np.mean(pushes), rel=1e-12)
