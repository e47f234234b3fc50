"""`compare` of two sets: all aggregates, parameters, percentages, weights and ids."""

from math import fsum, isnan

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import compare
from simtool.aggregates import shared_matches, two_sample
from simtool.aggregates.record import record_of
from simtool.backend import choose_backend
from simtool.catalogue import find, names
from simtool.comparison.requests import every_aggregate
from simtool.engine import matches as partners
from simtool.engine.matches import nearest_both
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import as_vectors, with_ids

MEASURES = {name: record_of(name) for name in every_aggregate()}


NUMPY = choose_backend("numpy")


RNG = np.random.default_rng(0)


X, Y = RNG.normal(size=(30, 5)), RNG.normal(size=(30, 5)) + 0.3


def identified(rows, ids, name="file"):
    return with_ids(as_vectors(np.asarray(rows), name), np.asarray(ids))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    d=st.integers(1, 4),
    k=st.integers(1, 4),
    metric=st.sampled_from(["cosine", "euclidean"]),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1"]),
    backend=st.sampled_from(["numpy", "torch"]),
)
def test_small_sets_find_what_a_sweep_finds(seed, sizes, d, k, metric, dtype, backend):
    # few whole numbers: many ties, repeats and zero rows
    x, y = (np.random.default_rng(seed + i).integers(-2, 3, (n, d)).astype(dtype) for i, n in enumerate(sizes))
    options = {"k": k, "metric": metric, "backend": choose_backend(backend)}
    found = nearest_both(x, y, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partners, "SMALL", 0)
        swept = nearest_both(x, y, **options)
    for one, other in ((found.forward, swept.forward), (found.backward, swept.backward)):
        assert one.neighbours.tolist() == other.neighbours.tolist()
        assert one.scores.tolist() == other.scores.tolist()
        assert one.best.tolist() == other.best.tolist()


def test_all_is_the_catalogue_and_begins_with_the_default():
    assert sorted(MEASURES) == sorted(names("aggregate"))
    assert next(iter(MEASURES)) == compare(X, Y).parameters["percent_of"]


@pytest.mark.parametrize("name", MEASURES)
def test_every_aggregate_is_what_its_function_returns(name):
    value = find("aggregate", name).load()(X, Y, backend=NUMPY)
    summary = compare(X, Y, aggregates=[name]).summary
    assert summary[name] == pytest.approx(getattr(value, "score", value), rel=1e-12, abs=1e-15)
    for part in MEASURES[name].parts:
        assert summary[f"{name}.{part}"] == pytest.approx(getattr(value, part), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", MEASURES)
def test_every_similarity_of_a_set_with_itself_has_its_best_value(name):
    entry, score = find("aggregate", name), compare(X, X, aggregates=[name]).summary[name]
    best = {"c2st": None, "mean": None, "top-k-mean": None, "sinkhorn": None}.get(
        name, 1.0 if entry.larger_is_closer else 0.0
    )
    if best is not None:
        assert score == pytest.approx(best, abs=1e-9)


def test_identical_sets_are_a_hundred_percent_by_default():
    result = compare(X, X)
    assert result.summary["percent"] == 100.0
    assert (result.parameters["percent_of"], result.parameters["percent"]) == ("argmax", "clip")
    assert compare(X, X, aggregates=["all"]).summary["percent"] == 100.0


def test_all_is_the_same_as_each_alone_from_one_sweep_of_a_kind(monkeypatch):
    swept = []
    for module, name in ((shared_matches, "nearest_both"), (shared_matches, "nearest"), (two_sample, "two_sample")):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, f=function, n=name, **o: (swept.append(n), f(*a, **o))[1])
    found = compare(X, Y, aggregates=["all"]).summary
    assert sorted(swept) == ["nearest_both", "nearest_both", "two_sample"]  # cosines, distances, and all kernels
    monkeypatch.undo()
    for name in MEASURES:
        alone = compare(X, Y, aggregates=[name]).summary
        assert {key: found[key] for key in alone if key != "percent"} == {
            key: value for key, value in alone.items() if key != "percent"
        }


def test_one_way_aggregates_need_one_way():
    found = compare(X, Y[:7], aggregates=["maxsim", "max", "top-k-mean"], parameters={"k": 3}).summary
    cosines = (X / np.linalg.norm(X, axis=1)[:, None]) @ (Y[:7] / np.linalg.norm(Y[:7], axis=1)[:, None]).T
    assert found["maxsim"] == pytest.approx(cosines.max(axis=1).mean(), abs=1e-12)
    assert found["maxsim.sum"] == pytest.approx(cosines.max(axis=1).sum(), abs=1e-12)
    assert found["max"] == pytest.approx(cosines.max(), abs=1e-12)
    assert found["top-k-mean"] == pytest.approx(np.sort(cosines, axis=1)[:, -3:].mean(), abs=1e-12)


