"""Tiles of sets of tokens: best cosines and means against a loop over the items."""

import numpy as np
import pytest

from simtool.aggregates.token_blocks import TokenBlock, TokenTile
from simtool.backend import choose_backend
from simtool.engine import Kernel, Span

RNG = np.random.default_rng(0)


def block(counts, tokens, backend):
    rows = RNG.normal(size=(len(counts), tokens, 3))
    real = np.arange(tokens)[None, :] < np.asarray(counts)[:, None]
    share = real * RNG.random(real.shape)
    share = share / share.sum(axis=1, keepdims=True)
    kernel = Kernel("cosine", "float64", False, choose_backend(backend))
    unit = kernel.prepare(rows.reshape(-1, 3)).rows
    return TokenBlock(Span(0, len(counts)), rows, unit, real, share, kernel)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_tile_is_its_loop(backend):
    a, b = block([2, 4, 1], 4, backend), block([3, 1], 3, backend)
    tile = TokenTile(a, b)
    forward, precision, recall = (np.empty((3, 2)) for _ in range(3))
    for i, j in np.ndindex(3, 2):
        x, y = a.padded[i][a.real[i]], b.padded[j][b.real[j]]
        cosines = (x @ y.T) / np.outer(np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1))
        forward[i, j] = cosines.max()
        precision[i, j] = np.average(cosines.max(axis=1), weights=a.share[i][a.real[i]])
        recall[i, j] = np.average(cosines.max(axis=0), weights=b.share[j][b.real[j]])
        assert tile.forward[i, : len(x), j].tolist() == pytest.approx(cosines.max(axis=1).tolist(), abs=1e-14)
    np.testing.assert_allclose(tile.precision, precision, atol=1e-14)
    np.testing.assert_allclose(tile.recall, recall, atol=1e-14)


def test_means_are_those_of_the_tokens_that_count():
    own = block([2, 3], 3, "numpy")
    for unit in (False, True):
        rows = own.padded / np.linalg.norm(own.padded, axis=2, keepdims=True) if unit else own.padded
        expected = [np.average(rows[item], axis=0, weights=own.share[item]) for item in (0, 1)]
        np.testing.assert_allclose(own.means(unit=unit), expected, atol=1e-14)
