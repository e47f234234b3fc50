"""The metrics on aligned vectors, against the cases of the numerics page, scipy and central differences."""

from math import acos, pi, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import distance

from simtool import metrics
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.metrics import magnitude, metric_of

METRICS = {
    "cosine": metrics.cosine,
    "angular": metrics.angular,
    "dot": metrics.dot,
    "euclidean": metrics.euclidean,
    "sqeuclidean": metrics.sqeuclidean,
    "manhattan": metrics.manhattan,
}
SCIPY = {
    "cosine": lambda x, y: 1 - distance.cosine(x, y),
    "angular": lambda x, y: acos(np.clip(1 - distance.cosine(x, y), -1, 1)) / pi,
    "dot": np.dot,
    "euclidean": distance.euclidean,
    "sqeuclidean": distance.sqeuclidean,
    "manhattan": distance.cityblock,
}
EPS_ZERO = {"cosine": {"eps": 0.0}, "angular": {"eps": 0.0}}

# x, y, dtype and cosine: the rows of the numerics page, worked out by hand
CASES = [
    ([1, 2, 3], [4, 5, 6], "f4", 32 / sqrt(14 * 77)),
    ([0, 1, 0, 9, 1], [3, 0, 0, 9, 0], "f4", 81 / sqrt(83 * 90)),
    ([1e20, 2e20], [1e20, 2e20], "f4", 1.0),
    ([1e200, 2e200], [1e200, 2e200], "f8", 1.0),
    ([1e20, 2e20], [2e20, 1e20], "f4", 0.8),
    ([1e200, 2e200], [2e200, 1e200], "f8", 0.8),
    ([1e308, 1e308], [1e308, -1e308], "f8", 0.0),
    ([200, 100], [100, 200], "u1", 0.8),
    ([-128, 127], [127, -128], "i1", -2 * 128 * 127 / (128**2 + 127**2)),
    ([0, 0, 0, 0], [1, 1, 1, 1], "f4", 0.0),
    ([0, 0], [0, 0], "f8", 0.0),
    ([1e-9, 0], [1e-9, 0], "f4", 0.01),
    ([1e-200, 0], [1e-200, 0], "f8", 0.0),
]


@pytest.mark.parametrize(("x", "y", "dtype", "expected"), CASES)
def test_cosine_is_the_documented_formula(xp, x, y, dtype, expected):
    score = metrics.cosine(xp.array(x, dtype), xp.array(y, dtype))
    assert float(score) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(("scale", "dtype"), [(1e-9, "f4"), (1e-30, "f4"), (1e-200, "f8"), (5e-324, "f8")])
def test_without_eps_tiny_vectors_score_as_large_ones(xp, scale, dtype):
    x = xp.array([scale, 0], dtype)
    assert float(metrics.cosine(x, x, eps=0.0)) == 1.0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, np.float16], ids=str)
def test_half_precision_is_widened_before_the_sums(dtype):
    make = torch.full if isinstance(dtype, torch.dtype) else np.full
    x, zero = make((2, 4096), 2000.0, dtype=dtype), make((2, 4096), 0.0, dtype=dtype)
    score = metrics.cosine(x, x)
    assert score.tolist() == [1.0, 1.0]
    assert "float32" in str(score.dtype)
    assert metrics.cosine(x, zero).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("x", "y", "result"),
    [("f4", "f4", "f4"), ("f4", "f8", "f8"), ("f8", "f8", "f8"), ("u1", "u1", "f8"), ("i4", "f4", "f8")],
)
def test_the_result_is_float32_only_for_narrow_floats(xp, x, y, result):
    score = metrics.cosine(xp.array([[1, 2]], x), xp.array([[2, 1]], y))
    assert score.dtype == xp.array([0], result).dtype


def test_a_vector_with_itself_is_one_at_most(xp):
    for size in range(1, 85):
        x = xp.array(np.arange(1, size + 1), "f4")
        assert 1 - 1e-7 <= float(metrics.cosine(x, x)) <= 1


def test_shapes_broadcast_before_the_norms(xp):
    x = xp.array([[[1], [2]], [[3], [4]]], "f4")
    y = xp.array([[[1, 2, 3]], [[4, 5, 6]]], "f4")
    score = np.asarray(metrics.cosine(x, y, dim=2))
    np.testing.assert_allclose(score, [[6 / sqrt(42)] * 2, [15 / sqrt(231)] * 2], atol=1e-7)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_the_axis_is_the_one_that_goes(xp, axis):
    x, y = np.random.default_rng(axis + 3).normal(size=(2, 3, 4, 5))
    score = np.asarray(metrics.dot(xp.array(x), xp.array(y), dim=axis))
    np.testing.assert_allclose(score, (x * y).sum(axis=axis), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(1, 60), power=st.integers(-3, 3))
