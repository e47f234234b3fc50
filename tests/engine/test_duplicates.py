"""Equal rows: found, counted, and left out of a top k beyond the first few."""

import numpy as np
import pytest
from brute_force import exact, listed, ranked
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import pairwise
from simtool.engine import duplicates
from simtool.engine.duplicates import beyond, occurrences, row_hashes

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


def left(rows, limit):
    """The rows that are left when of equal ones only the first few stay, one by one."""
    seen, stay = {}, []
    for number, row in enumerate(rows.tolist()):
        key = tuple(value + 0.0 for value in row)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= limit:
            stay.append(number)
    return stay


@settings(max_examples=100, deadline=None)
@given(
    n=st.integers(1, 60),
    d=st.integers(1, 9),
    limit=st.integers(1, 9),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**32 - 1),
)
def test_of_equal_rows_the_first_few_stay(n, d, limit, dtype, seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2, (n, d)).astype(dtype)
    if rows.dtype.kind == "f":
        rows *= rng.choice([-1.0, 1.0], (n, d))  # zeros of both signs
    stay, found = left(rows, limit), beyond(rows, limit)
    if n - len(stay) < 0.1 * n:
        assert found is None
    else:
        assert found.tolist() == stay


def test_rows_of_nan_are_as_good_as_equal():
    rows = np.repeat([[1.0, 2.0], [np.nan, np.nan]], 10, axis=0)
    assert beyond(rows, 3).tolist() == [0, 1, 2, 10, 11, 12]


def test_rows_of_one_hash_that_differ_stay(monkeypatch):
    rows = np.asarray([[1.0], [2.0], [1.0], [1.0], [1.0]])
    assert beyond(rows, 2).tolist() == [0, 1, 2]
    monkeypatch.setattr(duplicates, "row_hashes", lambda rows: np.zeros(len(rows), dtype=np.uint64))
    assert beyond(rows, 2) is None


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [1, 3, 8, 64])
def test_hashes_tell_rows_apart(dtype, width):
    rng = np.random.default_rng(0)
    for high in (2, 100):
        rows = np.unique(rng.integers(0, high, (20_000, width)), axis=0).astype(dtype)
        assert len(np.unique(row_hashes(rows))) == len(rows)


def test_hashes_tell_rows_of_signs_apart():
    # they differ in one bit of each number
    for dtype in ("f2", "f4", "f8"):
        signs = np.unique(np.random.default_rng(0).choice([-1.0, 1.0], (100_000, 64)), axis=0).astype(dtype)
        assert len(np.unique(row_hashes(signs))) == len(signs)


def test_hashes_do_not_depend_on_the_pieces_or_the_layout(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(50, 2, 3)).astype("f4")
    whole = row_hashes(rows)
    assert row_hashes(np.asfortranarray(rows)).tolist() == whole.tolist()
    monkeypatch.setattr(duplicates, "CHUNK", 20)
    assert row_hashes(rows).tolist() == whole.tolist()
    first, before = occurrences(np.asarray([7, 5, 7, 7, 5], dtype=np.uint64))
    assert (first.tolist(), before.tolist()) == ([0, 1, 0, 0, 1], [0, 0, 1, 2, 1])


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    m=st.integers(2, 60),
    k=st.integers(1, 7),
    exclude_self=st.booleans(),
    alone=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_top_k_among_equal_rows_leaves_itself_out_and_no_other(n, m, k, exclude_self, alone, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(0, 2, (size, 2)).astype("f4") for size in (n, m))
    b = a if alone else b
    result = pairwise(a, None if alone else b, top_k=k, exclude_self=exclude_self)
    assert listed(result) == ranked("cosine", exact("cosine", a, b), k, exclude_self=exclude_self)
