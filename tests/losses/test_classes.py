"""The losses of a batch with classes against loops, other libraries, and their gradients."""

from inspect import signature
from itertools import pairwise
from math import exp, fsum, log

import numpy as np
import pytest
import torch
from batches import as_variant, counted, of_classes, others, random_batch
from hypothesis import given, settings
from hypothesis import strategies as st
from peers_batch import CLASSES, PEERS, VECTORS

from simtool.backend import quiet
from simtool.catalogue import find
from simtool.catalogue.batch_losses import BATCH_LOSSES
from simtool.errors import ParameterError, ShapeError
from simtool.losses.classes import (
    circle,
    class_masks,
    lifted_structure,
    multi_similarity,
    negative_mass,
    nt_xent,
    sup_con,
)
from simtool.losses.numerics import hinge, masked_logsumexp
from simtool.scoring.distances import of_all


def loop_nt_xent(scores, codes, temperature=0.5):
    items = []
    for i, row in enumerate(scores):
        positives, negatives = others(codes, i)
        against = fsum(exp(row[n] / temperature) for n in negatives)
        for p in positives:
            own = exp(row[p] / temperature)
            items.append(-log(own / (own + against)))
    return items


def loop_sup_con(scores, codes, temperature=0.1):
    items = []
    for i, row in enumerate(scores):
        positives, _ = others(codes, i)
        total = fsum(exp(row[j] / temperature) for j in range(len(codes)) if j != i)
        logs = [log(exp(row[p] / temperature) / total) for p in positives]
        items.append(-fsum(logs) / len(logs) if logs else 0.0)
    return items


def loop_multi_similarity(scores, codes, alpha=2.0, beta=50.0, base=0.5):
    items = []
    for i, row in enumerate(scores):
        positives, negatives = others(codes, i)
        pull = log(1 + fsum(exp(-alpha * (row[p] - base)) for p in positives)) / alpha
        items.append(pull + log(1 + fsum(exp(beta * (row[n] - base)) for n in negatives)) / beta)
    return items


def loop_circle(scores, codes, margin=0.4, gamma=80.0):
    items = []
    for i, row in enumerate(scores):
        positives, negatives = others(codes, i)
        # equation 6 with O_p = 1 + m, O_n = -m, Delta_p = 1 - m, Delta_n = m
        pushed = [exp(gamma * max(0.0, row[n] + margin) * (row[n] - margin)) for n in negatives]
        pulled = [exp(-gamma * max(0.0, 1 + margin - row[p]) * (row[p] - (1 - margin))) for p in positives]
        items.append(log(1 + fsum(x * y for x in pushed for y in pulled)))
    return items


def loop_lifted_structure(distances, codes, margin=1.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        for p in positives:
            ends = [exp(margin - row[n]) for n in negatives] + [exp(margin - distances[p][n]) for n in negatives]
            items.append(max(0.0, log(fsum(ends)) + row[p]) ** 2 / 2 if ends else 0.0)
    return items


# the loop, and the parameters that are tried beside the defaults
KINDS = {
    "nt-xent": (loop_nt_xent, {"temperature": 0.07}),
    "sup-con": (loop_sup_con, {"temperature": 0.5}),
    "multi-similarity": (loop_multi_similarity, {"alpha": 1.0, "beta": 10.0, "base": -0.2}),
    "circle": (loop_circle, {"margin": 0.25, "gamma": 32.0}),
    "lifted-structure": (loop_lifted_structure, {"margin": 0.3}),
}


def scores_of(kind, x, y=None):
    return of_all(find("loss", kind).metric, x, x if y is None else y)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12), classes=st.integers(1, 6), default=st.booleans())
def test_every_loss_is_its_loop(kind, seed, n, classes, default):
    loop, other = KINDS[kind]
    x, codes = random_batch(seed, n, classes)
    scores = scores_of(kind, x)
    parameters = {} if default else other
    items = of_classes(kind, scores, codes, **parameters).tolist()
    assert items == pytest.approx(loop(scores.tolist(), codes.tolist(), **parameters), rel=1e-9, abs=1e-12)
    assert min(items, default=0) >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_stripes_together_are_the_batch(kind):
    x, codes = random_batch(5, 40, 9)
    scores = scores_of(kind, x)
    whole = of_classes(kind, scores, codes)
    for cuts in ([0, 1, 40], [0, 13, 14, 39, 40], list(range(41))):
        parts = [of_classes(kind, scores, codes, *cut) for cut in pairwise(cuts)]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-13, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_library_gives_the_same(kind, xp):
    x, codes = random_batch(6, 15, 5)
    scores = scores_of(kind, x)
    found = of_classes(kind, xp.array(scores), xp.array(codes))
    assert type(found) is type(xp.array([0.0]))
    np.testing.assert_allclose(np.asarray(found), of_classes(kind, scores, codes), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "circle"])
@pytest.mark.parametrize("codes", [[0, 1, 0, 2, 1, 0], [0] * 6, [0, 1, 2, 3, 4, 5]])
def test_gradients_are_central_differences(kind, codes):
    x = torch.from_numpy(random_batch(7, 6, 1)[0]).requires_grad_(True)
    codes = torch.tensor(codes)
    assert torch.autograd.gradcheck(lambda x: of_classes(kind, scores_of(kind, x), codes).sum(), (x,))


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


