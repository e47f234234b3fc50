"""Lists of sets: every item as the function of the aggregate has it, the matrix of all items, padding and lengths."""

from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import compare, open_vectors
from simtool.aggregates.record import record_of
from simtool.backend import choose_backend
from simtool.catalogue import find
from simtool.comparison import token_blocks as blocks
from simtool.comparison import token_sets as items
from simtool.comparison.options import summary_keys
from simtool.comparison.requests import every_aggregate
from simtool.errors import DataError, ParameterError, ResourceError, ShapeError
from simtool.io import as_vectors, with_ids

NUMPY = choose_backend("numpy")
BLOCKS = ["mean", "centroid", "argmax", "max", "maxsim", "top-k-mean"]
UNRELATED = np.isin(np.arange(20), [10, 11, 12, 13, 14, 19])  # as the page of sample_data says


def padded(seed, count, tokens, d=4, least=1):
    """Items of different lengths, filled up with zero rows at the end."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, tokens, d))
    for item in rows:
        item[rng.integers(least, tokens + 1) :] = 0
    return rows


def score(name, x, y, **options):
    x, y = x[x.any(axis=1)], y[y.any(axis=1)]
    if not len(x) or not len(y):
        return nan
    value = find("aggregate", name).load()(x, y, backend=NUMPY, **options)
    return getattr(value, "score", value)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    tokens=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    name=st.sampled_from(["argmax", "maxsim"]),
    query_block=st.sampled_from([1, 7, 2048]),
    kept=st.sampled_from([0, 1 << 25]),
    backend=st.sampled_from(["numpy", "torch"]),
)
def test_the_matrix_of_all_items_is_the_loop(seed, counts, tokens, name, query_block, kept, backend):
    a, b = padded(seed, counts[0], tokens[0], least=0), padded(seed + 1, counts[1], tokens[1], least=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "QUERY_BLOCK", query_block)
        patch.setattr(blocks, "KEPT", kept)
        result = compare(a, b, aggregates=[name], cross=True, backend=backend)
    expected = np.asarray([[score(name, x, y) for y in b] for x in a])
    assert result.array.shape == counts
    assert result.array.ravel().tolist() == pytest.approx(expected.ravel().tolist(), abs=1e-12, nan_ok=True)
    assert list(result.summary) == summary_keys([name], cross=True)
    if not np.isnan(expected).all():
        numbers = [np.nanmean(expected), np.nanmin(expected), np.nanmax(expected)]
        assert [result.summary[key] for key in ("mean", "min", "max")] == pytest.approx(numbers, abs=1e-12)
    assert result.rows.read(0, len(result.rows))["score"].tolist() == pytest.approx(
        expected.ravel().tolist(), abs=1e-12, nan_ok=True
    )


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


@pytest.mark.parametrize("name", ["mean", "centroid", "argmax"])
def test_eps_is_the_least_norm_between_all_items(name):
    a = np.full((3, 2, 2), [1e-9, 0.0])
    summary = compare(a, a, aggregates=[name], null=3).summary
    assert summary[f"{name}.baseline"] == pytest.approx(summary[name], rel=1e-12)
    assert summary[name] == pytest.approx(0.01, rel=1e-12)


def test_lengths_say_what_is_padding():
    a, b = np.random.default_rng(9).normal(size=(2, 4, 5, 3))
    a[0, 1] = 0  # a zero row that counts
    lengths = np.asarray([3, 5, 0, 2]), np.asarray([5.0, 1, 4, 5])
    result = compare(a, b, aggregates=["mean", "argmax"], lengths_a=lengths[0], lengths_b=lengths[1])
    for name in ("mean", "argmax"):
        load = find("aggregate", name).load()
        expected = [
            getattr(value, "score", value)
            for i in (0, 1, 3)
            for value in [load(a[i, : lengths[0][i]], b[i, : int(lengths[1][i])], backend=NUMPY)]
        ]
        assert np.delete(result.rows.columns[name], 2).tolist() == pytest.approx(expected, abs=1e-12)
    assert result.notes[0] == "rows beyond the lengths are padding and were left out: 10 of 20 in A, 5 of 20 in B"
    assert "1 zero row in A, 0 in B: their cosine is 0" in result.notes


@pytest.mark.parametrize(
    ("lengths", "error", "what"),
    [
        ([1, 2], ShapeError, "expected 3 lengths, one for each item"),
        ([1, 2, 5], DataError, "the length of item 2 is 5, expected a whole number from 0 to 4"),
        ([1, -1, 2], DataError, "the length of item 1 is -1"),
        ([1, 1.5, 2], DataError, "expected a whole number"),
        (["a", "b", "c"], DataError, "expected a whole number"),
    ],
)
def test_lengths_that_are_refused(lengths, error, what):
    with pytest.raises(error, match=what) as caught:
        compare(np.ones((3, 4, 2)), np.ones((3, 4, 2)), lengths_b=np.asarray(lengths))
    assert caught.value.where == "«lengths_b»"


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


def test_a_matrix_of_many_items_goes_to_its_sink_in_whole_rows(monkeypatch):
    monkeypatch.setattr(blocks, "QUERY_BLOCK", 8)
    a, b = padded(15, 20, 4), padded(16, 30, 4)
    taken = []
    into = lambda shape, dtype: lambda part: taken.append((part.start, part.scores.copy()))  # noqa: E731
    result = compare(a, b, aggregates=["maxsim"], cross=True, into=into)
    assert result.array is None
    assert [start for start, _ in taken] == list(range(0, 20, 2))
    whole = compare(a, b, aggregates=["maxsim"], cross=True)
    assert np.concatenate([part for _, part in taken]).tolist() == whole.array.tolist()
    assert result.grids[0].shape == (20, 30)
    assert result.grids[0].scores.tolist() == whole.array[:8, :8].tolist()
    monkeypatch.setattr(blocks, "LARGEST", 15)
    with pytest.raises(ResourceError, match="4 x 4 pairs of tokens, 15 fit"):
        compare(a, b, cross=True)


@pytest.mark.parametrize("name", ["argmax", "maxsim", "optimal"])
def test_paraphrases_score_above_unrelated_texts(sample_data, name):
    a, b = (open_vectors(str(sample_data / f"texts_{side}.npy")) for side in "ab")
    scores = compare(a, b, aggregates=[name]).rows.columns[name]
    assert scores[UNRELATED].max() < scores[~UNRELATED].min()


def test_texts_find_their_paraphrase_among_all(sample_data):
    a, b = (open_vectors(str(sample_data / f"texts_{side}.npy")) for side in "ab")
    matrix = compare(a, b, aggregates=["maxsim"], cross=True).array
    assert (matrix.argmax(axis=1) == np.arange(20))[~UNRELATED].sum() == 13  # all but pair 18, which shares few words
    aligned = compare(a, b, aggregates=["maxsim"]).rows.columns["maxsim"]
    assert matrix.diagonal().tolist() == pytest.approx(aligned.tolist(), abs=1e-12)