def test_parameters_are_for_all_that_have_them_or_for_one():
    both = ["top-k-mean", "knn-overlap"]
    found = compare(X, Y, aggregates=both, parameters={"k": 3, "knn_overlap.k": 4})
    assert (found.parameters["top-k-mean.k"], found.parameters["knn-overlap.k"]) == (3, 4)
    load = [find("aggregate", name).load() for name in both]
    assert found.summary["top-k-mean"] == pytest.approx(load[0](X, Y, k=3, backend=NUMPY), abs=1e-15)
    assert found.summary["knn-overlap"] == load[1](X, Y, k=4, backend=NUMPY).score
    unit = compare(X, Y, aggregates=["centroid"], parameters={"unit": 1.0}).summary["centroid"]
    means = [(v / np.linalg.norm(v, axis=1)[:, None]).mean(axis=0) for v in (X, Y)]
    assert unit == pytest.approx(means[0] @ means[1] / np.prod([np.linalg.norm(m) for m in means]), abs=1e-12)
    wide = compare(X, Y, aggregates=["mmd", "mmd-laplacian"], parameters={"mmd.width": 2.0}).summary
    assert wide["mmd.width"] == 2.0
    assert wide["mmd-laplacian.width"] == compare(X, Y, aggregates=["mmd-laplacian"]).summary["mmd-laplacian.width"]
    assert wide["mmd"] == pytest.approx(find("aggregate", "mmd").load()(X, Y, width=2.0, backend=NUMPY).biased)


@pytest.mark.parametrize(
    ("name", "parameters", "what", "hint"),
    [
        ("top-k-mean", {"l": 3}, "no aggregate here has a parameter 'l'", "there is k"),
        ("sinkhorn", {"epsilom": 3}, "has a parameter 'epsilom'", "did you mean epsilon"),
        ("mean", {"k": 3}, "no parameter is called 'k'", "have none"),
        ("mmd", {"seed": 3}, "has a parameter 'seed'", "«seed»"),
        ("top-k-mean", {"k": 2.5}, "k is 2.5, expected a whole number", ""),
        ("top-k-mean", {"k": 0}, "k is 0", ""),
        ("sinkhorn", {"epsilon": -1}, "epsilon is -1", ""),
    ],
)
def test_parameters_that_are_refused(name, parameters, what, hint):
    with pytest.raises(ParameterError, match=what) as caught:
        compare(X, Y, aggregates=[name], parameters=parameters)
    assert hint in caught.value.hint


def test_percentages_are_what_they_say():
    x, y = np.asarray([[1.0, 0]]), np.asarray([[-0.6, 0.8]])  # cosine -0.6
    assert compare(x, y, aggregates=["mean"]).summary["percent"] == 0.0
    assert compare(x, y, aggregates=["mean"], percent="affine").summary["percent"] == pytest.approx(20.0)
    based = compare(X, X, aggregates=["paired"], percent="baseline", null=50)
    assert based.summary["percent"] == pytest.approx(100.0)
    mixed = compare(X, X + 2 * Y, aggregates=["paired"], percent="baseline", null=50).summary
    score, baseline = mixed["paired"], mixed["paired.baseline"]
    assert mixed["percent"] == pytest.approx(100 * (score - baseline) / (1 - baseline))
    assert 0 < mixed["percent"] < 100 * score


def test_a_distance_has_no_percentage():
    alone = compare(X, Y, aggregates=["energy"])
    assert (alone.summary["percent"], alone.parameters["percent_of"]) == (None, None)
    assert any("a distance has no percentage" in note for note in alone.notes)
    after = compare(X, Y, aggregates=["energy", "mean"])
    assert after.parameters["percent_of"] == "mean"
    assert after.summary["percent"] == pytest.approx(100 * max(0, after.summary["mean"]))


WEIGHTS = RNG.random(30), RNG.random(30)


