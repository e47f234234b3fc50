"""What the losses are functions of, against scipy, torch and float64 loops."""

from math import sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.spatial import distance
from trials import central, gradients, items

from simtool.catalogue import names
from simtool.losses.graded import angle_similarity
from simtool.losses.numerics import unit_rows
from simtool.scoring import row_distances
from simtool.scoring.distances import DERIVED, distance_of, of_all, of_pairs


def unit(x):
    return x / sqrt(sum(v * v for v in x))


REFERENCE = {
    "cosine": lambda x, y: 1 - distance.cosine(x, y),
    "dot": np.dot,
    "euclidean": distance.euclidean,
    "sqeuclidean": distance.sqeuclidean,
    "manhattan": distance.cityblock,
    "cosine-distance": distance.cosine,
    "unit-euclidean": lambda x, y: distance.euclidean(unit(x), unit(y)),
    "shifted-euclidean": lambda x, y: sqrt(sum((a - b + 1e-6) ** 2 for a, b in zip(x, y, strict=True))),
    "angle": lambda x, y: angle_similarity(x[None], y[None])[0],
}
WHOLE = ("cosine", "dot", "euclidean", "sqeuclidean", "cosine-distance", "unit-euclidean")


def test_every_derived_score_has_a_reference():
    assert {each.name for each in DERIVED} <= set(REFERENCE)


@pytest.mark.parametrize("metric", REFERENCE)
def test_pairs_are_those_of_the_reference(xp, metric):
    x, y = np.random.default_rng(0).normal(size=(2, 20, 6))
    expected = [REFERENCE[metric](a, b) for a, b in zip(x, y, strict=True)]
    assert_allclose(items(lambda a, b: of_pairs(metric, a, b), xp, x, y), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("metric", WHOLE)
def test_all_rows_with_all_rows_are_those_of_the_reference(xp, metric):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(7, 4)) + 100.0, rng.normal(size=(5, 4)) + 100.0
    expected = [[REFERENCE[metric](a, b) for b in y] for a in x]
    assert_allclose(items(lambda a, b: of_all(metric, a, b), xp, x, y), expected, rtol=1e-9, atol=1e-9)


def test_the_shifted_distance_is_torchs():
    x, y = torch.from_numpy(np.random.default_rng(2).normal(size=(2, 30, 5)))
    y[0] = x[0]
    theirs = torch.nn.functional.pairwise_distance(x, y)
    torch.testing.assert_close(of_pairs("shifted-euclidean", x, y), theirs, atol=0, rtol=1e-13)
    assert of_pairs("shifted-euclidean", x, y)[0].item() == pytest.approx(1e-6 * sqrt(5), rel=1e-9)
    assert of_pairs("shifted-euclidean", y, x)[1] != of_pairs("shifted-euclidean", x, y)[1]


def test_places_where_peers_go_wrong(xp):
    big, tiny = [[3e200, 4e200]], [[3e-200, 4e-200]]

    def score(metric, x, y, **options):
        return items(lambda a, b: of_pairs(metric, a, b, **options), xp, x, y)[0]

    assert score("cosine-distance", big, big) == 0
    assert score("unit-euclidean", big, [[0.6, 0.8]]) == pytest.approx(0, abs=1e-15)
    assert score("unit-euclidean", tiny, big, eps=0.0) == pytest.approx(0, abs=1e-15)
    # below eps a row is short, not long
    assert score("unit-euclidean", [[1e-9, 0.0]], [[0.0, 0.0]]) == pytest.approx(0.1, rel=1e-12)
    assert score("cosine-distance", [[0.0, 0.0]], [[1.0, 1.0]]) == 1
    assert score("unit-euclidean", [[0.0, 0.0]], [[3.0, 4.0]]) == pytest.approx(1, rel=1e-15)
    assert score("euclidean", [[512695.0]], [[512804.0]]) == 109
    together = items(lambda a, b: of_all("euclidean", a, b), xp, [[512695.0], [512696.0]], [[512804.0], [512803.0]])
    assert together.tolist() == [[109, 108], [108, 107]]


rng = np.random.default_rng(5)
SPREAD = {
    "one cluster": rng.normal(size=(24, 5)),
    "far from the origin": rng.normal(size=(24, 5)) + 1e6,
    "two clusters": rng.normal(size=(24, 5)) + 1e6 * np.repeat([0, 1], 12)[:, None],
    "near each other and far": rng.normal(size=(24, 5)) * 10.0 ** np.repeat([-12, -6, 0, 3], 6)[:, None],
    "huge and tiny": rng.normal(size=(24, 5)) * 10.0 ** np.repeat([-150, -9, 100, 250], 6)[:, None],
    "whole numbers": rng.integers(-9, 9, size=(24, 5)).astype(float),
    "one number": rng.normal(size=(24, 1)),
    "wide": rng.normal(size=(12, 700)) + 3.0,
}


