"""The pair losses against loops, torch and central differences, and the report made of them."""

from math import fsum

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import distance

from simtool import loss, metrics
from simtool.errors import DataError, LabelError, ParameterError, ShapeError
from simtool.io import as_vectors, with_ids
from simtool.losses.pairs import contrastive, cosine_distance, cosine_embedding

KINDS = ["contrastive", "cosine", "cosine-embedding", "cosine-distance"]
MARGINS = {"contrastive": 1.0, "cosine": 0.5, "cosine-embedding": 0.0, "cosine-distance": None}  # the catalogue page


def loop(kind, a, b, labels, margin):
    """The losses pair by pair, from scipy's distances."""
    margin = MARGINS[kind] if margin is None else margin
    items = []
    for x, y, label in zip(a.astype(float), b.astype(float), labels, strict=True):
        if kind == "contrastive":
            d = distance.euclidean(x, y)
            items.append(d**2 if label == 1 else max(0.0, margin - d) ** 2)
            continue
        s = 1 - distance.cosine(x, y)
        items.append(1 - s if label == 1 or kind == "cosine-distance" else max(0.0, s - margin))
    return items


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 20),
    margin=st.sampled_from([None, 0.0, 0.3, 1.0]),
    reduction=st.sampled_from(["mean", "sum", "none", "active-mean"]),
    signed=st.booleans(),
    backend=st.sampled_from(["numpy", "torch"]),
)
def test_every_loss_is_its_loop(kind, seed, n, margin, reduction, signed, backend):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n, 4)).astype("f4")
    labels = rng.integers(0, 2, n)
    given_labels = 2 * labels - 1 if signed else labels
    plain = kind == "cosine-distance"
    options = {} if plain else {"margin": margin}
    options |= {"reduction": reduction, "backend": backend, "labels": None if plain else given_labels}
    result = loss(a, b, kind=kind, **options)
    items = loop(kind, a, b, labels, margin)
    assert result.array.tolist() == pytest.approx(items, abs=1e-12)

    summary, total = result.summary, fsum(result.array.tolist())
    assert abs(summary["total"] - total) <= 1e-12
    active = sum(item > 0 for item in result.array.tolist())
    assert (summary["items"], summary["active"]) == (n, active)
    counted = (None, None) if plain else (labels.sum(), n - labels.sum())
    assert (summary.get("positives"), summary.get("negatives")) == counted
    reduced = {"mean": total / n, "sum": total, "none": None, "active-mean": total / active if active else 0.0}
    assert summary["loss"] == (None if reduction == "none" else pytest.approx(reduced[reduction], abs=1e-12))
    assert summary["mean"] == pytest.approx(total / n, abs=1e-12)


def test_the_cases_of_the_numerics_page():
    x, y = np.asarray([[1.0, 2, 3]] * 2, dtype="f4"), np.asarray([[4.0, 5, 6]] * 2, dtype="f4")
    result = loss(x, y, labels=np.asarray([1, 0]), kind="cosine-embedding", margin=0.2)
    s = 32 / np.sqrt(14 * 77)
    assert result.array.tolist() == pytest.approx([1 - s, s - 0.2], abs=1e-12)
    assert result.array.tolist() == pytest.approx([0.025368154, 0.774631846], abs=1e-9)
    assert (result.summary["loss"], result.summary["total"]) == pytest.approx((0.4, 0.8), abs=1e-12)

    ones, twos = np.asarray([[1.0, 1]] * 2), np.asarray([[2.0, 2]] * 2)
    parallel = loss(ones, twos, labels=np.asarray([1, 0]), kind="cosine", margin=0.5).array
    assert parallel.tolist() == pytest.approx([0.0, 0.5], abs=1e-15)
    # d = sqrt 2, past the margin of 1
    squares = loss(ones, twos, labels=np.asarray([1, 0]), kind="contrastive").array
    assert squares.tolist() == pytest.approx([2, 0], abs=1e-12)
    far = loss(np.asarray([[0, 1, 0, 9, 1]]), np.asarray([[3, 0, 0, 9, 0]]), kind="cosine-distance").summary["loss"]
    assert far == pytest.approx(0.0628163, abs=1e-7)


@pytest.mark.parametrize("margin", [-1.0, -0.25, 0.0, 0.5, 1.0])
def test_cosine_embedding_is_that_of_torch(margin):
    x, y = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 64, 5)))
    labels = torch.from_numpy(np.resize([1, -1, -1], 64))
    expected = torch.nn.functional.cosine_embedding_loss(x, y, labels, margin=margin, reduction="none")
    ours = cosine_embedding(metrics.cosine(x, y), labels, margin=margin)
    torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)


