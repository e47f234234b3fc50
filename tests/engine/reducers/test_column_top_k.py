"""The k best of both sides from one sweep, against brute force of either."""

import numpy as np
import pytest
from asked_reducers import SCANS, merged
from brute_force import exact, ranked

from simtool.backend import choose_backend
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan
from simtool.engine.reducers.base import SelectionSpec
from simtool.engine.reducers.column_top_k import ColumnTopK
from simtool.engine.reducers.together import Together
from simtool.engine.reducers.top_k import TopK
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import sweep


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("tiling", [(60, 45), (7, 11)])
def test_one_sweep_finds_the_best_of_rows_and_of_columns(scan, tiling):
    rng, (backend, dtype) = np.random.default_rng(2), scan
    a, b = (rng.integers(-2, 3, (rows, 3)).astype("f4") for rows in (60, 45))
    asked = SelectionSpec(
        Kernel("cosine", dtype, False, choose_backend(backend)), Pairs("cosine", a, b, scaled=False), True
    )
    rows, columns = [], []
    by_column = ColumnTopK(4, asked, tiling[1], columns.append)
    sweep(a, b, asked.kernel, Together((TopK(4, asked, rows.append), by_column)), Plan(60, 45, *tiling))
    assert not columns  # before the last tile no column is known to be finished
    by_column.finish()
    matrix = exact("cosine", a, b)
    for given, scores in ((rows, matrix), (columns, matrix.T)):
        *places, found = merged(given)
        assert list(zip(*places, strict=True)) == ranked("cosine", scores, 4)
        np.testing.assert_allclose(found, scores[tuple(places)], rtol=1e-14)
