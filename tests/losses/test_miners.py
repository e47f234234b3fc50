"""The triplet losses of a batch with classes against loops over its triplets, other libraries, and their gradients."""

from functools import partial
from itertools import pairwise
from math import exp, fsum, log

import numpy as np
import pytest
import torch
from batches import as_variant, counted, of_classes, others, random_batch
from hypothesis import given, settings
from hypothesis import strategies as st
from peers_batch import CLASSES, FULL_CLASSES, PEERS, VECTORS

from simtool.catalogue import find
from simtool.errors import ParameterError, ShapeError
from simtool.losses.miners import ActiveTriplets, batch_all_triplet, batch_hard_triplet, margin, semi_hard_triplet
from simtool.scoring.distances import of_all


def beyond(*addends):
    """What is left of a sum above 0, where rounding is nothing: the rule of the hinge, in plain floats."""
    value = fsum(addends)
    return value if value > 8 * 2.0**-52 * fsum(map(abs, addends)) else 0.0


def loop_batch_hard(distances, codes, margin=1.0, soft=0.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        if not positives or not negatives:
            items.append(0.0)
            continue
        far, near = max(row[p] for p in positives), min(row[n] for n in negatives)
        items.append(log(1 + exp(far - near)) if soft else beyond(far, -near, margin))
    return items


def loop_semi_hard(distances, codes, margin=1.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        for p in positives:
            farther = [row[n] for n in negatives if beyond(row[n], -row[p])]
            if negatives:
                chosen = min(farther) if farther else max(row[n] for n in negatives)
                items.append(beyond(row[p], -chosen, margin))
            else:
                items.append(0.0)
    return items


def loop_batch_all(distances, codes, margin=1.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        triplets = [beyond(row[p], -row[n], margin) for p in positives for n in negatives]
        items.append((fsum(triplets), sum(item > 0 for item in triplets)))
    return items


def loop_margin(distances, codes, alpha=0.2, beta=1.2):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        terms = []
        for p in positives:
            for n in negatives:
                terms += [beyond(alpha, row[p], -beta), beyond(alpha, beta, -row[n])]
        items.append((fsum(terms), sum(term > 0 for term in terms)))
    return items


# the loop, and the parameters that are tried beside the defaults
KINDS = {
    "batch-hard-triplet": (loop_batch_hard, [{"margin": 0.0}, {"margin": 5.0}, {"soft": 1.0}]),
    "semi-hard-triplet": (loop_semi_hard, [{"margin": 0.0}, {"margin": 5.0}]),
    "batch-all-triplet": (loop_batch_all, [{"margin": 0.0}, {"margin": 5.0}]),
    "margin": (loop_margin, [{"alpha": 0.0, "beta": 1.0}, {"alpha": 0.5, "beta": 0.0}]),
}


def scores_of(kind, x):
    return of_all(find("loss", kind).metric, x, x)


def numbers(items):
    """The items as one array: (r,) or (p,) losses, or (r, 2) totals and counts."""
    if not isinstance(items, ActiveTriplets):
        return plain(items)
    assert plain(items.count).dtype.kind == "i"
    return np.stack([plain(items.total), plain(items.count)], axis=1)


def plain(array):
    return np.asarray(array.detach() if hasattr(array, "detach") else array)


def total(items):
    return (items.total if isinstance(items, ActiveTriplets) else items).sum()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 12),
    classes=st.integers(1, 6),
    case=st.integers(0, 3),
    ties=st.booleans(),
)
def test_every_loss_is_its_loop(kind, seed, n, classes, case, ties):
    loop, cases = KINDS[kind]
    x, codes = random_batch(seed, n, classes)
    # whole numbers, exact in every order of the sums, and often equal
    distances = np.round(2 * scores_of(kind, x)) if ties else scores_of(kind, x)
    parameters = [{}, *cases][case % (len(cases) + 1)]
    found = numbers(of_classes(kind, distances, codes, **parameters))
    expected = np.asarray(loop(distances.tolist(), codes.tolist(), **parameters)).reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
    assert (found >= 0).all()


@pytest.mark.parametrize("kind", ["batch-all-triplet", "margin"])
def test_many_triplets_are_summed_well(kind):
    x, codes = random_batch(1, 90, 4)
    distances = 1000 + scores_of(kind, x)
    parameters = {"margin": 0.05} if kind == "batch-all-triplet" else {"beta": 1001.0}
    found = numbers(of_classes(kind, distances, codes, **parameters))
    expected = np.asarray(KINDS[kind][0](distances.tolist(), codes.tolist(), **parameters))
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


@pytest.mark.parametrize("kind", KINDS)
def test_stripes_together_are_the_batch(kind):
    x, codes = random_batch(2, 40, 9)
    distances = scores_of(kind, x)
    whole = numbers(of_classes(kind, distances, codes))
    for cuts in ([0, 1, 40], [0, 13, 14, 39, 40], list(range(41))):
        parts = [numbers(of_classes(kind, distances, codes, *cut)) for cut in pairwise(cuts)]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-13, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_library_gives_the_same(kind, xp):
    x, codes = random_batch(3, 15, 5)
    distances = scores_of(kind, x)
    found = of_classes(kind, xp.array(distances), xp.array(codes))
    assert type(found if not isinstance(found, ActiveTriplets) else found.total) is type(xp.array([0.0]))
    np.testing.assert_allclose(numbers(found), numbers(of_classes(kind, distances, codes)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("codes", [[0, 1, 0, 2, 1, 0], [0] * 6, [0, 1, 2, 3, 4, 5]])
def test_gradients_are_central_differences(kind, codes):
    x, codes = torch.from_numpy(random_batch(4, 6, 1)[0]).requires_grad_(True), torch.tensor(codes)
    for parameters in ({}, *KINDS[kind][1]):
        chosen = partial(of_classes, kind, **parameters)
        assert torch.autograd.gradcheck(lambda x, f=chosen: total(f(scores_of(kind, x), codes)), (x,))


@pytest.mark.parametrize(
    ("kind", "variant"), [(kind, variant) for kind in KINDS for variant in find("loss", kind).variants]
)
def test_every_variant_is_its_peer(kind, variant):
    # sentence-transformers counts singletons otherwise in its batch-hard losses
    codes = FULL_CLASSES if variant.startswith("sbert") and kind == "batch-hard-triplet" else CLASSES
    # MarginLoss of pytorch-metric-learning holds beta in float32, whatever the rows are
    precision = 1e-7 if kind == "margin" else 1e-10
    assert as_variant(kind, variant, codes, VECTORS) == pytest.approx(PEERS[kind, variant], rel=precision)


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
@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([[1.0, 2.0]], [0]),
        ([[1.0, 2.0]] * 4, [0, 0, 1, 1]),
        ([[1.0, 2.0]] * 4, [0, 0, 0, 0]),
        ([[1.0, 2.0]] * 4, [0, 1, 2, 3]),
        ([[0.0, 0.0]] * 4, [0, 0, 1, 2]),
        ([[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0], [1.0, 0.0]], [0, 0, 1, 1]),
    ],
)
def test_odd_batches_have_finite_losses_and_gradients(kind, rows, codes):
    x = torch.tensor(rows, dtype=torch.float64).requires_grad_(True)
    for parameters in ({}, *KINDS[kind][1]):
        items = of_classes(kind, scores_of(kind, x), torch.tensor(codes), **parameters)
        found = numbers(items)
        expected = KINDS[kind][0](scores_of(kind, x).tolist(), codes, **parameters)
        np.testing.assert_allclose(found, np.asarray(expected).reshape(found.shape), rtol=1e-11, atol=1e-12)
        (gradient,) = torch.autograd.grad(total(items), x)
        assert torch.isfinite(gradient).all()


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
        found = numbers(of_classes(kind, scores_of(kind, x), codes, **KINDS[kind][1][1]))
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
    for masks in ((mask[:1], mask), (mask, mask[:, :1])):
        with pytest.raises(ShapeError, match=r"masks \(r, n\)"):
            function(distances, *masks)
