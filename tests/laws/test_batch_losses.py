"""What holds for every loss of a batch in the catalogue: its loop, its parts, its gradients, its peers."""

from inspect import signature
from itertools import pairwise

import numpy as np
import pytest
import torch
from batches import as_variant, counted, numbers, of_batch, others, random_batch, scores_of, takes_views, total
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import LOOPS
from peers_batch import CLASSES, FULL_CLASSES, PEERS, VECTORS, VIEWS_A, VIEWS_B

from simtool.backend import quiet
from simtool.catalogue import find
from simtool.catalogue.batch_losses import BATCH_LOSSES
from simtool.errors import ShapeError
from simtool.losses.miners import ActiveTriplets
from simtool.scoring.distances import of_all

KINDS = [entry.name for entry in BATCH_LOSSES]
# of the numbers of a loop; a hinge of distances is as good as they are
PRECISION = {"rtol": 1e-9, "atol": 1e-12}
FINER = {kind: {"rtol": 1e-11, "atol": 1e-12} for kind in KINDS if find("loss", kind).instead_of_miner}
CASES = [(entry.name, variant) for entry in BATCH_LOSSES for variant in entry.variants]


def batch(kind, seed, n, classes, extra=0):
    """All scores of random rows, and the classes or the partners of the anchors."""
    x, codes = random_batch(seed, n, classes)
    if not takes_views(kind):
        return scores_of(kind, x), codes
    y, _ = random_batch(seed + 1, n + extra, 1)
    return scores_of(kind, x, y), np.random.default_rng(seed).permutation(n + extra)[:n]


def loop_of(kind, scores, belongs, **parameters):
    """The loop, as an array of the shape of `numbers`."""
    found = LOOPS[kind][0](np.asarray(scores).tolist(), np.asarray(belongs).tolist(), **parameters)
    return np.asarray(found, dtype=float)


def test_every_loss_of_a_batch_has_a_loop():
    assert set(LOOPS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 12),
    classes=st.integers(1, 6),
    extra=st.integers(0, 5),
    case=st.integers(0, 3),
    ties=st.booleans(),
)
def test_every_loss_is_its_loop(kind, seed, n, classes, extra, case, ties):
    scores, belongs = batch(kind, seed, n, classes, extra)
    if ties:  # halves, exact in every order of the sums, and often equal
        scores = np.round(2 * scores) / 2
    parameters = [{}, *LOOPS[kind][1]][case % (len(LOOPS[kind][1]) + 1)]
    found = numbers(of_batch(kind, scores, belongs, **parameters))
    expected = loop_of(kind, scores, belongs, **parameters)
    np.testing.assert_allclose(found, expected.reshape(found.shape), **FINER.get(kind, PRECISION))
    assert (found >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_query_blocks_together_are_the_batch(kind):
    scores, belongs = batch(kind, 5, 40, 9)
    whole = numbers(of_batch(kind, scores, belongs))
    for cuts in ([0, 1, 40], [0, 13, 14, 39, 40], list(range(41))):
        parts = [numbers(of_batch(kind, scores, belongs, *cut)) for cut in pairwise(cuts)]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-13, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_library_gives_the_same(kind, xp):
    scores, belongs = batch(kind, 6, 15, 5)
    found = of_batch(kind, xp.array(scores), xp.array(belongs))
    assert type(found.total if isinstance(found, ActiveTriplets) else found) is type(xp.array([0.0]))
    np.testing.assert_allclose(numbers(found), numbers(of_batch(kind, scores, belongs)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", [entry.name for entry in BATCH_LOSSES if not entry.gradient])
@pytest.mark.parametrize("codes", [[0, 1, 0, 2, 1, 0], [0] * 6, [0, 1, 2, 3, 4, 5], [0]])
def test_gradients_are_central_differences(kind, codes):
    x, y = (torch.from_numpy(rows).requires_grad_(True) for rows in np.random.default_rng(7).normal(size=(2, 6, 4)))
    x, y, codes = x[: len(codes)], y[: len(codes)], torch.tensor(codes)
    belongs = torch.arange(len(codes)) if takes_views(kind) else codes
    for parameters in ({}, *LOOPS[kind][1]):

        def whole(x, y, parameters=parameters):
            return total(of_batch(kind, scores_of(kind, x, y if takes_views(kind) else x), belongs, **parameters))

        assert torch.autograd.gradcheck(whole, (x, y))


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
    belongs = torch.arange(len(rows)) if takes_views(kind) else torch.tensor(codes)
    for parameters in ({}, *LOOPS[kind][1]):
        scores = scores_of(kind, x)
        items = of_batch(kind, scores, belongs, **parameters)
        found, expected = numbers(items), loop_of(kind, scores.detach(), belongs, **parameters)
        np.testing.assert_allclose(found, expected.reshape(found.shape), **FINER.get(kind, PRECISION))
        (gradient,) = torch.autograd.grad(total(items), x)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not takes_views(kind)])
def test_what_is_no_item_is_zero_and_has_no_gradient(kind):
    x, codes = random_batch(9, 8, 4)
    codes[:3] = [50, 51, 52]
    # beta 0 makes every term of the margin loss active, a margin of 5 every triplet
    parameters = LOOPS[kind][1][min(1, len(LOOPS[kind][1]) - 1)] if find("loss", kind).instead_of_miner else {}
    entry = find("loss", kind)
    if entry.item in ("triplet", "term", "pair"):
        parameters = LOOPS[kind][1][1]
    scores = torch.from_numpy(scores_of(kind, x)).requires_grad_(True)
    items = of_batch(kind, scores, torch.from_numpy(codes), **parameters)
    total(items).backward()
    if entry.item == "positive pair":
        assert len(items) == sum(len(others(codes, i)[0]) for i in range(8))
        return
    none, found = ~counted(entry.counted, codes), numbers(items)
    assert none.sum() >= (0 if entry.counted == "all" else 3)
    assert (found[none] == 0).all()
    assert (scores.grad.numpy()[none] == 0).all()
    assert (found[~none] > 0).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if find("loss", kind).item in ("anchor", "positive pair")])