def test_contrastive_pairs_rest_at_the_margin(xp):
    distances, labels = xp.array([0.0, 0.5, 1.0, 2.0] * 2), xp.array([1] * 4 + [0] * 4)
    # d^2, then max(0, 1 - d)^2
    expected = [0, 0.25, 1, 4, 1, 0.25, 0, 0]
    assert np.asarray(contrastive(distances, labels)).tolist() == expected
    assert np.asarray(cosine_distance(distances)).tolist() == [1, 0.5, 0, -1] * 2


@pytest.mark.parametrize("labels", [[1, 0], [1, -1], [True, False], [1.0, 0.0]])
def test_every_convention_of_labels_is_the_same(xp, labels):
    values = xp.array([0.75, 0.75])
    assert np.asarray(cosine_embedding(values, xp.array(labels), margin=0.5)).tolist() == [0.25, 0.25]
    assert np.asarray(contrastive(values, xp.array(labels))).tolist() == [0.5625, 0.0625]


@pytest.mark.parametrize("function", [contrastive, cosine_embedding])
def test_a_loss_refuses_what_is_not_a_binary_label_per_pair(xp, function):
    values = xp.array([0.5, 0.5])
    for labels in ([1.0, 0.5], [2, 1], [float("nan"), 1.0]):
        with pytest.raises(LabelError, match="not binary"):
            function(values, xp.array(labels))
    with pytest.raises(ShapeError, match=r"\(2, 1\)"):
        function(values, xp.array([[1], [0]]))
    for margin in (-1.5, float("nan")):
        with pytest.raises(ParameterError, match="margin is"):
            function(values, xp.array([1, 0]), margin=margin)


def losses_of(kind, labels):
    def contrast(x, y):
        return contrastive(metrics.euclidean(x, y), labels, margin=2.0)

    def embed(x, y):
        return cosine_embedding(metrics.cosine(x, y), labels, margin=-0.9)

    return {
        "contrastive": contrast,
        "cosine": embed,
        "distance": lambda x, y: cosine_distance(metrics.cosine(x, y)),
    }[kind]


@pytest.mark.parametrize("kind", ["contrastive", "cosine", "distance"])
def test_gradients_are_central_differences(kind):
    x, y = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 6, 3))).requires_grad_(True)
    assert torch.autograd.gradcheck(losses_of(kind, torch.tensor([1, 0, 1, 0, 0, 1])), (x, y))


def gradients(function, x, y):
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x, y))
    function(x, y).sum().backward()
    return x.grad.flatten().tolist(), y.grad.flatten().tolist()


def test_gradients_at_special_places():
    similar, apart = torch.tensor([1]), torch.tensor([0])
    # the loss is 1 - s, and s has [.24, -.12], [-.12, .24]
    x, y = gradients(losses_of("cosine", similar), [[1.0, 2.0]], [[2.0, 1.0]])
    assert x == pytest.approx([-0.24, 0.12], abs=1e-15)
    assert y == pytest.approx([0.12, -0.24], abs=1e-15)
    for labels in (similar, apart):
        # a zero row has no direction; equal rows have no line between them
        assert gradients(losses_of("cosine", labels), [[0.0, 0.0]], [[2.0, 1.0]]) == ([0, 0], [0, 0])
        assert gradients(losses_of("contrastive", labels), [[2.0, 1.0]], [[2.0, 1.0]]) == ([0, 0], [0, 0])
    # nothing active: zero, not NaN
    assert gradients(losses_of("contrastive", apart), [[9.0, 0.0]], [[-9.0, 0.0]]) == ([0, 0], [0, 0])


def test_when_nothing_is_active_it_says_so():
    a, b = np.asarray([[5.0, 0], [0, 5]]), np.asarray([[-5.0, 0], [0, -5]])
    result = loss(a, b, labels=np.asarray([0, 0]), kind="contrastive", reduction="active-mean")
    assert (result.summary["loss"], result.summary["active"]) == (0.0, 0)
    assert "nothing can be learnt" in result.notes[-1]
    active = loss(a, b, labels=np.asarray([0, 1]), kind="contrastive")
    assert not any("nothing can be learnt" in note for note in active.notes)


