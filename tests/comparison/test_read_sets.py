"""Lists of sets as they are read: padding, lengths, and what is refused."""

import numpy as np
import pytest

from simtool import compare, pairwise
from simtool.backend import choose_backend
from simtool.catalogue import find
from simtool.errors import DataError, ShapeError

NUMPY = choose_backend("numpy")
BLOCKS = ["mean", "centroid", "argmax", "max", "maxsim", "top-k-mean"]
UNRELATED = np.isin(np.arange(20), [10, 11, 12, 13, 14, 19])  # as the page of sample_data says


@pytest.mark.parametrize("metric", [None, "maxsim"])
def test_items_with_nan_are_refused_with_a_mend_that_works(metric):
    items = np.ones((3, 2, 4))
    items[1, 0, 0] = np.nan
    with pytest.raises(DataError, match="row 1 of 3") as refused:
        compare(items, items) if metric is None else pairwise(items, metric=metric)
    assert refused.value.hint == "leave these items out of the file"


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
