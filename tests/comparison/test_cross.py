"""The matrix of all items: whole rows to a sink, and its corner."""

import numpy as np
import pytest
from items_of_tokens import padded

from simtool import compare, open_vectors
from simtool.backend import choose_backend
from simtool.comparison import token_blocks as blocks
from simtool.errors import ResourceError

NUMPY = choose_backend("numpy")
BLOCKS = ["mean", "centroid", "argmax", "max", "maxsim", "top-k-mean"]
UNRELATED = np.isin(np.arange(20), [10, 11, 12, 13, 14, 19])  # as the page of sample_data says


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


def test_texts_find_their_paraphrase_among_all(sample_data):
    a, b = (open_vectors(str(sample_data / f"texts_{side}.npy")) for side in "ab")
    matrix = compare(a, b, aggregates=["maxsim"], cross=True).array
    assert (matrix.argmax(axis=1) == np.arange(20))[~UNRELATED].sum() == 13  # all but pair 18, which shares few words
    aligned = compare(a, b, aggregates=["maxsim"]).rows.columns["maxsim"]
    assert matrix.diagonal().tolist() == pytest.approx(aligned.tolist(), abs=1e-12)
