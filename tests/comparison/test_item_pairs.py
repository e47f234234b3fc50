"""All pairs of items: the matrix to a sink, the best of each item, all up to a threshold, the closest."""

import numpy as np
import pytest
from items_of_tokens import padded

from simtool import compare, open_vectors, pairwise
from simtool.comparison import token_blocks as blocks
from simtool.errors import ParameterError, ResourceError

UNRELATED = np.isin(np.arange(20), [10, 11, 12, 13, 14, 19])  # as the page of sample_data says


def late_interaction(a, b):
    """Khattab and Zaharia's equation 3 in a float64 loop; NaN with an item of padding alone."""
    a, b = ([item[item.any(axis=1)] for item in side.astype(np.float64)] for side in (a, b))
    scores = np.full((len(a), len(b)), np.nan)
    for i, query in enumerate(a):
        for j, document in enumerate(b):
            cosines = [[x @ y / np.linalg.norm(x) / np.linalg.norm(y) for y in document] for x in query]
            if len(query) and len(document):
                scores[i, j] = sum(map(max, cosines))
    return scores


@pytest.fixture
def sides(monkeypatch):
    """Two lists that take several tiles each, with an item that is all padding on either side."""
    monkeypatch.setattr(blocks, "QUERY_BLOCK", 8)
    a, b = padded(15, 20, 4), padded(16, 30, 4)
    a[3] = b[7] = 0
    return a, b


def test_the_matrix_is_the_sum_of_each_tokens_best_cosine(sides):
    result = pairwise(*sides, metric="maxsim")
    expected = late_interaction(*sides)
    assert result.array == pytest.approx(expected, abs=1e-12, nan_ok=True)
    defined = expected[~np.isnan(expected)]
    shown = [result.summary[key] for key in ("rows", "columns", "mean", "min", "max")]
    assert shown == pytest.approx([20, 30, defined.mean(), defined.min(), defined.max()])
    assert "1 item of A is all padding, undefined and not in the means: 3" in result.notes


@pytest.mark.parametrize("k", [1, 3, 40])
def test_top_k_is_the_best_of_each_row_of_the_matrix(sides, k):
    found = pairwise(*sides, metric="maxsim", top_k=k)
    matrix = pairwise(*sides, metric="maxsim").array
    rows = [(i, j) for i in range(20) for j in np.argsort(-matrix[i], kind="stable")[: min(k, 29)] if i != 3]
    assert [(row["a"], row["b"]) for row in found] == rows
    assert [row["score"] for row in found] == [matrix[pair] for pair in rows]
    assert [row["rank"] for row in found] == [*range(1, min(k, 29) + 1)] * 19


def test_a_threshold_and_the_closest_pairs_are_those_of_the_matrix(sides):
    matrix = np.nan_to_num(pairwise(*sides, metric="maxsim").array, nan=-np.inf)
    found = pairwise(*sides, metric="maxsim", threshold=1.5)
    assert [(row["a"], row["b"]) for row in found] == [tuple(pair) for pair in np.argwhere(matrix >= 1.5).tolist()]
    closest = pairwise(*sides, metric="maxsim", max_pairs=7)
    order = np.argsort(-matrix, axis=None, kind="stable")[:7]
    assert [(row["a"], row["b"]) for row in closest] == [divmod(int(place), 30) for place in order]
    both = pairwise(*sides, metric="maxsim", threshold=1.5, top_k=2)
    assert {(row["a"], row["b"]) for row in both} <= {(row["a"], row["b"]) for row in found}
    with pytest.raises(ParameterError, match="more than 5 pairs reach"):
        pairwise(*sides, metric="maxsim", threshold=1.5, max_results=5)


def test_equal_scores_are_listed_by_number(sides):
    _, b = sides
    copies = np.repeat(b[:1], 6, axis=0)
    assert [row["b"] for row in pairwise(b[1:3], copies, metric="maxsim", top_k=4)] == [0, 1, 2, 3] * 2


def test_a_list_against_itself_leaves_each_item_out_once(sides):
    a, _ = sides
    assert all(row["a"] != row["b"] for row in pairwise(a, metric="maxsim", top_k=2))
    matrix = pairwise(a, metric="maxsim")
    others = late_interaction(a, a)[~np.eye(20, dtype=bool)]
    assert matrix.summary["mean"] == pytest.approx(np.nanmean(others))
    assert not np.allclose(matrix.array, matrix.array.T, equal_nan=True)  # the first is the query


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
    assert result.grids[0].scores.tolist() == whole.array[:20, :20].tolist()
    monkeypatch.setattr(blocks, "LARGEST", 15)
    with pytest.raises(ResourceError, match="4 x 4 pairs of tokens, 15 fit"):
        compare(a, b, cross=True)


def test_texts_find_their_paraphrase_among_all(sample_data):
    a, b = (open_vectors(str(sample_data / f"texts_{side}.npy")) for side in "ab")
    matrix = compare(a, b, aggregates=["maxsim"], cross=True).array
    assert (matrix.argmax(axis=1) == np.arange(20))[~UNRELATED].sum() == 13  # all but pair 18, which shares few words
    aligned = compare(a, b, aggregates=["maxsim"]).rows.columns["maxsim"]
    assert matrix.diagonal().tolist() == pytest.approx(aligned.tolist(), abs=1e-12)
    found = pairwise(a, b, metric="maxsim", top_k=1)
    assert [row["b"] for row in found] == matrix.argmax(axis=1).tolist()