@pytest.mark.parametrize(
    ("kind", "variant"),
    [(entry.name, name) for entry in BATCH_LOSSES for name in entry.variants if entry.name in (*KINDS, "n-pairs")],
)
def test_every_variant_is_its_peer(kind, variant):
    # Khosla's code at its T = T_base = 0.07 is the loss of pytorch-metric-learning at that temperature
    expected = PEERS[kind, "pml at 0.07" if variant == "khosla" else variant]
    assert as_variant(kind, variant, CLASSES, VECTORS) == pytest.approx(expected, rel=1e-10)


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
    far = np.asarray([[0.0, 2000.0, 1000.0], [2000.0, 0.0, 1000.0], [1000.0, 1000.0, 0.0]])
    codes = np.asarray([0, 0, 1])
    # log(2 e^-999) + 2000 = 1001 + log 2
    assert of_classes("lifted-structure", far, codes).tolist() == pytest.approx([(1001 + log(2)) ** 2 / 2] * 2)


def test_identical_rows_have_known_losses():
    x, codes = np.ones((6, 3)), np.asarray([0, 0, 0, 1, 1, 2])
    scores = scores_of("nt-xent", x)
    assert of_classes("nt-xent", scores, codes).tolist() == pytest.approx([log(4)] * 6 + [log(5)] * 2)
    assert of_classes("sup-con", scores, codes).tolist() == pytest.approx([log(5)] * 5 + [0])
    distances = scores_of("lifted-structure", x)
    pair = [(log(6) + 1) ** 2 / 2] * 6 + [(log(8) + 1) ** 2 / 2] * 2
    assert of_classes("lifted-structure", distances, codes).tolist() == pytest.approx(pair)


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
    items = of_classes(kind, scores_of(kind, x), torch.tensor(codes))
    assert items.tolist() == pytest.approx(KINDS[kind][0](scores_of(kind, x).tolist(), codes), rel=1e-9, abs=1e-12)
    items.sum().backward()
    assert torch.isfinite(x.grad).all()


def test_lifted_structure_without_negatives_passes_no_gradient_to_the_masses():
    distances = torch.ones((2, 2), dtype=torch.float64, requires_grad=True)
    mass = torch.full((2,), -torch.inf, dtype=torch.float64, requires_grad=True)
    items = lifted_structure(distances, torch.tensor([[False, True], [True, False]]), mass, mass)
    assert items.tolist() == [0, 0]
    items.sum().backward()
    assert mass.grad.tolist() == [0, 0]
    assert (distances.grad == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_item_is_zero_and_has_no_gradient(kind):
    x, codes = random_batch(9, 8, 4)
    codes[:3] = [50, 51, 52]
    scores = torch.from_numpy(scores_of(kind, x)).requires_grad_(True)
    items = of_classes(kind, scores, torch.from_numpy(codes))
    items.sum().backward()
    entry = find("loss", kind)
    if entry.item == "positive pair":
        assert len(items) == sum(len(others(codes, i)[0]) for i in range(8))
        return
    none = ~counted(entry.counted, codes)
    assert none.sum() >= (0 if entry.counted == "all" else 3)
    assert (items.detach().numpy()[none] == 0).all()
    assert (scores.grad.numpy()[none] == 0).all()
    assert (items.detach().numpy()[~none] > 0).all()


def test_nan_is_not_swallowed():
    scores, codes = np.full((4, 4), np.nan), np.asarray([0, 0, 1, 1])
    for kind in KINDS:
        with quiet():
            assert np.isnan(of_classes(kind, scores, codes)).all()


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
    for masks in ((mask[:1], mask), (mask, mask[:, :1]), (mask[0], mask[0])):
        with pytest.raises(ShapeError, match=r"masks \(r, n\)"):
            function(scores, *masks)


def test_lifted_structure_refuses_masses_that_do_not_fit():
    distances, mask = np.ones((2, 3)), np.ones((2, 3), dtype=bool)
    with pytest.raises(ShapeError, match=r"the masses have shapes \(3,\) and \(3,\)"):
        lifted_structure(distances, mask, np.ones(3), np.ones(3))
    with pytest.raises(ParameterError, match="margin is -1"):
        lifted_structure(distances, mask, np.ones(2), np.ones(3), margin=-1.0)
    with pytest.raises(ParameterError, match="margin is nan"):
        negative_mass(distances, mask, margin=float("nan"))


@pytest.mark.parametrize("entry", BATCH_LOSSES, ids=lambda entry: entry.name)
def test_a_row_of_the_catalogue_agrees_with_its_function(entry):
    options = {name: p.default for name, p in signature(entry.load()).parameters.items() if p.kind == p.KEYWORD_ONLY}
    # `symmetric` is the command's: it runs both directions
    fixed = {name: value for name, value in entry.parameters.items() if name != "symmetric"}
    assert fixed == options
    assert entry.inputs in ("classes", "views")
    assert entry.labels == ("class" if entry.inputs == "classes" else "none")
    assert entry.item in ("anchor", "positive pair", "triplet", "term")
    assert entry.reduction == ("active-mean" if entry.item in ("triplet", "term") else "mean")
    assert entry.counted in ("all", "positives", "negatives", "both")
    assert entry.metric not in entry.metrics
    x = np.random.default_rng(0).normal(size=(3, 4))
    for metric in (entry.metric, *entry.metrics, *(v.metric for v in entry.variants.values() if v.metric)):
        assert of_all(metric, x, x).shape == (3, 3)
    for variant in entry.variants.values():
        assert set(variant.parameters) <= set(entry.parameters)
