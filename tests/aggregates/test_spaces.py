"""The same items in two spaces: every measure against its n × n matrices, scipy, and what must not change it."""

from math import isnan, nan, sqrt

import numpy as np
import pytest
import scipy.spatial
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from simtool.aggregates import kernel_alignment, moments, spaces
from simtool.aggregates.kernel_alignment import linear_cka, rbf_cka
from simtool.aggregates.spaces import procrustes, representational_similarity, svcca
from simtool.backend import choose_backend
from simtool.engine.budget import Budget
from simtool.errors import DataError, ParameterError, ResourceError, ShapeError

BACKEND = choose_backend()
TORCH = choose_backend("torch")
MEASURES = [linear_cka, rbf_cka, procrustes, svcca, representational_similarity]


def score(measure, x, y, **options):
    found = measure(x, y, backend=BACKEND, **options)
    return getattr(found, "score", found)


def hsic(k, l):  # noqa: E741
    center = np.eye(len(k)) - 1 / len(k)
    return np.trace(k @ center @ l @ center)


def unbiased_hsic(k, l):  # noqa: E741
    """HSIC_1 of Song et al. 2012, times n (n - 3)."""
    n, ones = len(k), np.ones(len(k))
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))  # noqa: E741
    sums = (ones @ k @ ones) * (ones @ l @ ones) / ((n - 1) * (n - 2))
    return np.trace(k @ l) + sums - 2 / (n - 2) * (ones @ k @ l @ ones)


def alignment(k, l):  # noqa: E741
    score, unbiased = (f(k, l) / sqrt(f(k, k) * f(l, l)) if len(k) > 3 or f is hsic else nan for f in HSIC)
    return score, unbiased


HSIC = (hsic, unbiased_hsic)


def gaussian(rows, fraction):
    distances = pdist(rows, "sqeuclidean")
    return np.exp(-squareform(distances) / (2 * fraction**2 * np.median(distances)))


def correlations(x, y, variance):
    """SVCCA by the singular vectors of the rows themselves."""
    bases = []
    for rows in (x, y):
        left, values, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        share = np.cumsum(values**2) / np.sum(values**2)
        bases.append(left[:, : np.flatnonzero(share >= variance)[0] + 1])
    return np.linalg.svd(bases[0].T @ bases[1], compute_uv=False).mean()


def two_spaces(seed, n, widths, dtype="f8"):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, widths[0])) * 5 + 3
    y = np.tanh(x @ rng.normal(size=widths)) * 20 + rng.normal(size=(n, widths[1]))
    return x.astype(dtype), y.astype(dtype)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(5, 30),
    widths=st.tuples(st.integers(2, 40), st.integers(2, 12)),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1", "i4"]),
    backend=st.sampled_from([BACKEND, TORCH]),
    chunk=st.sampled_from([1, 60, 1 << 20]),
)
def test_every_measure_is_its_definition(seed, n, widths, dtype, backend, chunk):
    x, y = two_spaces(seed, n, widths, dtype)
    a, b = (rows.astype("f8") for rows in (x, y))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "CHUNK", chunk)
        patch.setattr(kernel_alignment, "TILE", 7)
        patch.setattr(spaces, "BLOCK", 4)
        linear, rbf = linear_cka(x, y, backend=backend), rbf_cka(x, y, fraction=0.8, backend=backend)
        turned, found = procrustes(x, y, backend=backend), svcca(x, y, variance=0.9, backend=backend)
        ranked = representational_similarity(x, y, backend=backend)
    # the same of rows from their mean, where less cancels in the definition
    assert linear == pytest.approx(alignment(*(rows @ rows.T for rows in (a - a.mean(0), b - b.mean(0)))), abs=1e-10)
    assert rbf == pytest.approx(alignment(gaussian(a, 0.8), gaussian(b, 0.8)), abs=1e-10)
    width = max(widths)
    padded = [np.pad(rows, ((0, 0), (0, width - rows.shape[1]))) for rows in (a, b)]
    disparity = scipy.spatial.procrustes(*padded)[2]
    assert turned == pytest.approx((1 - disparity, disparity), abs=1e-12)
    assert found.score == pytest.approx(correlations(a, b, 0.9), abs=1e-9)
    distances = [cosine_distances(rows).round(12) for rows in (a, b)]
    assert ranked == pytest.approx(scipy.stats.spearmanr(*distances).statistic, abs=1e-12)


