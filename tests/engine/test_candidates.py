"""The scan of a tile: group maxima, bounds, and every place that may matter."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.backend import choose_backend
from simtool.engine.candidates import DENSE, Scan
from simtool.engine.kernels import Kernel, Tile
from simtool.engine.places import Found
from simtool.engine.plan import GROUPS, Span
from simtool.engine.rescoring import Pairs
from simtool.errors import DataError

SCANS = [("numpy", "float32"), ("numpy", "float64"), ("torch", "bfloat16"), ("torch", "float32"), ("torch", "float64")]


def scored(backend, dtype, a, b, metric="dot"):
    """A tile of two sets of rows, with the pairs behind it."""
    kernel = Kernel(metric, dtype, False, choose_backend(backend))
    x, y = kernel.prepare(a), kernel.prepare(b)
    return Tile(kernel, x, y, kernel.tile(x, y)), Pairs(metric, a, b, scaled=False)


def on_host(tile, array):
    return tile.kernel.backend.get(tile.kernel.backend.xp.astype(array, tile.kernel.backend.xp.float64))


@pytest.mark.parametrize("by_column", [False, True])
@pytest.mark.parametrize(("backend", "dtype"), SCANS)
@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 5), depth=st.integers(1, 4), groups=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_group_maxima_are_the_maxima(backend, dtype, by_column, n, depth, groups, seed):
    chosen, rng = choose_backend(backend), np.random.default_rng(seed)
    values = np.round(rng.normal(size=(n, groups * depth)) * 4) / 4  # a bfloat16 holds them
    values[rng.random(values.shape) < 0.2] = -np.inf
    values[rng.random(values.shape) < 0.1] = 0.0
    plain = values.reshape(n, depth, groups).max(axis=1)
    given_as = values.T.copy() if by_column else values
    array = chosen.put(given_as, getattr(chosen.xp, dtype))
    for positive in (False, True):
        found = chosen.group_maxima(array, groups, positive=positive, by_column=by_column)
        found = chosen.get(chosen.xp.astype(found, chosen.xp.float64))
        assert found.shape == (n, groups)
        matters = plain > 0 if positive else np.ones_like(plain, dtype=bool)
        assert found[matters].tolist() == plain[matters].tolist()
        # of the others a member of the group is as good as any, for a bound from below
        assert (found <= plain).all()


def test_tiny_and_huge_bfloat16_order_like_their_bits():
    values = torch.tensor([[9.2e-41, 1e-38, 1.5, float("inf"), -float("inf"), -1e-40, 0.0, 3e38]], dtype=torch.bfloat16)
    chosen = choose_backend("torch")
    for width in (1, 2, 4, 8):
        found = chosen.group_maxima(values, width, positive=True)
        plain = values.reshape(1, -1, width).amax(dim=1)
        assert found[plain > 0].tolist() == plain[plain > 0].tolist()


@pytest.mark.parametrize("by_column", [False, True])
@pytest.mark.parametrize(("backend", "dtype"), SCANS)
@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 5),
    width=st.integers(1, 400),
    seed=st.integers(0, 2**32 - 1),
    has_missing=st.booleans(),
    level=st.sampled_from([-np.inf, -30.0, 0.0, 1.0, 5.0, 30.0]),
    many=st.sampled_from([-1, 4, 1000]),  # whether the whole tile is looked at, or groups of it
)
def test_candidates_are_all_places_that_may_reach_what_is_asked(
    backend, dtype, by_column, n, width, seed, has_missing, level, many
):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(-3, 4, (size, 3)).astype("f4") for size in (n, width))
    if has_missing:
        b[rng.random(width) < 0.2] = np.nan
    if by_column:
        a, b = b, a
    tile, pairs = scored(backend, dtype, a, b)
    queries = len(b) if by_column else len(a)
    lower_bound = level + rng.integers(-2, 3, queries).astype(float)
    scan = Scan(tile, lower_bound, has_missing=has_missing, by_column=by_column)
    spans = Span(0, len(a)), Span(0, len(b))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simtool.engine.candidates.MANY", many)
        query, neighbour, least, most = Found.of(list(scan.rescan(lower_bound, pairs, *spans).candidates(lower_bound)))
    matrix = a.astype("f8") @ b.astype("f8").T
    matrix = matrix.T if by_column else matrix
    with np.errstate(invalid="ignore"):
        needed = {tuple(place) for place in np.argwhere(matrix >= lower_bound[:, None]).tolist()}
    found = list(zip(query.tolist(), neighbour.tolist(), strict=True))
    assert len(set(found)) == len(found)
    assert needed <= set(found)
    assert (most >= matrix[query, neighbour]).all()  # so it is no NaN
    assert (least <= matrix[query, neighbour]).all()
    assert (most - least < 1).all()
    assert (np.diff(query) >= 0).all()
    # and not everything: the bound for numbers that the dtype holds exactly is far below 1
    assert all(matrix[place] > lower_bound[place[0]] - 1 for place in found)


@pytest.mark.parametrize("by_column", [False, True])
@pytest.mark.parametrize("wanted", [1, 3, 64, 65, 200, 300])
@pytest.mark.parametrize(("backend", "dtype"), SCANS)
def test_bounds_belong_to_different_partners(backend, dtype, wanted, by_column):
    rng = np.random.default_rng(wanted)
    a, b = rng.normal(size=(4, 8)), rng.normal(size=(300, 8))
    tile, _ = scored(backend, dtype, *((b, a) if by_column else (a, b)))
    scan = Scan(tile, np.full(4, -np.inf), has_missing=False, by_column=by_column)
    bounds = np.sort(on_host(tile, scan.bounds(wanted)), axis=1)[:, ::-1]
    best = np.sort(a @ b.T, axis=1)[:, ::-1]
    assert bounds.shape[1] >= wanted
    # the i-th largest bound is at or below the i-th largest score, and not far below the first ones
    assert (bounds[:, :300] <= best[:, : bounds.shape[1]]).all()
    assert (bounds[:, 0] > best[:, 0] - 0.2).all()


@pytest.mark.parametrize(("backend", "dtype"), SCANS)
def test_a_tile_that_the_bound_cannot_tell_apart_is_scored_in_float64(monkeypatch, backend, dtype):
    from brute_force import refinements

    seen = refinements(monkeypatch)
    rng = np.random.default_rng(0)
    base = rng.normal(size=8)
    a, b = (base + 1e-9 * rng.normal(size=(size, 8)) for size in (20, 500))
    tile, pairs = scored(backend, dtype, a, b, "cosine")
    scores = pairs.score(*np.indices((20, 500)).reshape(2, -1)).reshape(20, 500)
    lower_bound = np.sort(scores, axis=1)[:, -3]
    for by_column in (False, True):
        lower_bound = np.sort(scores, axis=0)[-3] if by_column else np.sort(scores, axis=1)[:, -3]
        scan = Scan(tile, lower_bound, has_missing=False, by_column=by_column)
        hits = Found.of(list(scan.rescan(lower_bound, pairs, Span(0, 20), Span(0, 500)).candidates(lower_bound)))
        own = scores.T if by_column else scores
        needed = {tuple(place) for place in np.argwhere(own >= lower_bound[:, None]).tolist()}
        assert needed <= set(zip(hits[0].tolist(), hits[1].tolist(), strict=True))
    assert seen == ([] if dtype == "float64" else [dtype] * 2)


def test_what_is_usual_is_not_dense(monkeypatch):
    from brute_force import refinements

    seen = refinements(monkeypatch)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4)), rng.normal(size=(GROUPS * 4, 4))
    tile, pairs = scored("numpy", "float32", a, b)
    lower_bound = np.full(2, -1e9)  # every group is hit
    usual = GROUPS / 4
    for expected, number in ((0, usual), (1, 0.0), (2, GROUPS / 8)):
        Scan(tile, lower_bound, has_missing=False).rescan(lower_bound, pairs, Span(0, 2), Span(0, len(b)), usual=number)
        assert len(seen) == expected
    assert GROUPS / DENSE < GROUPS


def test_what_nobody_asks_for_stays_out_of_a_refined_tile():
    b = 1 + 1e-9 * np.random.default_rng(0).normal(size=(300, 4))
    tile, pairs = scored("numpy", "float32", b[:5], b)
    tile.proxy[:, 7] = -np.inf
    lower_bound = np.full(5, -np.inf)
    fine = Scan(tile, lower_bound, has_missing=False).rescan(lower_bound, pairs, Span(0, 5), Span(0, 300))
    query, neighbour, _, _ = Found.of(list(fine.candidates(lower_bound)))
    assert fine.kernel.dtype == "float64"
    assert len(query) == 5 * 299
    assert 7 not in neighbour


def test_products_beyond_float64_are_an_error():
    a = np.full((2, 2), 1e200)
    with np.errstate(over="ignore", invalid="ignore"):
        tile, _ = scored("numpy", "float64", a, a)
    with np.errstate(over="ignore"), pytest.raises(DataError, match="leaves the range of float64"):
        Scan(tile, np.full(2, -np.inf), has_missing=False)


@pytest.mark.parametrize("many", [-1, 1000])
@pytest.mark.parametrize("by_column", [False, True])
def test_candidates_come_in_pieces_of_ascending_owners(monkeypatch, by_column, many):
    monkeypatch.setattr("simtool.engine.candidates.MANY", many)
    a, b = np.random.default_rng(0).normal(size=(2, 300, 3))
    tile, _ = scored("numpy", "float32", a, b)
    scan = Scan(tile, np.zeros(300), has_missing=False, by_column=by_column)
    whole = Found.of(list(scan.candidates(np.zeros(300))))
    for limit in ("GATHERED", "SIFTED"):
        monkeypatch.setattr(f"simtool.engine.candidates.{limit}", 999)
    pieces = list(scan.candidates(np.zeros(300)))
    assert len(pieces) > 50
    assert max(len(part[0]) for part in pieces) <= 999
    assert [column.tolist() for column in Found.of(pieces)] == [column.tolist() for column in whole]
    assert (np.diff(whole[0]) >= 0).all()


@pytest.mark.parametrize(("backend", "dtype"), SCANS)
def test_what_is_left_out_is_found_no_more(backend, dtype):
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(20, 4)).astype("f4"), rng.normal(size=(300, 4)).astype("f4")
    tile, _ = scored(backend, dtype, a, b)
    plain = on_host(tile, tile.proxy).copy()
    low = np.sort(plain, axis=1)[:, -30]
    scan = Scan(tile, low, has_missing=False)
    query, rank = np.repeat(np.arange(20), 2), np.tile([-1, -3], 20)
    neighbour = np.argsort(plain, axis=1)[query, rank]
    next(scan.candidates(low))
    scan.leave_out(query, neighbour)
    plain[query, neighbour] = -np.inf
    found = {place for each in scan.candidates(low) for place in zip(each.query, each.neighbour, strict=True)}
    assert found >= set(zip(*np.nonzero(plain >= low[:, None]), strict=True))
    assert not found & set(zip(query, neighbour, strict=True))
    maxima = np.full((20, 384), -np.inf)
    maxima[:, :300] = plain
    maxima = maxima.reshape(20, 3, 128).max(axis=1)
    matters = maxima > 0  # of the others any member of the group will do, where bounds are positive
    np.testing.assert_array_equal(on_host(tile, scan.maxima)[matters], maxima[matters])
