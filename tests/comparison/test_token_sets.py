"""Lists of sets: every item as the function of the aggregate has it, its weights, and nulls."""

import numpy as np
import pytest
from items_of_tokens import padded, score

from simtool import compare, open_vectors
from simtool.aggregates.record import record_of
from simtool.backend import choose_backend
from simtool.comparison import token_sets as items
from simtool.comparison.requests import every_aggregate
from simtool.errors import ParameterError, ShapeError
from simtool.io import as_vectors, with_ids

NUMPY = choose_backend("numpy")
BLOCKS = ["mean", "centroid", "argmax", "max", "maxsim", "top-k-mean"]
UNRELATED = np.isin(np.arange(20), [10, 11, 12, 13, 14, 19])  # as the page of sample_data says


@pytest.mark.parametrize(
    ("name", "weighted"),
    [
        *((name, False) for name in (*BLOCKS, "mutual", "chamfer", "optimal")),
        *((name, True) for name in ("mean", "centroid", "argmax", "chamfer")),
    ],
)
def test_nulls_of_items_stand_on_the_scores_of_every_two(name, weighted):
    a, b = padded(1, 6, 5, least=0), padded(2, 6, 5)
    weights = [np.random.default_rng(n).random((6, 5)) + 0.1 for n in (3, 4)]
    options = {"weights_a": weights[0], "weights_b": weights[1]} if weighted else {}

    def one(i, j):
        own = {"weights_a": weights[0][i][a[i].any(axis=1)], "weights_b": weights[1][j][b[j].any(axis=1)]}
        return score(name, a[i], b[j], **(own if weighted else {}))

    matrix = np.asarray([[one(i, j) for j in range(6)] for i in range(6)])
    found = compare(a, b, aggregates=[name], null=500, **options).summary
    assert found[name] == pytest.approx(np.nanmean(matrix.diagonal()), abs=1e-12)
    # over many permutations the mean of the means is that of the matrix
    spread = np.nanstd(matrix) / np.sqrt(500)
    assert found[f"{name}.baseline"] == pytest.approx(np.nanmean(matrix), abs=4 * spread + 1e-9)


def test_every_aggregate_per_item_is_its_function_and_the_summary_its_mean():
    a, b = padded(5, 4, 14, least=12), padded(6, 4, 14, least=12)
    result = compare(a, b, aggregates=["all"])
    for name in every_aggregate():
        if record_of(name).most_in_all is not None:
            continue
        if record_of(name).same_items:  # only tokens that both have
            both = [x.any(axis=1) & y.any(axis=1) for x, y in zip(a, b, strict=True)]
            expected = [score(name, x[m], y[m]) for x, y, m in zip(a, b, both, strict=True)]
        else:
            expected = [score(name, x, y) for x, y in zip(a, b, strict=True)]
        assert result.rows.columns[name].tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12), name
        assert result.summary[name] == pytest.approx(np.mean(expected), rel=1e-9, abs=1e-12)
    table = compare(a, b, aggregates=["all"], by_item=False).rows.columns
    scores = {key: score for key, score in zip(table["aggregate"], table["score"], strict=True) if not np.isnan(score)}
    assert scores == {key: result.summary[key] for key in scores}


def test_an_item_that_is_undefined_stops_nothing():
    a, b = padded(7, 5, 6, least=6), padded(8, 5, 6, least=6)
    a[1, 1:] = 0  # one token
    a[3] = 0
    ids = np.asarray(["p", "q", "r", "s", "t"])
    result = compare(with_ids(as_vectors(a), ids), b, aggregates=["frechet", "argmax", "prdc"])
    undefined = np.isnan(result.rows.columns["frechet"]).tolist()
    assert undefined == [False, True, False, True, False]
    others = [score("frechet", a[i], b[i]) for i in (0, 2, 4)]
    assert result.summary["frechet"] == pytest.approx(np.mean(others), rel=1e-9)
    assert np.isnan(result.rows.columns["argmax"]).tolist() == [False, False, False, True, False]
    assert "frechet undefined for 1 of 4 items, q: needs the covariance of each set, but A has 1 row" in result.notes
    assert "prdc undefined for 1 of 4 items, q: looks at 5 neighbours" in "\n".join(result.notes)
    assert "1 item is all padding, undefined and not in the means: s" in result.notes
    with pytest.raises(ParameterError, match="prdc looks at 6 neighbours"):
        compare(a, b, aggregates=["prdc"], parameters={"k": 6})


def test_weights_of_tokens():
    a, b = padded(10, 3, 5), padded(11, 3, 5)
    weights = np.random.default_rng(12).random((3, 5))
    found = compare(a, b, aggregates=["maxsim"], weights_a=weights).rows.columns["maxsim"]
    expected = [score("maxsim", x, y, weights_a=w[x.any(axis=1)]) for x, y, w in zip(a, b, weights, strict=True)]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ShapeError, match="expected 3 x 5 weights"):
        compare(a, b, aggregates=["maxsim"], weights_a=weights[0])
    weights[1] = 0
    nothing = compare(a, b, aggregates=["maxsim"], weights_a=weights)
    assert np.isnan(nothing.rows.columns["maxsim"]).tolist() == [False, True, False]
    assert any("maxsim undefined for 1 of 3 items, 1: all weights are 0" in note for note in nothing.notes)


def test_paired_and_spaces_need_as_many_tokens():
    with pytest.raises(ShapeError, match="items of A have 4 tokens and those of B 5"):
        compare(np.ones((2, 4, 3)), np.ones((2, 5, 3)), aggregates=["paired"])
    a, b = np.random.default_rng(0).normal(size=(2, 3, 6, 4))
    found = compare(a, b[..., :2], aggregates=["cka"]).rows.columns["cka"]
    expected = [score("cka", x, y) for x, y in zip(a, b[..., :2], strict=True)]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)
    a[1, :3], b[1, 3:] = 0, 0
    apart = compare(a, b, aggregates=["paired"])
    assert np.isnan(apart.rows.columns["paired"]).tolist() == [False, True, False]
    assert any("no token is in both items" in note for note in apart.notes)


def test_items_too_many_to_pair_one_by_one_have_no_null(monkeypatch):
    monkeypatch.setattr(items, "MOST_PAIRS", 8)
    a, b = padded(13, 3, 4), padded(14, 3, 4)
    found = compare(a, b, aggregates=["argmax", "optimal", "energy"], null=5)
    assert found.summary["optimal.baseline"] is None
    assert found.summary["argmax.baseline"] is not None
    assert "no null for optimal, energy: 3 x 3 items would be too many" in found.notes


@pytest.mark.parametrize("name", ["argmax", "maxsim", "optimal"])
def test_paraphrases_score_above_unrelated_texts(sample_data, name):
    a, b = (open_vectors(str(sample_data / f"texts_{side}.npy")) for side in "ab")
    scores = compare(a, b, aggregates=[name]).rows.columns[name]
    assert scores[UNRELATED].max() < scores[~UNRELATED].min()
