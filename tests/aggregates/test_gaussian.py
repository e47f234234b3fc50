"""The Fréchet distance against closed forms and scipy's matrix root."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates import moments
from simtool.aggregates.gaussian import frechet_distance
from simtool.backend import choose_backend
from simtool.errors import DataError, ShapeError

BACKEND = choose_backend()
TORCH = choose_backend("torch")


def by_root(x, y):
    """The formula, with the root of the product that FID code takes."""
    means = [rows.mean(axis=0) for rows in (x, y)]
    covariances = [np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (x, y)]
    shared = np.real(np.trace(scipy.linalg.sqrtm(covariances[0] @ covariances[1])))
    return np.sum((means[0] - means[1]) ** 2), sum(map(np.trace, covariances)) - 2 * shared


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(12, 40), st.integers(12, 40)),
    d=st.integers(1, 9),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1", "u2"]),
    backend=st.sampled_from([BACKEND, TORCH]),
    chunk=st.sampled_from([1, 30, 1 << 20]),
)
def test_it_is_the_formula(seed, sizes, d, dtype, backend, chunk):
    rng = np.random.default_rng(seed)
    x, y = ((rng.normal(size=(n, d)) * 9 + 50).astype(dtype) for n in sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "CHUNK", chunk)
        found = frechet_distance(x, y, backend=backend)
    means, covariances = by_root(x.astype("f8"), y.astype("f8"))
    assert found == pytest.approx((means + covariances, means, covariances), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("n", [5, 40])
def test_normal_distributions_with_shared_axes_have_a_closed_form(n):
    # rows +-a_i along d axes: mean 0, and the covariance is diagonal; n < d and n > d
    d = 2 * n
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.normal(size=(d, d)))[0][:n]
    widths, others = rng.uniform(1, 5, (2, n))
    x, y = (np.concatenate([side[:, None] * turned, -side[:, None] * turned]) for side in (widths, others))
    variances, other_variances = (2 * side**2 / (2 * n - 1) for side in (widths, others))
    expected = np.sum((np.sqrt(variances) - np.sqrt(other_variances)) ** 2)
    shift = rng.normal(size=d)
    found = frechet_distance(x, y + shift, backend=BACKEND)
    assert found == pytest.approx((expected + shift @ shift, shift @ shift, expected), rel=1e-12)
    few = frechet_distance(x[:n], x[:n] + shift, backend=BACKEND)
    assert few == pytest.approx((shift @ shift, shift @ shift, 0.0), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("shape", [(2, 1), (2, 30), (30, 30), (31, 30), (300, 30)])
@pytest.mark.parametrize("rank", [1, 7, 30])
def test_a_set_is_at_no_distance_from_itself_whatever_its_rank(shape, rank):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1])) * 100
    size = x.var(axis=0).sum()
    assert frechet_distance(x, x, backend=BACKEND).score <= 1e-12 * size
    assert frechet_distance(x, rng.permutation(x), backend=BACKEND).score <= 1e-12 * size
    # the same rows twice in another chunk size: the covariance differs only by its divisor
    n = len(x)
    ratio = np.sqrt(n / (n - 1)) - np.sqrt(2 * n / (2 * n - 1))
    twice = frechet_distance(x, np.concatenate([x, x]), backend=BACKEND).score
    assert twice == pytest.approx(size * ratio**2, abs=1e-11 * size)


def test_covariances_without_common_directions_only_add_up():
    x, y = np.zeros((2, 50, 6))
    x[:, :3], y[:, 3:] = np.random.default_rng(2).normal(size=(2, 50, 3))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    # scipy's root of the product, which is 0 here, is what the rounding of a covariance can spoil
    expected = np.sum(x**2) / 49 + np.sum(y**2) / 49
    assert frechet_distance(x, y, backend=BACKEND).score == pytest.approx(expected, rel=1e-13)


def test_equal_rows_have_no_covariance_to_add():
    x = np.random.default_rng(3).normal(size=(20, 3))
    for n in (2, 20):
        y = np.full((n, 3), 0.1)
        expected = (np.sum((x.mean(axis=0) - 0.1) ** 2), x.var(axis=0, ddof=1).sum())
        assert frechet_distance(x, y, backend=BACKEND)[1:] == pytest.approx(expected, rel=1e-12)
        assert frechet_distance(y, y, backend=BACKEND) == (0.0, 0.0, 0.0)


def test_far_from_the_origin_nothing_cancels():
    x, y = np.random.default_rng(4).normal(size=(2, 500, 4))
    expected = frechet_distance(x, y, backend=BACKEND)
    assert frechet_distance(x + 1e6, y + 1e6, backend=BACKEND) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("n", [3, 200])
def test_mapped_and_sorted_rows_in_small_chunks_give_the_same(n, tmp_path, monkeypatch):
    x, y = np.random.default_rng(5).normal(size=(2, n, 8)).astype("f4")
    np.save(tmp_path / "x.npy", x[np.argsort(x[:, 0])])
    expected = frechet_distance(x, y, backend=BACKEND)
    monkeypatch.setattr(moments, "CHUNK", 16)
    found = frechet_distance(np.load(tmp_path / "x.npy", mmap_mode="r"), y, backend=BACKEND)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [3, 30])
def test_magnitudes_do_not_matter_while_the_distance_is_a_number(n):
    x, y = np.random.default_rng(6).normal(size=(2, n, 5))
    expected = frechet_distance(x, y, backend=BACKEND)
    for scale in (1e-120, 1e150):
        found = frechet_distance(x * scale, y * scale, backend=BACKEND)
        assert [part / scale / scale for part in found] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(DataError, match="leaves the range of float64"):
        frechet_distance(x * 1e200, y, backend=BACKEND)


def test_what_has_no_covariance_or_another_space_is_refused():
    with pytest.raises(ShapeError, match="B has 1 row") as refused:
        frechet_distance(np.eye(3), np.ones((1, 3)), backend=BACKEND)
    assert refused.value.where == "B"
    with pytest.raises(ShapeError, match="rows of A have 3 dims and those of B 4"):
        frechet_distance(np.eye(3), np.eye(4), backend=BACKEND)
