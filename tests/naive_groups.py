"""Groups of rows by the whole float64 matrix, and those of the reducers on it."""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from simtool.backend import choose_backend, quiet
from simtool.engine import Exclusion, Input, PairwiseJob, budget_of
from simtool.engine.grouping import LINKAGES
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan
from simtool.engine.prefix_scan import PrefixKernel
from simtool.engine.reducers.base import SelectionSpec
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import sweep
from simtool.metrics import metric_of

_RNG = np.random.default_rng(0)
_CENTERS = _RNG.normal(size=(140, 8))
CLUSTERED = (_CENTERS[_RNG.integers(0, 140, 700)] + 0.4 * _RNG.normal(size=(700, 8))).astype("f4")


def close_to(rows, threshold):
    """Return (n, n) which pairs have at least this cosine, in float64."""
    unit = rows.astype("f8") / np.linalg.norm(rows.astype("f8"), axis=1)[:, None]
    return unit @ unit.T >= threshold


def components(close):
    """Return the first row of the component of each row."""
    labels = connected_components(csr_matrix(close), directed=False)[1]
    first: dict[int, int] = {}
    return np.asarray([first.setdefault(label, row) for row, label in enumerate(labels.tolist())])


def greedy(close, linkage):
    """Return the first row of the group of each row: of the earliest group whose first row, or every row, is close."""
    first, groups = np.arange(len(close)), {}
    for row in range(len(close)):
        fitting = (g for g, of in groups.items() if close[row, [g] if linkage == "leader" else of].all())
        first[row] = next(fitting, row)
        groups.setdefault(int(first[row]), []).append(row)
    return first


def grouped(linkage, rows, thresholds, tiling, codes=None, metric="cosine", rotation=None):
    """Return what a reducer makes of all tiles of a plan."""
    measure = metric_of(metric)
    kernel, pairs = Kernel(measure, "float32", False, choose_backend()), Pairs(measure, rows, rows, scaled=False)
    kernel = kernel if rotation is None else PrefixKernel.of(kernel, rotation)
    reducer = LINKAGES[linkage](thresholds, SelectionSpec(kernel, pairs, measure.larger_is_closer), codes)
    with quiet():
        sweep(rows, rows, kernel, reducer, Plan(len(rows), len(rows), *tiling, kept_columns=len(rows), lanes=4))
    return reducer.groups()


def job_of(rows, metric):
    """Return the job of rows against themselves."""
    side = Input.of_rows(rows)
    excluded = Exclusion.of_rows(len(rows), len(rows))
    return PairwiseJob(side, side, metric_of(metric), excluded, True, "auto", choose_backend(), budget_of(None))
