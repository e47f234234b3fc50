"""The plan of `dedup`: what it counts of its work, and that an estimate writes nothing."""

import numpy as np
import pytest

from simtool.grouping.outputs import GroupOutputs
from simtool.grouping.plan import DedupPlan
from simtool.grouping.preference import KeepRule
from simtool.grouping.table_rows import TableRows
from simtool.io import as_table
from simtool.metrics import metric_of
from simtool.settings import Settings

ROWS = np.random.default_rng(0).normal(size=(50, 4)).astype("f4")


@pytest.fixture
def planned(tmp_path):
    def plan(thresholds, output=None):
        settings = Settings().checked()
        outputs = GroupOutputs(output and str(tmp_path / output), None, None, False, False)
        how = {"linkage": "connected", "keep": "first", "by": None, "exact": None, "seed": None}
        rows = TableRows.open(as_table(ROWS, "rows"), None, [], settings)
        return DedupPlan.of(metric_of("cosine"), thresholds, KeepRule("first"), how, outputs, 10, settings, rows)

    return plan


def test_the_pairs_of_a_set_are_counted_once(planned):
    (phase,) = planned((0.9,)).phases([(1000, 4)])
    assert phase.pairs == 1000 * 999 // 2
    assert planned(()).phases([(1000, 4)])[0].name == "equal rows"
    assert planned((0.9,), "kept.npy").phases([(1000, 4)])[0].bytes_written == 1000 * 4 * 4


def test_a_trial_writes_nothing(planned, tmp_path):
    planned((0.9,), "kept.npy").trial()
    assert list(tmp_path.iterdir()) == []
    assert planned((0.9,), "kept.npy").run(None).written
    assert [path.name for path in tmp_path.iterdir()] == ["kept.npy"]