def test_every_metric_agrees_with_scipy(metric, seed, width, power):
    x, y = np.random.default_rng(seed).normal(size=(2, width)) * 10.0**power
    expected = SCIPY[metric](x, y)
    loose = 1e-7 if metric == "angular" else 1e-12  # arccos near 1 turns 1e-16 into 1e-8
    for make in (np.asarray, torch.from_numpy):
        assert float(METRICS[metric](make(x), make(y), **EPS_ZERO.get(metric, {}))) == pytest.approx(
            expected, rel=loose, abs=loose
        )


def test_euclidean_distances_do_not_cancel_overflow_or_vanish(xp):
    def between(x, y, dtype):
        return float(metrics.euclidean(xp.array([x], dtype), xp.array([y], dtype)))

    assert between(512695, 512804, "f4") == 109
    assert between(-3e200, 1e200, "f8") == pytest.approx(4e200, rel=1e-15)
    assert between(3e-200, 1e-200, "f8") == pytest.approx(2e-200, rel=1e-15)
    assert between(0, 1e-200, "f8") == 1e-200
    assert between(0, 0, "f8") == 0


def test_a_zero_vector_is_at_a_right_angle(xp):
    assert float(metrics.angular(xp.array([0.0, 0.0]), xp.array([1.0, 0.0]))) == 0.5


def test_nan_stays_nan(xp):
    x = xp.array([[np.nan, 1.0], [1.0, 1.0]])
    for function in METRICS.values():
        assert np.isnan(np.asarray(function(x, xp.array([1.0, 2.0])))).tolist() == [True, False]


@pytest.mark.parametrize("value", [0.0, 1.0, 0.75, 2.0**66, 1e200, 1e-200, 5e-324, -3.0])
def test_magnitude_is_a_power_of_two_near_the_largest_number(xp, value):
    scale = float(magnitude(xp.array([value, 0.0])))
    assert np.frexp(scale)[0] == 0.5
    if abs(value) > 2.0**-1000:
        assert 1 <= abs(value) / scale < 2
    else:  # so that zeros hide no other row where two are merged
        assert scale == 2.0**-1000


def test_what_is_refused(xp):
    x = xp.array([[1.0, 2.0]])
    with pytest.raises(DataError, match="bool"):
        metrics.cosine(x, xp.array([[True, False]]))
    with pytest.raises(DataError, match="complex"):
        metrics.cosine(x, xp.array([[1j, 2j]]))
    with pytest.raises(ShapeError, match=r"\(1, 2\) and \(1, 3\) do not broadcast"):
        metrics.cosine(x, xp.array([[1.0, 2.0, 3.0]]))
    with pytest.raises(ShapeError, match="dim 2 is out of range for 2 dims"):
        metrics.cosine(x, x, dim=2)
    with pytest.raises(ShapeError, match="the vectors are empty"):
        metrics.cosine(xp.array(np.zeros((2, 0))), xp.array(np.zeros((2, 0))))
    for eps in (-1e-8, float("nan")):
        with pytest.raises(ParameterError, match="expected at least 0"):
            metrics.cosine(x, x, eps=eps)


def test_arguments_are_not_changed(xp):
    x, y = xp.array([[1.0, 2.0], [0.0, 0.0]]), xp.array([[1e200, 2.0], [3.0, 4.0]])
    for function in METRICS.values():
        if function not in (metrics.dot, metrics.sqeuclidean):
            function(x, y)
    assert (np.asarray(x).tolist(), np.asarray(y).tolist()) == ([[1, 2], [0, 0]], [[1e200, 2], [3, 4]])


def gradients(function, x, y):
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x, y))
    function(x, y).sum().backward()
    return x.grad.tolist(), y.grad.tolist()


def test_the_gradient_of_cosine_is_that_of_the_formula():
    # d cos / dx = y / |x||y| - cos x / |x|^2, worked out by hand
    x, y = gradients(metrics.cosine, [1.0, 2.0], [2.0, 1.0])
    assert x == pytest.approx([0.24, -0.12], abs=1e-15)
    assert y == pytest.approx([-0.12, 0.24], abs=1e-15)


@pytest.mark.parametrize("metric", METRICS)
def test_gradients_are_central_differences(metric):
    x, y = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 4, 3))).requires_grad_(True)
    assert torch.autograd.gradcheck(METRICS[metric], (x, y))


@pytest.mark.parametrize("function", [metrics.cosine, metrics.angular])
@pytest.mark.parametrize(("x", "y"), [([0.0, 0.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 0.0]), ([0.0, 0.0], [0.0, 0.0])])
def test_the_gradient_at_a_zero_row_is_zero(function, x, y):
    assert gradients(function, x, y) == ([0, 0], [0, 0])


@pytest.mark.parametrize("times", [1.0, 3.0, 1e200, -1.0, -0.7])
def test_the_gradient_of_an_angle_at_its_ends_is_zero(times):
    x = np.asarray([[1.0, 2.0, 3.0], [0.1, 0.2, -0.3]])
    assert gradients(metrics.angular, x, times * x) == ([[0, 0, 0]] * 2, [[0, 0, 0]] * 2)
    ends = metrics.angular(torch.from_numpy(x), torch.from_numpy(times * x))
    assert ends.tolist() == pytest.approx([float(times < 0)] * 2, abs=1e-7)