def cosine_distances(rows):
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(norms == 0, 1, norms)
    return 1 - (unit @ unit.T)[np.triu_indices(len(rows), 1)]


@pytest.mark.parametrize("measure", MEASURES)
def test_a_space_is_like_itself_and_like_no_noise(measure):
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, 400, 6))
    assert score(measure, x, x) == pytest.approx(1.0, abs=1e-12)
    assert score(measure, x, 3 * x[:, ::-1]) == pytest.approx(1.0, abs=1e-12)
    assert abs(score(measure, x, noise)) < 0.15


@pytest.mark.parametrize("measure", [linear_cka, rbf_cka])
def test_unbiased_alignment_of_few_rows_does_not_mistake_noise_for_likeness(measure):
    rng = np.random.default_rng(2)
    found = [measure(*rng.normal(size=(2, 20, 60)), backend=BACKEND) for _ in range(20)]
    assert np.mean([one.score for one in found]) > 0.5
    assert abs(np.mean([one.unbiased for one in found])) < 0.1


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("scale", [1e-150, 1e150, 1e300])
def test_magnitudes_do_not_matter(measure, scale):
    x, y = two_spaces(3, 12, (4, 3))
    options = {"eps": 0.0} if measure is representational_similarity else {}
    assert score(measure, x * scale, y, **options) == pytest.approx(score(measure, x, y), abs=1e-10)


def test_the_eps_of_a_cosine_is_that_of_rsa():
    x, y = two_spaces(4, 12, (4, 3))
    x[0] *= 1e-12
    assert score(representational_similarity, x, y) != score(representational_similarity, x, y, eps=0.0)


