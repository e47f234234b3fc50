"""Answers by brute force, and problems whose answers are exact: rows of whole numbers, many of them alike."""

from math import pi

import numpy as np
from hypothesis import strategies as st

from simtool import pairwise
from simtool.engine import duplicates
from simtool.engine import plan as tiles
from simtool.engine.budget import Budget
from simtool.engine.candidates import Scan

BACKENDS = ["numpy", "torch"]
METRICS = ["cosine", "angular", "dot", "euclidean", "sqeuclidean", "manhattan"]
CLOSER = {"cosine": True, "dot": True}  # larger is closer
# where and in which precision a selection may scan; a metric that cannot takes the next better one
SCANS = [("torch", "bfloat16"), ("torch", "float32"), ("numpy", "float32"), ("numpy", "float64"), ("torch", "float64")]


def exact(metric, a, b):
    """The matrix for rows of integers: whole-number sums, then one root and one division, as rounded by IEEE."""
    a, b = a.astype(np.int64), b.astype(np.int64)
    if metric == "manhattan":
        return np.abs(a[:, None] - b[None]).sum(axis=2).astype(float)
    dots, xx, yy = a @ b.T, (a * a).sum(axis=1), (b * b).sum(axis=1)
    if metric == "dot":
        return dots.astype(float)
    if metric in ("cosine", "angular"):
        sizes = np.sqrt(xx.astype(float)[:, None] * yy.astype(float)[None])
        cosine = np.clip(dots / np.where(sizes > 0, sizes, 1.0), -1.0, 1.0)
        return cosine if metric == "cosine" else np.arccos(cosine) / pi
    squares = (xx[:, None] + yy[None] - 2 * dots).astype(float)
    return squares if metric == "sqeuclidean" else np.sqrt(squares)


def ranked(metric, matrix, k, *, exclude_self=False):
    """The (row, column) of the k best of each row: closest first, then lowest number; NaN is no score."""
    sign = -1 if CLOSER.get(metric) else 1
    pairs = []
    for i, row in enumerate(sign * matrix):
        others = [j for j in np.argsort(row, kind="stable").tolist() if not (exclude_self and i == j)]
        pairs += [(i, j) for j in others[:k] if row[j] == row[j]]
    return pairs


def asked(matrix, *, exclude_self=False, alone=False):
    """Which pairs count: without self pairs, and with A against itself each pair once."""
    if exclude_self:
        return np.triu(np.ones(matrix.shape, bool), 1) if alone else ~np.eye(*matrix.shape, dtype=bool)
    return np.ones(matrix.shape, bool)


def best(metric, matrix, most, **options):
    """The (row, column) of the best pairs of all, ties by row, then column."""
    sign = -1 if CLOSER.get(metric) else 1
    row, column = np.nonzero(asked(matrix, **options) & ~np.isnan(matrix))
    order = np.argsort(sign * matrix[row, column], kind="stable")[:most]
    return list(zip(row[order].tolist(), column[order].tolist(), strict=True))


def within(metric, matrix, threshold, **options):
    """The (row, column) of the pairs up to a threshold."""
    close = matrix >= threshold if CLOSER.get(metric) else matrix <= threshold
    return [tuple(place) for place in np.argwhere(close & asked(matrix, **options)).tolist()]


def listed(result):
    """The (row, column) of the pairs of a result."""
    return list(zip(result.rows.columns["a"].tolist(), result.rows.columns["b"].tolist(), strict=True))


def in_tiles(patch, query_block, corpus_block):
    """Make tiles of this size."""
    patch.setattr(tiles, "QUERY_BLOCK", query_block)
    patch.setattr(tiles, "CORPUS_BLOCK", corpus_block)
    patch.setattr("simtool.engine.matches.SMALL", 0)  # small sets are swept too


def holding(patch, most):
    """Let this many candidates be held before they are reduced."""
    patch.setattr(Budget, "candidates", property(lambda budget: most))


def scanning(patch, dtype):
    """Make bfloat16 pay on torch, or not; return the option for the precision."""
    patch.setattr("simtool.engine.calibration.pays", lambda precision, backend, dims: dtype == "bfloat16")
    return "float64" if dtype == "float64" else "auto"


def refinements(patch):
    """Return a list that gets an entry for every tile that is scored again in float64."""
    seen, rescan = [], Scan.rescan

    def watched(scan, *args, **options):
        fine = rescan(scan, *args, **options)
        if fine is not scan:
            seen.append(scan.kernel.dtype)
        return fine

    patch.setattr(Scan, "rescan", watched)
    return seen


def select(patch, scan, *sides, tiling=None, most=None, share=None, **spec):
    """A selection, scanned in a given way; `share` is how many equal rows make it worth to leave them out."""
    backend, dtype = scan
    precision = scanning(patch, dtype)
    if tiling is not None:
        in_tiles(patch, *tiling)
    if most is not None:
        holding(patch, most)
    if share is not None:
        patch.setattr(duplicates, "SHARE", share)
    return pairwise(*sides, backend=backend, precision=precision, **spec)


@st.composite
def problems(draw, rows=9, columns=40):
    """Few distinct small integers: many ties, equal rows, zero rows, and scores that are exact."""
    n, m, d = draw(st.integers(1, rows)), draw(st.integers(1, columns)), draw(st.integers(1, 5))
    dtype = draw(st.sampled_from(["f2", "f4", "f8", "i1", "i8", "u1", "u4"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    least = 0 if dtype.startswith("u") else -2
    a, b = (rng.integers(least, 3, (size, d)) for size in (n, m))
    return a, b, dtype


tilings = st.tuples(st.integers(1, 9), st.integers(1, 40))
ways = st.fixed_dictionaries(
    {
        "scan": st.sampled_from(SCANS),
        "tiling": tilings,
        "most": st.sampled_from([1, 20, 1 << 21]),
        "share": st.sampled_from([0.0, 0.1, 2.0]),
    }
)