def test_an_angle_near_its_end_has_the_gradient_of_the_formula():
    # of unit rows at the angle t, d angle / dx = -(y - x cos t) / (pi sin t), worked out by hand
    for t in (1e-4, pi - 1e-4):
        x, y = np.asarray([1.0, 0.0]), np.asarray([np.cos(t), np.sin(t)])
        assert gradients(metrics.angular, x, y)[0] == pytest.approx([0, -1 / pi], abs=1e-7)


@pytest.mark.parametrize("x", [[0.0, 0.0], [1.0, 2.0], [1e200, 1e200]])
def test_the_gradient_of_a_distance_at_zero_is_zero(x):
    assert gradients(metrics.euclidean, x, x) == ([0, 0], [0, 0])


def test_the_gradient_of_a_large_cosine_is_finite():
    x, y = gradients(metrics.cosine, [1e200, 2e200], [2e200, 1e200])
    assert x == pytest.approx([0.24e-200, -0.12e-200])
    assert y == pytest.approx([-0.12e-200, 0.24e-200])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("metric", METRICS)
def test_a_gpu_gives_the_same_scores(metric):
    x, y = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 50, 384)))
    score = METRICS[metric](x.cuda(), y.cuda())
    assert score.is_cuda
    torch.testing.assert_close(score.cpu(), METRICS[metric](x, y), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["cosine", "angular", "dot", "euclidean", "sqeuclidean"])
@pytest.mark.parametrize("eps", [1e-8, 5.0])
def test_float32_rows_of_moderate_length_score_as_wide_ones(name, eps):
    x, y = (torch.randn(6, 40, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    metric = metrics.metric_of(name, eps=eps)
    torch.testing.assert_close(metric.exact(x, y), metric.exact(x.double(), y.double()), rtol=1e-5, atol=1e-7)


def test_lists_scalars_of_other_libraries_and_byte_orders_give_the_same_numbers():
    x, y = np.random.default_rng(5).normal(size=(2, 4, 3))
    expected = [SCIPY["cosine"](a, b) for a, b in zip(x, y, strict=True)]
    forms = [(x.tolist(), y.tolist()), (x.astype(">f8"), y.astype(">f8")), (torch.tensor(x), y), (list(x), list(y))]
    for given_x, given_y in forms:
        found = np.asarray(metrics.cosine(given_x, given_y))
        assert found.dtype == np.float64
        assert found.tolist() == pytest.approx(expected, rel=1e-12)
    assert metrics.cosine([1, 2, 3], [4, 5, 6]) == pytest.approx(0.974631846, abs=1e-9)


@pytest.mark.parametrize("dim", [None, "a", 1.0, (0, 1)])
def test_a_dim_is_one_whole_number(dim):
    with pytest.raises(ParameterError, match="expected a whole number"):
        metrics.cosine(np.eye(2), np.eye(2), dim=dim)


def test_a_metric_goes_by_its_aliases():
    assert metrics.l2([0.0, 0.0], [3.0, 4.0]) == 5
    assert metrics.inner_product([1.0, 2.0], [3.0, 4.0]) == 11


def test_large_float32_rows_have_a_cosine_and_a_gradient():
    x = torch.tensor([[1e20, 2e20], [1e-30, 0.0]], requires_grad=True)
    y = torch.tensor([[2e20, 1e20], [1e-30, 0.0]])
    found = metrics.metric_of("cosine").exact(x, y)
    assert found.tolist() == pytest.approx([0.8, 1e-44], abs=1e-7)
    found.sum().backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("name", ["cosine", "euclidean", "sqeuclidean", "angular", "correlation", "manhattan", "dot"])
@pytest.mark.parametrize("eps", [0.0, 3.0])
def test_scores_with_pulls_are_those_of_float64_and_move_as_these(name, eps):
    x, y = torch.randn(2, 6, 9, generator=torch.Generator().manual_seed(1))
    metric, wide = metric_of(name, eps=eps), [side.double().requires_grad_() for side in (x, y)]
    found = metric.with_pulls(x, y)
    if name not in ("cosine", "euclidean", "sqeuclidean"):
        assert found is None
        return
    scores, pulls = found
    expected = metric.exact(*wide)
    np.testing.assert_allclose(scores, expected.detach(), rtol=1e-6, atol=1e-7)
    slopes = torch.autograd.grad(expected.sum(), wide)
    x, y = x.numpy(), y.numpy()
    across, of_x, of_y = (each[:, None] for each in (pulls if len(pulls) > 1 else [-pulls[0], pulls[0], pulls[0]]))
    for slope, each in zip(slopes, (across * y + of_x * x, across * x + of_y * y), strict=True):
        np.testing.assert_allclose(each, slope, rtol=1e-5, atol=1e-6)
    assert metric.with_pulls(0 * torch.from_numpy(x), 0 * torch.from_numpy(y)) is None
