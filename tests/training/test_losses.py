"""The losses to train with: the numbers of `loss`, their gradients, and those of torch and its libraries."""

import doctest
import re

import numpy as np
import pytest
import torch

import simtool
from simtool import losses
from simtool.catalogue import LOSSES, find
from simtool.errors import LabelError, ParameterError, SimtoolError

KINDS = [entry.name for entry in LOSSES]
CODES = np.arange(24) % 5


def given(kind, n=24, d=6, seed=0):
    """Embeddings, labels and weights for a loss, as `loss` takes them."""
    rng, entry = np.random.default_rng(seed), find("loss", kind)
    sides = [rng.normal(size=(n, d)) for _ in entry.roles]
    sides[1:] = [sides[0] + 0.5 * side for side in sides[1:]]
    weights = rng.normal(size=(5, d)) if entry.inputs == "classifier" else None
    labels = {"binary": CODES[:n] % 2, "score": rng.uniform(size=n), "class": CODES[:n], "none": None}[entry.labels]
    return sides, labels, weights


def called(kind, sides, labels, weights, **options):
    """The public function of a loss of what it takes."""
    function = getattr(losses, kind.replace("-", "_"))
    return function(*sides, *(each for each in (labels, weights) if each is not None), **options)


def tensors(sides, labels, weights, dtype):
    """The same in torch, with gradients."""
    leaves = [torch.from_numpy(side).to(dtype).requires_grad_() for side in sides]
    return (
        leaves,
        labels if labels is None else torch.from_numpy(labels),
        None if weights is None else (torch.from_numpy(weights).to(dtype).requires_grad_()),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_what_the_command_reports(kind):
    sides, labels, weights = given(kind)
    reported = simtool.loss(*sides, kind=kind, labels=labels, weights=weights)
    if find("loss", kind).of_classes:
        assert reported.summary["items"] == 24
    found = called(kind, sides, labels, weights)
    assert isinstance(found, np.float64)
    assert found == pytest.approx(reported.summary["loss"], rel=1e-12)
    wide = called(kind, *tensors(sides, labels, weights, torch.float64))
    assert wide.dtype == torch.float64
    assert wide.item() == pytest.approx(found, rel=1e-14)
    narrow = [side.astype(np.float32) for side in sides], labels, weights if weights is None else np.float32(weights)
    expected = simtool.loss(*narrow[0], kind=kind, labels=labels, weights=narrow[2]).summary["loss"]
    in_float32 = called(kind, *tensors(sides, labels, weights, torch.float32))
    assert in_float32.dtype == torch.float32
    assert in_float32.item() == pytest.approx(expected, rel=1e-5)
    assert called(kind, *narrow).dtype == np.float32


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_also_under_autocast(kind, dtype):
    sides, labels, weights = tensors(*given(kind), dtype)
    wide = [side.detach().float() for side in sides], labels, None if weights is None else weights.detach().float()
    with torch.autocast("cpu", torch.bfloat16):
        found = called(kind, sides, labels, weights)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(called(kind, *wide).item(), rel=1e-6)
    found.backward()
    assert all(side.grad.dtype == dtype and side.grad.isfinite().all() for side in sides)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_the_loss(kind):
    sides, labels, weights = tensors(*given(kind, n=10, d=4), torch.float64)
    leaves = sides if weights is None else [*sides, weights]

    def loss(*leaves):
        return called(kind, leaves[: len(sides)], labels, leaves[-1] if weights is not None else None)

    if kind == "circle":  # whose weights are constants of the gradient
        reported = []
        simtool.loss(
            *(side.detach().numpy() for side in sides),
            kind=kind,
            labels=labels.numpy(),
            gradients=lambda start, parts: reported.extend(parts),
        )
        found = torch.autograd.grad(loss(*leaves), leaves)
        np.testing.assert_allclose(found[0].numpy(), reported[0], rtol=1e-10, atol=1e-13)
        return
    assert torch.autograd.gradcheck(loss, leaves, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_nan_leaves_no_finite_loss(kind):
    sides, labels, weights = given(kind)
    for side in range(1 if kind == "kl" else len(sides)):  # a teacher's scores are refused
        spoilt = [each.copy() for each in sides]
        spoilt[side][3, 1] = np.nan
        assert not np.isfinite(called(kind, spoilt, labels, weights))


@pytest.mark.parametrize("kind", KINDS)
def test_none_gives_the_items_and_sum_their_sum(kind):
    sides, labels, weights = given(kind)
    items = called(kind, sides, labels, weights, reduction="none")
    reported = simtool.loss(*sides, kind=kind, labels=labels, weights=weights)
    assert items.sum() == pytest.approx(reported.summary["total"], rel=1e-12)
    assert called(kind, sides, labels, weights, reduction="sum") == pytest.approx(items.sum(), rel=1e-12)
    if find("loss", kind).item in ("anchor", "positive pair") or find("loss", kind).inputs != "classes":
        assert items.shape == (reported.summary["items"],)


VARIANTS = [(entry.name, variant) for entry in LOSSES for variant in entry.variants]


@pytest.mark.parametrize(("kind", "variant"), VARIANTS)
def test_a_variant_is_that_of_the_command(kind, variant):
    sides, labels, weights = given(kind)
    reported = simtool.loss(*sides, kind=kind, labels=labels, weights=weights, variant=variant)
    found = called(kind, sides, labels, weights, variant=variant)
    assert found == pytest.approx(reported.summary["loss"], rel=1e-12)


def test_parameters_and_distances_are_those_of_the_command():
    (rows,), labels, _ = given("sup-con")
    for options in ({"temperature": 0.3}, {"distance": "dot"}):
        reported = simtool.loss(rows, kind="sup-con", labels=labels, **options).summary["loss"]
        assert losses.sup_con(rows, labels, **options) == pytest.approx(reported, rel=1e-12)


@pytest.mark.parametrize("kind", ["batch-all-contrastive", "batch-all-triplet", "margin"])
@pytest.mark.parametrize("reduction", ["mean", "active-mean"])
def test_means_over_terms_are_those_of_the_command(kind, reduction):
    (rows,), labels, _ = given(kind)
    reported = simtool.loss(rows, kind=kind, labels=labels, reduction=reduction).summary["loss"]
    assert called(kind, [rows], labels, None, reduction=reduction) == pytest.approx(reported, rel=1e-12)


def test_labels_may_be_strings_lists_or_tensors():
    (rows,), labels, _ = given("sup-con")
    names = np.asarray(["ant", "bee", "cat", "dog", "eel"])[labels]
    expected = losses.sup_con(rows, labels)
    for spelt in (names, names.tolist(), labels.tolist(), torch.from_numpy(labels) - 3):
        assert losses.sup_con(rows, labels=spelt) == expected


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: losses.sup_con(x, np.zeros(3, int)), LabelError, "one label per row: 24 rows, 3 labels"),
        (lambda x: losses.contrastive(x, x, np.full(24, 0.5)), LabelError, "row 0 has label 0.5"),
        (lambda x: losses.contrastive(x, x[:3], CODES % 2), SimtoolError, "b have shape (3, 6), a (24, 6)"),
        (lambda x: losses.sup_con(x[0], CODES), SimtoolError, "one vector per row, shape (n, d), got (6,)"),
        (lambda x: losses.sup_con(x[:0], CODES[:0]), SimtoolError, "shape (n, d), got (0, 6)"),
        (lambda x: losses.sup_con(x + 1j, CODES), SimtoolError, "expected real numbers, got dtype complex128"),
        (lambda x: losses.sup_con(x, CODES, temperature=0.0), ParameterError, "temperature is 0"),
        (lambda x: losses.sup_con(x, CODES, variant="pmll"), ParameterError, "unknown variant"),
        (lambda x: losses.sup_con(x, CODES, reduction="avg"), ParameterError, "avg"),
        (lambda x: losses.arcface(x, CODES, x[:, :3]), SimtoolError, "expected weights of shape (classes, 6)"),
        (lambda x: losses.arcface(x, CODES, x[:3]), LabelError, "classes are 0 to 4, expected the numbers 0 to 2"),
        (
            lambda x: losses.arcface(x, CODES.astype(str), x),
            LabelError,
            "classes are 0 to 4, expected the numbers 0 to 23",
        ),
    ],
)
def test_what_is_wrong_is_said(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(given("sup-con")[0][0])


def test_a_parameter_that_a_loss_does_not_have_is_a_type_error():
    with pytest.raises(TypeError, match="margin"):
        losses.sup_con(np.eye(2), [0, 0], margin=1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_loss_runs(kind):
    function = getattr(simtool.losses, kind.replace("-", "_"))
    (example,) = doctest.DocTestFinder().find(function, kind, globs={})
    assert doctest.DocTestRunner().run(example) == doctest.TestResults(failed=0, attempted=4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", ["cosine", "cosine-embedding", "bce", "cosine-similarity", "cosent", "margin-ranking"])
def test_a_row_of_zeros_has_cosine_0_and_no_gradient(kind, dtype):
    leaves, labels, _ = tensors(*given(kind), dtype)
    with torch.no_grad():
        leaves[0][3] = 0
    loss = called(kind, leaves, labels, None)
    loss.backward()
    assert loss.isfinite()
    assert not leaves[0].grad[3].any()
    assert leaves[0].grad.any()