def test_weights_weigh():
    x, y, (a, b) = X / np.linalg.norm(X, axis=1)[:, None], Y / np.linalg.norm(Y, axis=1)[:, None], WEIGHTS
    cosines, given = x @ y.T, {"weights_a": a, "weights_b": b}
    names = ["argmax", "mean", "centroid", "paired", "chamfer", "sinkhorn"]
    found = compare(X, Y, aggregates=names, **given).summary
    assert found["argmax.precision"] == pytest.approx(np.average(cosines.max(axis=1), weights=a), abs=1e-12)
    assert found["argmax.recall"] == pytest.approx(np.average(cosines.max(axis=0), weights=b), abs=1e-12)
    assert found["mean"] == pytest.approx((cosines * np.outer(a, b)).sum() / a.sum() / b.sum(), abs=1e-12)
    assert found["paired"] == pytest.approx(np.average(cosines.diagonal(), weights=a * b), abs=1e-12)
    means = [np.average(v, axis=0, weights=w) for v, w in ((X, a), (Y, b))]
    assert found["centroid"] == pytest.approx(means[0] @ means[1] / np.prod([np.linalg.norm(m) for m in means]))
    distances = np.linalg.norm(X[:, None] - Y[None], axis=2)
    nearest = [np.average(distances.min(axis=axis), weights=w) for axis, w in ((1, a), (0, b))]
    assert found["chamfer"] == pytest.approx(fsum(nearest), abs=1e-12)
    single = compare(X, Y, aggregates=["maxsim", "top-k-mean"], weights_a=a).summary
    assert single["maxsim"] == pytest.approx(found["argmax.precision"], abs=1e-15)


def test_weights_are_only_for_aggregates_that_have_them():
    with pytest.raises(ParameterError, match="max takes no weights of A") as caught:
        compare(X, Y, aggregates=["argmax", "max"], weights_a=WEIGHTS[0])
    assert "argmax, mean, centroid, paired" in caught.value.hint
    with pytest.raises(ParameterError, match="maxsim takes no weights of B"):
        compare(X, Y, aggregates=["maxsim"], weights_b=WEIGHTS[0])
    result = compare(X, Y, aggregates=["all"], weights_a=WEIGHTS[0])
    assert {name for name in MEASURES if result.summary[name] is not None} == {
        *("mean", "argmax", "centroid", "paired", "maxsim", "top-k-mean", "chamfer", "sinkhorn")
    }


@pytest.mark.parametrize(
    ("weights", "error", "what"),
    [
        (np.ones(29), ShapeError, "expected 30 weights, one for each row, got shape"),
        (np.ones((30, 1)), ShapeError, "expected 30 weights"),
        (np.r_[np.ones(29), -1], DataError, "the weight of row 29 is -1.0"),
        (np.r_[np.nan, np.ones(29)], DataError, "the weight of row 0 is nan"),
        (np.zeros(30), DataError, "all weights are 0"),
        (np.asarray(["a"] * 30), DataError, "expected numbers"),
    ],
)
def test_weights_that_are_refused(weights, error, what):
    with pytest.raises(error, match=what) as caught:
        compare(X, Y, weights_b=weights)
    assert caught.value.where == "«weights_b»"


def test_rows_that_are_dropped_take_their_weights_along():
    broken = X.copy()
    broken[4] = np.nan
    found = compare(broken, Y, weights_a=WEIGHTS[0], nonfinite="drop").summary
    kept = np.delete(np.arange(30), 4)
    assert found == compare(X[kept], Y, weights_a=WEIGHTS[0][kept]).summary


SPACES = ["paired", "cka", "cka-rbf", "procrustes", "svcca", "rsa", "knn-overlap"]


@pytest.mark.parametrize("name", SPACES)
def test_rows_are_joined_by_id(name):
    ids, order = np.asarray([f"id{i}" for i in range(30)]), RNG.permutation(30)
    expected = compare(X, Y, aggregates=[name]).summary
    joined = compare(identified(X, ids), identified(Y[order], ids[order]), aggregates=[name])
    assert joined.summary == pytest.approx(expected, abs=1e-12)
    assert joined.notes == ()
    # weights go with their rows
    if name == "paired":
        weighed = compare(X, Y, aggregates=[name], weights_b=WEIGHTS[1]).summary
        b = WEIGHTS[1][order]
        found = compare(identified(X, ids), identified(Y[order], ids[order]), aggregates=[name], weights_b=b).summary
        assert found == pytest.approx(weighed, abs=1e-12)


def test_ids_that_are_missing_are_counted_and_named():
    a, b = identified(X, np.arange(30)), identified(Y[5:], np.arange(5, 30).astype(str))  # of another type
    result = compare(a, b, aggregates=["paired", "mean"])
    assert result.summary["paired"] == pytest.approx(compare(X[5:], Y[5:], aggregates=["paired"]).summary["paired"])
    assert result.summary["mean"] == pytest.approx(compare(X, Y[5:], aggregates=["mean"]).summary["mean"])
    said = "5 ids of A are not on the other side and left out: '0', '1', '2', …; 25 are on both"
    assert result.notes == (said,)
    # the order of A decides
    both = compare(identified(X[::-1], np.arange(30)[::-1]), b, aggregates=["knn-overlap"])
    expected = compare(X[29:4:-1], Y[29:4:-1], aggregates=["knn-overlap"]).summary
    assert both.summary["knn-overlap"] == expected["knn-overlap"]