def test_the_rows_say_what_the_loss_does():
    a, b = np.eye(2)[[0, 0, 0, 0]], np.asarray([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    ids = np.asarray(["p", "q", "r", "s"])
    result = loss(with_ids(as_vectors(a), ids), b, labels=np.asarray([1, 1, 0, 0]), kind="cosine")
    columns = {name: column.tolist() for name, column in result.rows.columns.items()}
    assert columns["id"] == ["p", "q", "r", "s"]
    assert columns["label"] == [1, 1, 0, 0]
    assert columns["similarity"] == [1, 0, 1, 0]
    assert columns["loss"] == [0, 1, 0.5, 0]
    assert columns["active"] == [False, True, True, False]
    rest, pulled, pushed, past = columns["meaning"]
    assert (rest.endswith("at rest"), "pulled" in pulled, "pushed" in pushed, "past the margin" in past) == (True,) * 4
    assert "distance" in loss(a, b, labels=np.asarray([1, 1, 0, 0]), kind="contrastive").rows.names
    assert loss(a, b, kind="cosine-distance").rows.names == ("id", "similarity", "loss", "active", "meaning")


def test_top_lists_the_largest_losses_first():
    a, b = np.zeros((5, 1)), np.asarray([[1.0], [3], [2], [3], [0]])
    columns = loss(a, b, labels=np.ones(5), kind="contrastive", top=3).rows.columns
    assert columns["id"].tolist() == [1, 3, 2]
    assert columns["loss"].tolist() == [9, 9, 4]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite(bad):
    rows = np.asarray([[1.0, 2], [bad, 1], [2, 1]])
    broken = with_ids(as_vectors(rows, "my.npy"), np.asarray(["ant", "bee", "cat"]))
    good, labels = np.ones((3, 2)), np.asarray([1, 1, 0])
    for sides in ((broken, good), (good, broken)):
        with pytest.raises(DataError, match=r"row 1 \(id 'bee'\) of 3 holds NaN or infinity"):
            loss(*sides, labels=labels, kind="cosine")
        kept = loss(*sides, labels=labels, kind="cosine", nonfinite="propagate")
        assert np.isnan(kept.array).tolist() == [False, True, False]
        assert kept.summary["loss"] is kept.summary["total"] is kept.summary["mean"] is None
        left = loss(*sides, labels=labels, kind="cosine", nonfinite="drop")
        assert left.array.tolist() == kept.array[[0, 2]].tolist()
        assert left.rows.columns["id"].tolist() == ["ant", "cat"]
        assert (left.summary["items"], left.summary["positives"], left.summary["negatives"]) == (2, 1, 1)
        assert any(note.startswith("1 pair not finite, left out: row 1") for note in left.notes)
    with pytest.raises(DataError, match="rows 0, 1, 2 of 3 hold NaN"):
        loss(np.full((3, 2), bad), good, labels=labels, kind="cosine", nonfinite="drop")


@pytest.mark.parametrize("size", [1e200, 1e154])
def test_a_loss_that_leaves_float64_is_an_error(size):
    a = np.full((200, 1), size)
    with pytest.raises(DataError, match="leaves the range of float64"):
        loss(a, -a, labels=np.ones(200), kind="contrastive")


@pytest.mark.parametrize(
    ("shapes", "labels", "options", "error", "what"),
    [
        (((2, 3), (2, 3)), None, {}, LabelError, "needs one binary label per pair"),
        (((2, 3), (2, 3)), [1, 0.5], {}, LabelError, "row 1 has label 0.5"),
        (((2, 3), (2, 3)), [[1], [0]], {}, LabelError, "in one dim"),
        (((2, 3), (2, 3)), [1], {}, LabelError, "2 pairs, 1 labels"),
        (((2, 3), (2, 3)), [1, 0], {"kind": "cosine-distance"}, LabelError, "takes no labels"),
        (((2, 3), (2, 3)), [1, 0], {"kind": "contrastiv"}, ParameterError, "unknown loss 'contrastiv'"),
        (((2, 3), (2, 3)), [1, 0], {"margin": 2.0}, ParameterError, "margin is 2.0"),
        (((2, 3), (2, 3)), [1, 0], {"margin": float("nan")}, ParameterError, "margin is nan"),
        (((2, 3), (2, 3)), None, {"kind": "cosine-distance", "margin": 1.0}, ParameterError, "has no margin"),
        (((2, 3), (2, 3)), [1, 0], {"reduction": "avg"}, ParameterError, "unknown value 'avg'"),
        (((2, 3), (2, 3)), [1, 0], {"top": 0}, ParameterError, "top is 0"),
        (((2, 3), (3, 3)), [1, 0], {}, ShapeError, "A has 2 rows and B has 3"),
        (((2, 3), (2, 4)), [1, 0], {}, ShapeError, "differ in length: 3 in A, 4 in B"),
        (((2, 3), (1, 3)), [1, 0], {}, ShapeError, "A has 2 rows and B has 1"),
        (((3,), (3,)), [1], {}, ShapeError, "expected one vector per row"),
        (((0, 3), (0, 3)), [], {}, ShapeError, "the input is empty"),
    ],
)
def test_what_is_refused(shapes, labels, options, error, what):
    a, b = (np.ones(shape) for shape in shapes)
    with pytest.raises(error, match=what):
        loss(a, b, labels=None if labels is None else np.asarray(labels), **{"kind": "cosine", **options})


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("kind", KINDS[:3])
def test_a_gpu_gives_the_same_losses(kind):
    a, b = np.random.default_rng(0).normal(size=(2, 300, 64)).astype("f4")
    labels = np.resize([1, 0, 0], 300)
    gpu = loss(a, b, labels=labels, kind=kind, device="cuda").array
    np.testing.assert_allclose(gpu, loss(a, b, labels=labels, kind=kind).array, atol=1e-12)
