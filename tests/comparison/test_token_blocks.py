"""Tiles of sets of tokens, against the aggregate of every two items."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from items_of_tokens import padded, score

from simtool import compare
from simtool.backend import choose_backend
from simtool.comparison import token_blocks as blocks
from simtool.comparison.options import summary_keys

NUMPY = choose_backend("numpy")
BLOCKS = ["mean", "centroid", "argmax", "max", "maxsim", "top-k-mean"]
UNRELATED = np.isin(np.arange(20), [10, 11, 12, 13, 14, 19])  # as the page of sample_data says


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


@pytest.mark.parametrize("name", ["mean", "centroid", "argmax"])
def test_eps_is_the_least_norm_between_all_items(name):
    a = np.full((3, 2, 2), [1e-9, 0.0])
    summary = compare(a, a, aggregates=[name], null=3).summary
    assert summary[f"{name}.baseline"] == pytest.approx(summary[name], rel=1e-12)
    assert summary[name] == pytest.approx(0.01, rel=1e-12)