def test_ids_that_cannot_join():
    a = identified(X, [f"p{i}" for i in range(30)], "a.parquet")
    with pytest.raises(DataError, match="no id of A is in B: A begins with 'p0', B with 'q0'"):
        compare(a, identified(Y, [f"q{i}" for i in range(30)]), aggregates=["cka"])
    twice = identified(Y, ["p0", "p1", "p2", "p1", *[f"p{i}" for i in range(4, 30)]], "b.parquet")
    with pytest.raises(DataError, match=r"row 3 \(id 'p1'\) came before; 1 row of 30 repeat") as caught:
        compare(a, twice, aggregates=["knn-overlap"])
    assert caught.value.where == "b.parquet"
    assert compare(a, twice, aggregates=["mean"]).summary["mean"] is not None  # which does not join
    with pytest.raises(ShapeError, match="A has 30 rows and B has 29"):
        compare(a, Y[1:], aggregates=["cka"])


def test_rows_that_are_dropped_do_not_shift_what_is_joined_by_id():
    broken, ids = X.copy(), np.arange(30)
    broken[3] = np.inf
    found = compare(identified(broken, ids), identified(Y, ids), aggregates=["cka"], nonfinite="drop")
    kept = np.delete(ids, 3)
    assert found.summary == pytest.approx(compare(X[kept], Y[kept], aggregates=["cka"]).summary, abs=1e-12)
    assert "1 id of B is not on the other side and left out: '3'; 29 are on both" in found.notes


def test_matches_of_optimal_and_mutual_put_rows_without_a_partner_last():
    a = identified(np.asarray([[1.0, 0], [1, 0.1], [0, 1]]), ["p", "q", "r"])
    b = np.asarray([[0.0, 2], [3, 0]])
    columns = compare(a, b, aggregates=["mean", "optimal", "argmax"], matches=True).rows.columns
    assert (columns["a"].tolist(), columns["b"].tolist()) == (["p", "r", "q"], [1, 0, None])
    assert columns["score"][:2].tolist() == [1, 1]
    assert isnan(columns["score"][2])
    assert "direction" not in columns
    mutual = compare(b, a, aggregates=["mutual"], matches=True).rows.columns
    assert (mutual["a"].tolist(), mutual["b"].tolist()) == ([0, 1, None], ["r", "p", "q"])


def test_the_best_and_the_worst_matches():
    result = compare(X, Y, aggregates=["argmax"], matches=True, top=4)
    every = compare(X, Y, aggregates=["argmax"], matches=True).rows.columns["score"]
    ordered = np.sort(every)[::-1].tolist()
    assert result.rows.columns["score"].tolist() == ordered[:4] + ordered[-4:]
    assert result.notes[-1].startswith("the 4 best and the 4 worst of 60 matches")
    few = compare(X, Y, aggregates=["argmax"], matches=True, top=30)
    assert few.rows.columns["score"].tolist() == ordered
    assert few.notes == ()


def test_magnitudes_and_memory_maps(tmp_path):
    np.save(tmp_path / "x.npy", X.astype("f4"))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    found, expected = (compare(v, Y, aggregates=["all"]).summary for v in (mapped, X.astype("f4")))
    assert found == expected
    for name in ("argmax", "maxsim", "mutual", "centroid", "cka", "procrustes"):
        large = compare(X * 1e200, Y * 1e200, aggregates=[name]).summary[name]
        assert large == pytest.approx(compare(X, Y, aggregates=[name]).summary[name], abs=1e-9)


@pytest.mark.parametrize("shape", [(12, 5), (3, 12, 5)])
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_torch_gives_the_same_numbers(shape, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    x, y = np.random.default_rng(8).normal(size=(2, *shape)).astype("f4")
    options = {"aggregates": ["all"], "null": 5, "bootstrap": 5}
    found = compare(x, y, backend="torch", device=device, **options).summary
    expected = compare(x, y, **options).summary
    # what is left of the plan's marginals is a rounding error
    skipped = {key for key in expected if key.startswith("sinkhorn.violation")}
    assert [key for key in expected if expected[key] is None] == [key for key in found if found[key] is None]
    for key in expected.keys() - skipped:
        if expected[key] is not None:
            assert found[key] == pytest.approx(expected[key], rel=1e-9, abs=1e-12), key
