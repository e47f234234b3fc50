"""Sums of functions over all pairs against scipy's distances; equal rows are told by their numbers."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simtool.aggregates import pair_sums as module
from simtool.aggregates.pair_sums import PairSums, equal_rows
from simtool.backend import choose_backend
from simtool.engine import Pairs
from simtool.engine import plan as tiles

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)), RNG.normal(size=(45, 4)) + 1
X[20:40] = X[3]
Y[:5] = X[3]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("tiling", "piece"), [((1024, 4096), 1 << 15), ((16, 9), 20), ((7, 30), 1)])
def test_estimates_are_means_of_all_pairs(tiling, piece, backend, monkeypatch):
    monkeypatch.setattr(tiles, "QUERY_BLOCK", tiling[0])
    monkeypatch.setattr(tiles, "CORPUS_BLOCK", tiling[1])
    monkeypatch.setattr(module, "PIECE", piece)
    chosen = choose_backend(backend)
    functions = [lambda squares: -(squares**0.5), lambda squares: squares]
    found = list(PairSums(X, Y, "sqeuclidean", functions, chosen, None).estimates())
    for one, function in zip(found, (lambda d: -d, lambda d: d**2), strict=True):
        own, other, both = (function(cdist(a, b)) for a, b in ((X, X), (Y, Y), (X, Y)))
        assert one.biased == pytest.approx(max(0, own.mean() + other.mean() - 2 * both.mean()), abs=1e-12)
        off = [matrix.sum() / (len(matrix) * (len(matrix) - 1)) for matrix in (own, other)]
        assert one.unbiased == pytest.approx(sum(off) - 2 * both.mean(), abs=1e-12)


def test_equal_rows_need_no_exact_score(monkeypatch):
    scored, score = [], Pairs.score
    monkeypatch.setattr(Pairs, "score", lambda pairs, *p: (scored.append(len(p[0])), score(pairs, *p))[1])
    sums = PairSums(np.ones((300, 8)), np.ones((200, 8)), "sqeuclidean", [lambda s: -(s**0.5)], choose_backend(), None)
    found = next(sums.estimates())
    assert (found.biased, found.unbiased) == (0.0, 0.0)
    assert sum(scored) == 0


def test_codes_are_the_same_for_equal_rows_only(monkeypatch):
    a, b = equal_rows(X, Y)
    codes, rows = np.append(a, b), np.concatenate([X, Y])
    same = (rows[:, None] == rows[None]).all(axis=2)
    assert ((codes[:, None] == codes[None]) == same).all()
    # rows of one hash are looked at number by number
    monkeypatch.setattr(module, "row_hashes", lambda rows: np.zeros(len(rows), dtype=np.uint64))
    a, b = equal_rows(X, Y)
    codes = np.append(a, b)
    assert not ((codes[:, None] == codes[None]) & ~same).any()
