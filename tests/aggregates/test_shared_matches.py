"""Best matches and all aggregates of them, against plain loops, with ties, repeats and every size of tile."""

import numpy as np
import pytest
from brute_force import exact, in_tiles
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates.chamfer_hausdorff import chamfer, chamfer_of, hausdorff, hausdorff_of
from simtool.aggregates.greedy_mutual import greedy_match, greedy_of, mutual, mutual_of
from simtool.aggregates.maxsim_top_k import best_pair, maxsim, maxsim_of, top_k_mean, top_k_mean_of
from simtool.backend import choose_backend
from simtool.engine import calibration, duplicates
from simtool.engine.budget import Budget
from simtool.engine.kernels import Kernel
from simtool.engine.matches import nearest, nearest_both

NUMPY = {"backend": choose_backend("numpy")}
TORCH = {"backend": choose_backend("torch")}


def closest_by_loop(matrix, closer):
    """Number and score of the closest column of each row, of equals the first; python's max and min take the first."""
    pick = max if closer else min
    places = [pick(range(len(row)), key=row.__getitem__) for row in matrix]
    return places, [row[place] for row, place in zip(matrix, places, strict=True)]


def weighted(values, weights):
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


@st.composite
def cases(draw):
    """Few distinct small integers: ties, repeats, zero rows, and scores that are exact."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m, d = draw(st.integers(1, 30)), draw(st.integers(1, 30)), draw(st.integers(1, 4))
    dtype = draw(st.sampled_from(["f2", "f4", "f8", "i1", "u1"]))
    low = 0 if dtype == "u1" else -2
    x, y = (rng.integers(low, 3, (rows, d)).astype(dtype) for rows in (n, m))
    way = {
        "tiling": draw(st.tuples(st.integers(1, 9), st.integers(1, 20))),
        "most": draw(st.sampled_from([1, 20, 1 << 21])),
        "share": draw(st.sampled_from([0.0, 2.0])),
        "pays": draw(st.booleans()),
        "options": draw(st.sampled_from([NUMPY, TORCH])),
    }
    return x, y, draw(st.integers(1, 5)), way


def arranged(patch, tiling, most, share, pays, options):
    in_tiles(patch, *tiling)
    patch.setattr(Budget, "candidates", property(lambda budget: most))
    patch.setattr(duplicates, "SHARE", share)  # 0: repeats are left out, 2: never
    patch.setattr(calibration, "pays", lambda precision, backend, dims: pays and backend.name == "torch")
    return options


@settings(max_examples=50, deadline=None)
@given(cases(), st.sampled_from(["cosine", "euclidean"]))
def test_both_sides_find_their_first_closest_partner_in_one_sweep(case, metric):
    x, y, k, way = case
    matrix = exact(metric, x, y)
    closer = metric == "cosine"
    with pytest.MonkeyPatch.context() as patch:
        options = arranged(patch, **way)
        found = nearest_both(x, y, k=k, metric=metric, **options)
        alone = nearest(x, y, k=k, metric=metric, **options)
    for match, scores in ((found.forward, matrix), (found.backward, matrix.T)):
        places, best = closest_by_loop(scores.tolist(), closer)
        assert match.neighbours.tolist() == places
        assert match.scores.tolist() == pytest.approx(best, abs=1e-15)
        assert match.best[:, 0].tolist() == match.scores.tolist()
    ranked = -np.sort(-matrix, axis=1) if closer else np.sort(matrix, axis=1)
    np.testing.assert_allclose(found.forward.best, ranked[:, :k], rtol=0, atol=1e-15)
    assert found.backward.best.shape == (len(y), 1)
    for name in ("neighbours", "scores", "best"):
        assert getattr(alone, name).tolist() == getattr(found.forward, name).tolist()


@settings(max_examples=15, deadline=None)
@given(cases(), st.integers(0, 2**32 - 1))
def test_every_aggregate_is_its_loop_and_whole_weights_are_repetitions(case, seed):
    x, y, k, way = case
    rng = np.random.default_rng(seed)
    wa, wb = rng.integers(0, 3, len(x)), rng.integers(0, 3, len(y))
    wa[0] += 1
    wb[-1] += 1
    cosines, distances = (exact(metric, x, y).tolist() for metric in ("cosine", "euclidean"))
    flipped = [list(column) for column in zip(*cosines, strict=True)]
    (there, best), (back, other) = closest_by_loop(cosines, True), closest_by_loop(flipped, True)
    near = [closest_by_loop(d, False)[1] for d in (distances, list(zip(*distances, strict=True)))]
    top = [sum(sorted(row)[-k:]) / len(sorted(row)[-k:]) for row in cosines]
    chosen = sum(back[j] == i for i, j in enumerate(there))
    with pytest.MonkeyPatch.context() as patch:
        options = arranged(patch, **way)
        greedy = greedy_match(x, y, weights_a=wa, weights_b=wb, **options)
        precision, recall = weighted(best, wa), weighted(other, wb)
        f1 = 2 * precision * recall / (precision + recall) if precision > 1e-14 and recall > 1e-14 else 0.0
        assert (greedy.precision, greedy.recall, greedy.f1) == pytest.approx((precision, recall, f1), abs=1e-12)
        repeated = greedy_match(np.repeat(x, wa, axis=0), np.repeat(y, wb, axis=0), **options)
        some = closest_by_loop(
            [[c for c, w in zip(r, wb, strict=True) if w] for r, v in zip(cosines, wa, strict=True) if v], True
        )
        assert repeated.precision == pytest.approx(weighted(some[1], wa[wa > 0]), abs=1e-12)
        assert best_pair(x, y, **options) == pytest.approx(max(best), abs=1e-15)
        assert maxsim(x, y, **options) == pytest.approx((sum(best), sum(best) / len(x)), abs=1e-12)
        weighty = sum(w * s for w, s in zip(wa, best, strict=True))
        assert maxsim(x, y, weights_a=wa, **options) == pytest.approx((weighty, weighty / wa.sum()), abs=1e-12)
        assert maxsim(np.repeat(x, wa, axis=0), y, **options) == pytest.approx((weighty, precision), abs=1e-12)
        assert top_k_mean(x, y, k=k, **options) == pytest.approx(sum(top) / len(x), abs=1e-12)
        assert top_k_mean(x, y, k=k, weights_a=wa, **options) == pytest.approx(weighted(top, wa), abs=1e-12)
        assert mutual(x, y, **options) == (chosen / len(x), chosen / len(y), chosen)
        means = weighted(near[0], wa), weighted(near[1], wb)
        found = chamfer(x, y, weights_a=wa, weights_b=wb, **options)
        assert found == pytest.approx((sum(means), *means), abs=1e-12)
        far = [max(values) for values in near]
        edges = [np.percentile(values, 95) for values in near]
        assert hausdorff(x, y, **options) == pytest.approx((max(far), *far, max(edges)), abs=1e-12)


def test_one_sweep_serves_all(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(70, 5)), rng.normal(size=(50, 5))
    in_tiles(monkeypatch, 10, 20)
    scored, tile = [], Kernel.tile
    monkeypatch.setattr(Kernel, "tile", lambda kernel, *sides: (scored.append(kernel.dtype), tile(kernel, *sides))[1])
    matches = nearest_both(x, y, k=3, **NUMPY)
    assert scored.count("float32") == 7 * 3
    assert greedy_of(matches).f1 == greedy_match(x, y, **NUMPY).f1
    assert maxsim_of(matches.forward) == maxsim(x, y, **NUMPY)
    assert top_k_mean_of(matches.forward) == top_k_mean(x, y, k=3, **NUMPY)
    assert top_k_mean_of(matches.forward, k=2) == top_k_mean(x, y, k=2, **NUMPY)
    assert mutual_of(matches) == mutual(x, y, **NUMPY)
    distances = nearest_both(x, y, metric="euclidean", **NUMPY)
    assert chamfer_of(distances) == chamfer(x, y, **NUMPY)
    assert hausdorff_of(distances) == hausdorff(x, y, **NUMPY)


@pytest.mark.parametrize("options", [NUMPY, TORCH])
def test_more_rows_than_a_tile_and_long_vectors(options):
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(1300, 40)).astype("f4"), rng.normal(size=(4500, 40)).astype("f4")
    y[4400:] = y[:100]  # the first of equals is in another block
    found = nearest_both(x, y, k=2, **options)
    units = [v.astype("f8") / np.linalg.norm(v.astype("f8"), axis=1, keepdims=True) for v in (x, y)]
    matrix = units[0] @ units[1].T
    matrix[:, 4400:] = matrix[:, :100]
    assert found.forward.neighbours.tolist() == matrix.argmax(axis=1).tolist()
    assert found.backward.neighbours.tolist() == matrix.argmax(axis=0).tolist()
    np.testing.assert_allclose(found.forward.best, -np.sort(-matrix, axis=1)[:, :2], rtol=0, atol=1e-14)


def test_many_equal_rows_are_quick_and_the_first_is_the_partner():
    x, y = np.ones((20_000, 3)), np.ones((30_000, 3))
    x[0], y[0] = [1.0, 0, 0], [0, 1.0, 0]
    found = nearest_both(x, y, k=3, **NUMPY)
    assert set(found.forward.neighbours.tolist()) == {1}
    assert set(found.backward.neighbours.tolist()) == {1}
    assert found.forward.best.shape == (20_000, 3)
    assert mutual_of(found) == (1 / 20_000, 1 / 30_000, 1)


def test_memory_maps_and_mixed_dtypes(tmp_path):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(60, 6)).astype("f2"), rng.normal(size=(50, 6))
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for function in (greedy_match, maxsim, top_k_mean, mutual, chamfer, hausdorff):
        found, expected = (getattr(v, "score", v) for v in (function(mapped, y, **NUMPY), function(x, y, **NUMPY)))
        assert found == expected
        wide = function(x.astype("f8"), y, **NUMPY)
        assert found == pytest.approx(getattr(wide, "score", wide), abs=1e-14)


def test_progress_counts_the_rows_of_one_sweep(monkeypatch):
    in_tiles(monkeypatch, 4, 4)
    seen = []
    greedy_match(np.random.default_rng(0).normal(size=(10, 2)), np.eye(2), progress=lambda *n: seen.append(n), **NUMPY)
    assert seen == [(4, 10), (8, 10), (10, 10)]
