"""The sliced Wasserstein distance against scipy, POT and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from simtool.aggregates import sliced
from simtool.aggregates.sliced import directions, sliced_wasserstein
from simtool.backend import choose_backend
from simtool.errors import DataError, ParameterError, ShapeError

BACKEND = choose_backend()
TORCH = choose_backend("torch")


def by_repetition(x, y, p, lines):
    """Both sets repeated to one length, so that rank belongs to rank."""
    n, m = len(x), len(y)
    places = [np.sort(np.repeat(rows @ lines.T, times, axis=0), axis=0) for rows, times in ((x, m), (y, n))]
    return np.mean(np.abs(places[0] - places[1]) ** p) ** (1 / p)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    d=st.integers(1, 6),
    p=st.sampled_from([1.0, 2.0, 3.5]),
    dtype=st.sampled_from(["f2", "f4", "f8", "i2"]),
    backend=st.sampled_from([BACKEND, TORCH]),
    chunk=st.sampled_from([1, 13, 1 << 20]),
)
def test_it_is_the_transport_between_ranks(seed, sizes, d, p, dtype, backend, chunk):
    rng = np.random.default_rng(seed)
    x, y = ((rng.normal(size=(n, d)) * 9).astype(dtype) for n in sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sliced, "CHUNK", chunk)
        patch.setattr(sliced, "PROJECTED", chunk)
        found = sliced_wasserstein(x, y, projections=7, p=p, seed=3, backend=backend)
    expected = by_repetition(x.astype("f8"), y.astype("f8"), p, directions(d, 7, 3))
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_one_line_is_scipys_distance():
    x, y = np.random.default_rng(0).normal(size=(2, 30, 1))
    expected = wasserstein_distance(x[:, 0], y[:13, 0])
    assert sliced_wasserstein(x, y[:13], p=1, backend=BACKEND) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("p", "equal", "unequal"),
    # POT 0.9.7: ot.sliced_wasserstein_distance(x, y, projections=directions(3, 50, 7).T, p=p), with x[:9] and x
    [
        (1, 0.8092747128877987, 0.8936990814132524),
        (2, 0.9521669191178381, 1.0431715693539616),
        (3, 1.070987044101261, 1.167131224190253),
    ],
)
def test_it_gives_the_numbers_of_pot_on_the_same_lines(p, equal, unequal):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(9, 3)) * 1.5 + 0.4
    options = {"projections": 50, "p": p, "seed": 7, "backend": BACKEND}
    assert sliced_wasserstein(x[:9], y, **options) == pytest.approx(equal, rel=1e-12)
    assert sliced_wasserstein(x, y, **options) == pytest.approx(unequal, rel=1e-12)


def test_a_shift_is_as_long_as_the_lines_see_it():
    # the mean of (t . l)^2 over the sphere is |t|^2 / d
    x, shift = np.random.default_rng(1).normal(size=(40, 5)), np.asarray([3.0, 0, 4, 0, 0])
    found = sliced_wasserstein(x, x + shift, projections=4000, backend=BACKEND)
    assert found == pytest.approx(5 / np.sqrt(5), rel=0.03)
    exact = np.sqrt(np.mean((directions(5, 128, 0) @ shift) ** 2))
    assert sliced_wasserstein(x, np.random.default_rng(2).permutation(x) + shift, backend=BACKEND) == pytest.approx(
        exact, rel=1e-12
    )


def test_lines_are_unit_vectors_that_a_seed_repeats():
    lines = directions(4, 200, 5)
    assert np.linalg.norm(lines, axis=1) == pytest.approx(np.ones(200))
    assert lines.tolist() == directions(4, 200, 5).tolist()
    assert np.abs(lines.mean(axis=0)).max() < 0.15
    x, y = np.random.default_rng(3).normal(size=(2, 9, 4))
    found = [sliced_wasserstein(x, y, seed=seed, backend=BACKEND) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


def test_a_set_twice_is_the_set():
    x = np.random.default_rng(4).normal(size=(7, 3))
    assert sliced_wasserstein(x, np.concatenate([x, x]), backend=BACKEND) == pytest.approx(0.0, abs=1e-12)
    assert sliced_wasserstein(x, x, backend=BACKEND) == 0.0
    assert sliced_wasserstein(np.zeros((3, 2)), np.zeros((1, 2)), backend=BACKEND) == 0.0


@pytest.mark.parametrize("p", [1.0, 2.0, 60.0])
@pytest.mark.parametrize("scale", [1e-300, 1e-100, 1e100, 1e300])
def test_it_scales_with_the_rows(p, scale):
    x, y = np.random.default_rng(5).normal(size=(2, 9, 4))
    found = sliced_wasserstein(x * scale, y * scale, p=p, backend=BACKEND) / scale
    assert found == pytest.approx(sliced_wasserstein(x, y, p=p, backend=BACKEND), rel=1e-9)


def test_a_distance_out_of_range_is_refused():
    with pytest.raises(DataError, match="leaves the range of float64"):
        sliced_wasserstein(np.full((2, 1), 1.7e308), np.full((2, 1), -1.7e308), backend=BACKEND)


def test_mapped_rows_give_what_rows_in_memory_give(tmp_path):
    x, y = np.random.default_rng(6).normal(size=(2, 30, 4)).astype("f2")
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert sliced_wasserstein(mapped, y, backend=BACKEND) == sliced_wasserstein(x, y, backend=BACKEND)


def test_options_out_of_range_are_refused():
    x = np.eye(3)
    for options in ({"projections": 0}, {"projections": 2.5}, {"p": 0.5}, {"p": float("nan")}, {"seed": -1}):
        (name,) = options
        with pytest.raises(ParameterError, match=f"{name} is .*expected") as refused:
            sliced_wasserstein(x, x, backend=BACKEND, **options)
        assert refused.value.where == name
    with pytest.raises(ShapeError, match="rows of A have 3 dims and those of B 4"):
        sliced_wasserstein(x, np.eye(4), backend=BACKEND)