def test_nan_is_not_swallowed(kind):
    belongs = np.arange(4) if takes_views(kind) else np.asarray([0, 0, 1, 1])
    with quiet():
        assert np.isnan(numbers(of_batch(kind, np.full((4, 4), np.nan), belongs))).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not find("loss", kind).statistics])
def test_masks_and_partners_that_do_not_fit_are_refused(kind):
    function, scores, mask = find("loss", kind).load(), np.ones((2, 3)), np.ones((2, 3), dtype=bool)
    if takes_views(kind):
        with pytest.raises(ShapeError, match=r"partners \(r,\)"):
            function(scores, np.asarray([0, 1, 2]))
        return
    for masks in ((mask[:1], mask), (mask, mask[:, :1]), (mask[0], mask[0])):
        with pytest.raises(ShapeError, match=r"masks \(r, n\)"):
            function(scores, *masks)


@pytest.mark.parametrize(("kind", "variant"), CASES)
def test_every_variant_is_its_peer(kind, variant):
    if (kind, variant) == ("info-nce", "clip"):
        pytest.skip("no library has it under this name: test_views computes it")
    # Khosla's code at its T = T_base = 0.07 is the loss of pytorch-metric-learning at that temperature
    expected = PEERS[kind, "pml at 0.07" if variant == "khosla" else variant]
    # sentence-transformers counts singletons otherwise in its batch-hard losses
    codes = FULL_CLASSES if variant.startswith("sbert") and kind == "batch-hard-triplet" else CLASSES
    sets = (VIEWS_A, VIEWS_B) if find("loss", kind).inputs == "views" else (VECTORS,)
    # MarginLoss of pytorch-metric-learning holds beta in float32, whatever the rows are
    precision = 1e-7 if kind == "margin" else 1e-10
    assert as_variant(kind, variant, codes, *sets) == pytest.approx(expected, rel=precision)


@pytest.mark.parametrize("entry", BATCH_LOSSES, ids=lambda entry: entry.name)
def test_a_row_of_the_catalogue_agrees_with_its_function(entry):
    options = {name: p.default for name, p in signature(entry.load()).parameters.items() if p.kind == p.KEYWORD_ONLY}
    # `symmetric` is the command's: it runs both directions
    fixed = {name: value for name, value in entry.parameters.items() if name != "symmetric"}
    assert fixed == options
    assert entry.inputs in ("classes", "views")
    assert entry.labels == ("class" if entry.inputs == "classes" else "none")
    assert entry.item in ("anchor", "positive pair", "triplet", "term", "pair")
    by_item = {"triplet": "active-mean", "term": "active-mean", "pair": "active-mean-by-label"}
    assert entry.reduction == by_item.get(entry.item, "mean")
    assert entry.counted in ("all", "positives", "negatives", "both")
    assert entry.metric not in entry.metrics
    x = np.random.default_rng(0).normal(size=(3, 4))
    for metric in (entry.metric, *entry.metrics, *(v.metric for v in entry.variants.values() if v.metric)):
        assert of_all(metric, x, x).shape == (3, 3)
    for variant in entry.variants.values():
        assert set(variant.parameters) <= set(entry.parameters)