@pytest.mark.parametrize("case", SPREAD)
@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean"])
def test_all_distances_are_those_of_the_differences(metric, case, xp, monkeypatch):
    monkeypatch.setattr(row_distances, "GATHERED", 35)  # numbers: several pieces
    x = SPREAD[case] * (1e-3 if metric == "sqeuclidean" and case == "huge and tiny" else 1.0)
    x[1] = x[0]
    apart = np.abs(x[:, None, :] - x[None, :, :]).astype(np.longdouble)
    expected = (apart**2).sum(axis=-1) if metric == "sqeuclidean" else np.sqrt((apart**2).sum(axis=-1))
    with np.errstate(over="ignore"):
        found = items(lambda a: of_all(metric, a, a), xp, x)
        assert_allclose(found, expected.astype(float), rtol=4 * 2.0**-52, atol=0)


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "unit-euclidean"])
def test_gradients_of_close_rows_are_those_of_the_differences(metric):
    x = np.asarray([[0.0, 1.0], [3.0, 1.0], [1e7, 0.0], [1e7 + 3, 4.0], [1e7, 0.0]])
    weights = torch.from_numpy(np.random.default_rng(6).random((5, 5)))
    (found,) = gradients(lambda a: weights * of_all(metric, a, a), x)
    pairs = [(i, j) for i in range(5) for j in range(5)]
    first, second = map(list, zip(*pairs, strict=True))
    (expected,) = gradients(lambda a: weights.ravel() * of_pairs(metric, a[first], a[second]), x)
    assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("metric", "x", "y", "expected"),
    [
        ("angular", [[1, 2], [1, 2], [1, 2], [0, 0]], [[3, 6], [-1, -2], [2, 1], [1, 2]], [True, True, False, False]),
        ("euclidean", [[1, 2], [1, 2]], [[1, 2], [2, 1]], [True, False]),
        ("unit-euclidean", [[1, 2], [1, 2]], [[2, 4], [2, 1]], [True, False]),
        ("manhattan", [[1, 2], [1, 2]], [[1, 2], [2, 1]], [True, False]),
        ("angle", [[1, 0], [1, 2]], [[1, 1], [1, 2]], [True, False]),
        ("sqeuclidean", [[1, 2], [1, 2]], [[1, 2], [2, 1]], [False, False]),
        ("cosine-distance", [[1, 2], [1, 2]], [[1, 2], [2, 1]], [False, False]),
    ],
)
def test_which_scores_have_no_derivative(metric, x, y, expected):
    scores = of_pairs(metric, np.asarray(x, float), np.asarray(y, float))
    kinks = distance_of(metric).without_slope(scores)
    assert kinks.tolist() == expected
    found = gradients(lambda a, b: of_pairs(metric, a, b), x, y)
    assert np.isfinite(found).all()
    if metric != "angle":
        assert not found[0][kinks].any()


@pytest.mark.parametrize("metric", REFERENCE)
def test_gradients_are_central_differences(metric):
    x, y = np.random.default_rng(3).normal(size=(2, 4, 6))
    assert central(lambda a, b: of_pairs(metric, a, b), x, y)


@pytest.mark.parametrize("metric", WHOLE)
def test_gradients_of_all_rows_are_central_differences(metric):
    x, y = np.random.default_rng(4).normal(size=(2, 3, 4))
    assert central(lambda a, b: of_all(metric, a, b), x, y)


@pytest.mark.parametrize("metric", ["cosine", "cosine-distance", "angle"])
def test_a_zero_row_has_no_gradient_in_a_cosine(metric):
    zero, other = [[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]]
    for found in gradients(lambda a, b: of_pairs(metric, a, b), zero, other):
        assert found.tolist() == [[0, 0]] * 2
    if metric in WHOLE:
        x, _ = gradients(lambda a, b: of_all(metric, a, b), zero, other)
        assert x.tolist() == [[0, 0]] * 2


@pytest.mark.parametrize("metric", ["euclidean", "unit-euclidean", "sqeuclidean", "manhattan"])
def test_gradients_at_distance_0_and_at_zero_rows_are_finite(metric):
    rows, zero = [[1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0]] * 2
    for found in gradients(lambda a, b: of_pairs(metric, a, b), rows, rows):
        assert found.tolist() == zero
    for found in gradients(lambda a, b: of_pairs(metric, a, b), rows, zero):
        assert np.isfinite(found).all()
    x, _ = gradients(lambda a, b: of_pairs("unit-euclidean", a, b), zero, rows)
    assert x.tolist() == zero


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 6), d=st.integers(1, 8), power=st.integers(-100, 100))
def test_unit_rows_are_as_long_as_they_say(seed, n, d, power):
    x = np.random.default_rng(seed).normal(size=(n, d)) * 10.0**power
    found = unit_rows(x, eps=0.0)
    assert_allclose(np.linalg.norm(found, axis=1), np.ones(n), rtol=1e-14)
    assert_allclose(found * np.abs(x).max(), unit_rows(7.0 * x, eps=0.0) * np.abs(x).max(), rtol=1e-14)
    assert_allclose(unit_rows(found), found, rtol=1e-14)
    assert unit_rows(np.zeros((n, d))).tolist() == np.zeros((n, d)).tolist()


@pytest.mark.parametrize(
    "name", [*sorted(set(names("metric")) - {"hamming", "minkowski"}), *(each.name for each in DERIVED)]
)
def test_a_distance_obeys_its_laws_and_no_others(name):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 5, 6))
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    scores = of_pairs(name, x, y)
    seen = {
        "scale-invariant": of_pairs(name, 3.0 * x, 0.25 * y),
        "rotation-invariant": of_pairs(name, x @ turn, y @ turn),
    }
    assert {law: law in distance_of(name).laws for law in seen} == {
        law: np.allclose(scores, others, rtol=1e-5) for law, others in seen.items()
    }
