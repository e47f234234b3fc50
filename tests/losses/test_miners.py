"""The triplet losses of a batch with classes against loops over its triplets, other libraries, and their gradients."""

import numpy as np
import pytest
import torch
from batches import counted, numbers, of_classes, random_batch, scores_of, total
from loops import LOOPS
from peers_batch import CLASSES, PEERS, VECTORS

from simtool.catalogue import find
from simtool.errors import ParameterError
from simtool.losses.miners import ActiveTriplets, batch_all_triplet, batch_hard_triplet, margin, semi_hard_triplet
from simtool.scoring.distances import of_all

KINDS = ("batch-hard-triplet", "semi-hard-triplet", "batch-all-triplet", "margin")


@pytest.mark.parametrize("kind", ["batch-all-triplet", "margin"])
def test_many_triplets_are_summed_well(kind):
    x, codes = random_batch(1, 90, 4)
    distances = 1000 + scores_of(kind, x)
    parameters = {"margin": 0.05} if kind == "batch-all-triplet" else {"beta": 1001.0}
    found = numbers(of_classes(kind, distances, codes, **parameters))
    expected = np.asarray(LOOPS[kind][0](distances.tolist(), codes.tolist(), **parameters))
    assert (found[:, 1] == expected[:, 1]).all()
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-10)


def test_a_sum_of_hairs_does_not_round_below_zero():
    codes = np.asarray([0, 0, *[1] * 700])
    for hairs, active in ((1, 0), (15, 0), (40, 700)):  # of the last bit: 16 are what rounding may make of two of them
        distances = np.asarray([[0.0, 0.49 + hairs * 2.0**-54, *[0.49] * 700]])
        found = of_classes("batch-all-triplet", distances, codes, 0, 1, margin=0.0)
        assert found.count.tolist() == [active]
        assert 0 <= found.total[0] <= (1e-11 if active else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_what_rounding_makes_of_a_hinge_is_at_rest(kind, xp):
    # all distances are 1 up to a few roundings: with margin 0, or beta - alpha 1 and beta + alpha 1, nothing is active
    rng, codes = np.random.default_rng(5), np.arange(12) % 3
    distances = 1.0 + rng.integers(-4, 5, size=(12, 12)) * 2.0**-53
    parameters = {"alpha": 0.0, "beta": 1.0} if kind == "margin" else {"margin": 0.0}
    found = of_classes(kind, xp.array(distances), xp.array(codes), **parameters)
    assert not numbers(found).any()


def test_a_negative_as_far_up_to_rounding_is_not_farther():
    # 0.3 and 0.1 + 0.2 are one distance: the next one is 0.4
    distances = np.asarray([[0.0, 0.3, 0.1 + 0.2, 0.4]])
    positives, negatives = np.asarray([[0, 1, 0, 0]], bool), np.asarray([[0, 0, 1, 1]], bool)
    assert semi_hard_triplet(distances, positives, negatives, margin=1.0).tolist() == [pytest.approx(0.9)]


def test_margin_is_its_peer_at_the_beta_of_the_peer():
    distances = of_all("unit-euclidean", np.asarray(VECTORS), np.asarray(VECTORS))
    items = of_classes("margin", distances, np.asarray(CLASSES), beta=float(np.float32(1.2)))
    assert items.total.sum() / items.count.sum() == pytest.approx(PEERS["margin", "pml"], rel=1e-10)


def test_where_sentence_transformers_differs():
    distances = of_all("euclidean", np.asarray(VECTORS), np.asarray(VECTORS))
    codes, one = np.asarray(CLASSES), np.zeros(9, dtype=int)
    # an anchor without positives counts there, as if it had one at distance 0
    items = of_classes("batch-hard-triplet", distances, codes, margin=5.0)
    alone = [max(0.0, 5 - distances[i, codes != codes[i]].min()) for i in np.flatnonzero(~counted("both", codes))]
    assert len(alone) == 1
    assert (items.sum() + sum(alone)) / 9 == pytest.approx(PEERS["batch-hard-triplet", "sbert singletons"], rel=1e-10)
    # without any negative there is no triplet; there, the margin
    assert PEERS["batch-hard-triplet", "sbert one class"] == 5.0
    assert not of_classes("batch-hard-triplet", distances, one, margin=5.0).any()
    expected = distances[~np.eye(9, dtype=bool)].mean() + 5
    assert PEERS["semi-hard-triplet", "sbert one class"] == pytest.approx(expected, rel=1e-10)
    assert not of_classes("semi-hard-triplet", distances, one, margin=5.0).any()


@pytest.mark.parametrize("kind", KINDS)
def test_at_the_margin_nothing_is_active_and_nothing_is_pulled(kind):
    # all distances are 1: with margin 0, or beta 1 and alpha 0, every term is exactly 0
    distances = torch.ones((4, 4), dtype=torch.float64, requires_grad=True)
    parameters = {"alpha": 0.0, "beta": 1.0} if kind == "margin" else {"margin": 0.0}
    items = of_classes(kind, distances, torch.tensor([0, 0, 1, 1]), **parameters)
    assert total(items).item() == 0
    if isinstance(items, ActiveTriplets):
        assert items.count.tolist() == [0, 0, 0, 0]
    total(items).backward()
    assert (distances.grad == 0).all()


def test_semi_hard_takes_the_strictly_farther_negative():
    # the negative as far as the positive is not farther; with margin 1: 2 - 3 + 1, then 4 - 3 + 1
    distances = np.asarray([[0.0, 2.0, 4.0, 1.0, 2.0, 3.0]])
    positives, negatives = np.asarray([[0, 1, 1, 0, 0, 0]], bool), np.asarray([[0, 0, 0, 1, 1, 1]], bool)
    assert semi_hard_triplet(distances, positives, negatives, margin=2.0).tolist() == [1, 3]


def test_what_is_no_item_is_zero():
    x, codes = random_batch(6, 9, 3)
    codes[:2] = [50, 51]
    for kind in ("batch-hard-triplet", "batch-all-triplet", "margin"):
        found = numbers(of_classes(kind, scores_of(kind, x), codes, **LOOPS[kind][1][1]))
        none = ~counted(find("loss", kind).counted, codes)
        assert none[:2].all()
        assert (found[none] == 0).all()
        assert (found[~none] > 0).all()
    soft = of_classes("batch-hard-triplet", scores_of("batch-hard-triplet", x), codes, soft=1.0)
    assert (soft[none] == 0).all()


def test_a_soft_margin_does_not_overflow():
    distances = np.asarray([[0.0, 2000.0, 1.0], [2000.0, 0.0, 1.0]])
    codes = np.asarray([0, 0, 1])
    assert of_classes("batch-hard-triplet", distances, codes, 0, 2, soft=1.0).tolist() == [1999, 1999]


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (batch_hard_triplet, {"margin": -1.0}),
        (batch_hard_triplet, {"soft": 0.5}),
        (semi_hard_triplet, {"margin": float("nan")}),
        (batch_all_triplet, {"margin": float("inf")}),
        (margin, {"alpha": -0.1}),
        (margin, {"beta": float("nan")}),
    ],
)
def test_what_is_refused(function, parameters):
    distances, mask = np.ones((2, 3)), np.ones((2, 3), dtype=bool)
    name, value = next(iter(parameters.items()))
    with pytest.raises(ParameterError, match=f"{name} is {value}") as refused:
        function(distances, mask, mask, **parameters)
    assert refused.value.where == f"«{name}»"
