"""What is projected: pieces of some rows, into an array where it is one column."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from simtool.engine import budget_of
from simtool.errors import ParameterError, ResourceError
from simtool.fitting.checkpoint import SavedHead
from simtool.fitting.heads import Head
from simtool.io import as_table, open_table
from simtool.operations import apply_plan
from simtool.operations.apply_plan import ApplyPlan

A = np.random.default_rng(2).normal(size=(50, 3))
WEIGHT = np.asarray([[1.0, 2.0, -1.0]])


def plan_of(rows, columns=("a",), **told):
    table = open_table(as_table(pa.table({name: list(A) for name in columns}), "t"))
    sides = {name: table.vectors(name) for name in columns}
    return ApplyPlan("h", SavedHead(Head("linear", WEIGHT), {}, np.asarray([])), table, sides, rows, "error", **told)


@pytest.mark.parametrize("rows", [None, np.asarray([0, 7, 8, 49])])
def test_an_array_is_the_product_in_any_pieces(rows, monkeypatch):
    monkeypatch.setattr(apply_plan, "PIECE_ROWS", 8)
    seen = []
    found = plan_of(rows).array(budget_of(None), lambda done, total: seen.append((done, total)))
    assert np.allclose(found, (A if rows is None else A[rows]) @ WEIGHT.T, rtol=1e-12)
    assert seen[-1] == (50, 50)


def test_an_array_has_to_fit():
    with pytest.raises(ResourceError, match="50 projected rows") as refused:
        plan_of(None).array(replace(budget_of(None), total=1), None)
    assert "output writes them; or max_memory=" in str(refused.value)


def test_an_array_is_of_one_column():
    with pytest.raises(ParameterError, match="a and b are projected"):
        plan_of(None, ("a", "b")).array(budget_of(None), None)