@pytest.mark.parametrize("measure", MEASURES)
def test_equal_rows_and_a_zero_row_count_like_others(measure):
    x, y = two_spaces(5, 9, (4, 3))
    x[3] = x[4] = x[5]
    y[7] = 0
    expected = {
        linear_cka: lambda: alignment(x @ x.T, y @ y.T)[0],
        rbf_cka: lambda: alignment(gaussian(x, 1), gaussian(y, 1))[0],
        procrustes: lambda: 1 - scipy.spatial.procrustes(x, np.pad(y, ((0, 0), (0, 1))))[2],
        svcca: lambda: correlations(x, y, 0.99),
        representational_similarity: lambda: (
            scipy.stats.spearmanr(*(cosine_distances(rows).round(12) for rows in (x, y))).statistic
        ),
    }
    assert score(measure, x, y) == pytest.approx(expected[measure](), abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("n", [3, 20])
def test_equal_rows_alone_are_undefined(measure, n):
    x, rng = np.full((n, 7), 0.1, dtype="f4"), np.random.default_rng(6)
    with pytest.raises(DataError, match=r"undefined: .* of B") as refused:
        score(measure, rng.normal(size=(n, 4)), x)
    assert refused.value.where == "B"
    assert refused.value.hint
    with pytest.raises(DataError, match="of A"):
        score(measure, x, rng.normal(size=(n, 4)))


@pytest.mark.parametrize("measure", [linear_cka, rbf_cka, procrustes, svcca])
def test_a_single_row_is_undefined(measure):
    with pytest.raises(DataError, match="undefined"):
        score(measure, np.ones((1, 3)), np.ones((1, 3)))


@pytest.mark.parametrize("measure", MEASURES)
def test_sets_of_different_length_are_refused(measure):
    with pytest.raises(ShapeError, match="A has 5 rows and B has 4") as refused:
        score(measure, np.eye(5), np.eye(4))
    assert refused.value.hint


def test_options_out_of_range_are_refused():
    x, y = two_spaces(7, 9, (4, 3))
    for fraction in (0.0, -1.0, nan):
        with pytest.raises(ParameterError, match="fraction is"):
            rbf_cka(x, y, fraction=fraction, backend=BACKEND)
    for variance in (0.0, 1.1, nan):
        with pytest.raises(ParameterError, match="variance is"):
            svcca(x, y, variance=variance, backend=BACKEND)
    with pytest.raises(ShapeError, match="at least 3 rows, got 2"):
        representational_similarity(x[:2], y[:2], backend=BACKEND)


@pytest.mark.parametrize("measure", [linear_cka, rbf_cka])
def test_unbiased_alignment_needs_four_rows(measure):
    x, y = two_spaces(8, 4, (6, 3))
    assert isnan(measure(x[:3], y[:3], backend=BACKEND).unbiased)
    assert not isnan(measure(x, y, backend=BACKEND).unbiased)


def test_unbiased_alignment_without_variance_is_undefined():
    # all distances of a regular simplex are equal: its estimate of HSIC is 0
    assert isnan(linear_cka(np.eye(5), np.eye(5), backend=BACKEND).unbiased)
    assert isnan(rbf_cka(np.eye(5), np.eye(5), backend=BACKEND).unbiased)


def test_directions_without_variance_are_left_out():
    x, y = two_spaces(9, 50, (5, 3))
    doubled = np.concatenate([x, x @ np.random.default_rng(0).normal(size=(5, 4))], axis=1)
    found = svcca(doubled, y, variance=1.0, backend=BACKEND)
    assert (found.kept_a, found.kept_b) == (5, 3)
    assert found.score == pytest.approx(svcca(x, y, variance=1.0, backend=BACKEND).score, abs=1e-10)


def test_the_fewest_directions_that_hold_the_variance_are_kept():
    x = np.concatenate([np.diag([3.0, 2.0, 1.0]), -np.diag([3.0, 2.0, 1.0])])  # shares 9, 4, 1 of 14
    for variance, kept in ((9 / 14, 1), (9 / 14 + 1e-6, 2), (13 / 14, 2), (0.99, 3), (1.0, 3)):
        assert svcca(x, x, variance=variance, backend=BACKEND).kept_a == kept


@pytest.mark.parametrize("measure", MEASURES)
def test_far_from_the_origin_nothing_cancels(measure):
    x, y = two_spaces(10, 60, (4, 3))
    if measure is not representational_similarity:  # cosines depend on the origin
        assert score(measure, x + 1e6, y) == pytest.approx(score(measure, x, y), abs=1e-8)


def test_sorted_rows_lose_nothing(monkeypatch):
    # the first chunk, around whose mean the moments are summed, is far from the others
    x, y = two_spaces(11, 400, (4, 3))
    order = np.argsort(x[:, 0])
    expected = [linear_cka(x, y, backend=BACKEND), procrustes(x, y, backend=BACKEND)]
    monkeypatch.setattr(moments, "CHUNK", 40)
    found = [linear_cka(x[order], y[order], backend=BACKEND), procrustes(x[order], y[order], backend=BACKEND)]
    assert found[0] == pytest.approx(expected[0], abs=1e-12)
    assert found[1] == pytest.approx(expected[1], abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_mapped_rows_give_what_rows_in_memory_give(measure, tmp_path):
    x, y = two_spaces(12, 40, (6, 3), "f2")
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert score(measure, mapped, y) == score(measure, x, y)
    assert score(measure, mapped[::-1], y[::-1]) == pytest.approx(score(measure, x, y), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.one_of(st.floats(0, 1e300), st.sampled_from([0.0, 1.0, 5e-324])), min_size=1, max_size=40),
    cut=st.integers(0, 40),
)
def test_the_median_without_holding_the_numbers_is_the_median(values, cut):
    parts = [np.asarray(part) for part in (values[:cut], values[cut:])]
    expected = sorted(values)[(len(values) - 1) // 2] / 2 + sorted(values)[len(values) // 2] / 2
    assert kernel_alignment._median(lambda: iter(parts), len(values)) == pytest.approx(expected, rel=1e-15, abs=1e-323)


def test_rsa_that_does_not_fit_is_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(spaces, "budget_of", lambda text: Budget(1 << 20))
    monkeypatch.setattr(spaces, "_cosines", None)
    with pytest.raises(ResourceError, match=r"rsa of 1,000 rows takes about 183 MiB, 1 MiB may be used") as refused:
        representational_similarity(np.ones((1000, 2)), np.ones((1000, 2)), backend=BACKEND)
    assert "sample" in refused.value.hint


def test_wide_kernels_keep_their_digits():
    # as the width grows, the kernel alignment tends to that of the squared distances, which is the linear one
    x, y = two_spaces(13, 30, (4, 3))
    found = rbf_cka(x, y, fraction=1e5, backend=BACKEND)
    assert found == pytest.approx(linear_cka(x, y, backend=BACKEND), abs=1e-6)
