"""Projections against plain numpy, and the closed forms against their definitions."""

import numpy as np
import pytest
import torch

import simtool
from simtool.errors import DataError, ParameterError
from simtool.fitting.heads import Head, check_head, output_dtype, principal_axes, start_of, weight_of, whitening

ROWS = np.random.default_rng(5).standard_normal((200, 6)) @ np.diag([5.0, 3.0, 2.0, 1.0, 0.5, 0.1]) + 4.0


def test_a_linear_head_is_a_product():
    weight = np.random.default_rng(0).standard_normal((3, 6))
    rows = ROWS.astype(np.float32)
    found = Head("linear", weight).project(rows)
    assert found.dtype == np.float32
    assert np.array_equal(found, (rows.astype(np.float64) @ weight.T).astype(np.float32))


@pytest.mark.parametrize("rank", [2, 6])
def test_whitening_gives_the_identity_as_covariance(rank):
    found = whitening(ROWS, rank, exactly=True, where="rows").project(ROWS)
    assert np.abs(found.mean(axis=0)).max() < 1e-12
    assert np.allclose(np.cov(found.T, bias=True), np.eye(rank), atol=1e-9)


def test_whitening_keeps_only_what_varies():
    rows = np.column_stack([ROWS[:, :2], ROWS[:, 0] + ROWS[:, 1]])
    assert whitening(rows, 3, exactly=False, where="rows").rank == 2
    with pytest.raises(DataError, match="vary along 2 directions, and 3 are to be whitened"):
        whitening(rows, 3, exactly=True, where="rows")
    with pytest.raises(DataError, match="vary along 0 directions"):
        whitening(np.ones((5, 2)), 2, exactly=False, where="rows")


def test_principal_axes_are_those_of_the_singular_value_decomposition():
    variances, axes, mean = principal_axes(ROWS)
    _, singular, directions = np.linalg.svd(ROWS - ROWS.mean(axis=0), full_matrices=False)
    assert np.allclose(variances, singular**2 / len(ROWS))
    assert np.allclose(np.abs(np.sum(axes * directions, axis=1)), 1.0)
    assert np.allclose(mean, ROWS.mean(axis=0))
    assert (axes[np.arange(6), np.abs(axes).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize(("rank", "init"), [(2, "identity"), (4, "pca"), (6, "identity")])
def test_a_head_starts_as_it_says(rank, init):
    found = start_of("low-rank", rank, init, ROWS)
    wanted = np.eye(rank, 6) if init == "identity" else principal_axes(ROWS)[1][:rank]
    assert np.array_equal(found, wanted)


def test_an_orthogonal_weight_is_orthogonal_wherever_its_parameter_is_and_starts_there():
    start = start_of("orthogonal", 3, "pca", ROWS)
    assert np.allclose(weight_of("orthogonal", torch.from_numpy(start)).numpy(), start)
    moved = torch.from_numpy(start + np.random.default_rng(1).standard_normal(start.shape))
    weight = weight_of("orthogonal", moved).numpy()
    assert np.allclose(weight @ weight.T, np.eye(3))
    assert not np.allclose(np.abs(weight), np.abs(start), atol=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("line", None, None), "unknown value 'line'"),
        (("linear", 3, None), "a linear head keeps all 6 dims"),
        (("low-rank", None, None), "needs the number of dims"),
        (("low-rank", 7, None), "rank is 7, and the vectors have 6 dims"),
        (("low-rank", 0, None), "rank is 0"),
        (("linear", None, "noise"), "unknown value 'noise'"),
        (("diagonal", None, "pca"), "cannot turn the space"),
    ],
)
def test_heads_that_make_no_sense(arguments, message):
    with pytest.raises(ParameterError, match=message):
        check_head(*arguments, 6)


def test_defaults():
    assert check_head("linear", None, None, 6) == (6, "identity")
    assert check_head("low-rank", 2, None, 6) == (2, "pca")
    assert check_head("orthogonal", None, None, 6) == (6, "identity")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("float16", "float32"), ("float32", "float32"), ("float64", "float64"), ("int8", "float32"), ("int32", "float64")],
)
def test_float32_stays_float32(given, wanted):
    assert output_dtype(np.dtype(given)) == np.dtype(wanted)


N, D = 60, 5
A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
LABELS = np.arange(N) % 2


def test_a_random_start_leaves_the_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    simtool.fit(A, B, kind="cosine", labels=LABELS, init="random", head_bias=True, held_out=0, epochs=1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"head": "diagonal", "init": "random"}, "a diagonal head cannot turn the space"),
        ({"head": "whiten", "kind": None, "head_bias": True}, "it has no bias"),
        ({"init": "random", "seed": 2**64}, "expected at most 9,223,372,036,854,775,807"),
    ],
)
def test_starts_that_mean_nothing_are_refused(options, what):
    with pytest.raises(ParameterError, match=what):
        simtool.fit(A, B, **{"kind": "cosine", "labels": LABELS, **options})


@pytest.mark.parametrize("head", ["orthogonal", "diagonal", "low-rank"])
def test_a_head_keeps_its_shape(head):
    rank = None if head == "diagonal" else 3
    found = simtool.fit(A, B, kind="cosine", labels=LABELS, head=head, rank=rank, lr=0.3, epochs=5).array
    assert found.shape == ((D,) if head == "diagonal" else (3, D))
    if head == "orthogonal":
        assert np.allclose(found @ found.T, np.eye(3))
