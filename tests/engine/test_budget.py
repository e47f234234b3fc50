"""The bytes of a job: read, divided, refused, and kept to."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtool import memory as memories
from simtool import pairwise
from simtool.engine.budget import FEWEST, MOST, Budget, budget_of
from simtool.errors import ParameterError, ResourceError
from simtool.memory import WORKING, available_memory, shown

GIB = 1 << 30


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512M", 512 << 20),
        ("4G", 4 * GIB),
        ("4g", 4 * GIB),
        ("1.5G", 3 * GIB // 2),
        ("4GB", 4 * GIB),
        ("4 GiB", 4 * GIB),
        (" 1T ", 1 << 40),
        ("300000K", 300000 << 10),
        ("1000000000", 10**9),
        ("1000000000B", 10**9),
    ],
)
def test_a_size_is_read(text, size):
    assert budget_of(text).total == size


def test_a_share_is_that_of_what_is_free(monkeypatch):
    monkeypatch.setattr(memories, "available_memory", lambda: 40 * GIB)
    assert budget_of("50%").total == 20 * GIB
    assert budget_of("12.5 %").total == 5 * GIB
    assert budget_of(None).total == 10 * GIB
    monkeypatch.setattr(memories, "available_memory", lambda: GIB)
    assert budget_of(None).total == 2 * WORKING
    monkeypatch.setattr(memories, "available_memory", lambda: 200 << 20)
    assert budget_of(None).total == 200 << 20  # never more than is free
    monkeypatch.setattr(memories, "available_memory", lambda: 100 << 20)
    with pytest.raises(ResourceError, match="100 MiB of memory are free, and any job needs 160 MiB"):
        budget_of(None)


@pytest.mark.parametrize("text", ["", "much", "4X", "-4G", "G", "1e9", "nan", "4G4", "50%%", "%", "0x10", "1,5G"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ParameterError, match="expected a size") as refused:
        budget_of(text)
    assert refused.value.where == "«max_memory»"
    assert refused.value.hint == "as in 512M, 4G or 50%"


@pytest.mark.parametrize("text", ["0", "100M", "159M", "0%", "1"])
def test_less_than_any_job_needs_is_refused(text):
    with pytest.raises(ParameterError, match="less than the 160 MiB that any job needs"):
        budget_of(text)
    assert WORKING == 160 << 20


@given(total=st.integers(WORKING, 1 << 44), rows=st.integers(1, 10**7), dims=st.integers(1, 10**5))
def test_the_parts_of_a_budget_stay_within_it(total, rows, dims):
    budget = Budget(total)
    assert FEWEST <= budget.candidates <= MOST
    assert budget.mapped <= total // 4
    for itemsize in (2, 4, 8):
        plan = budget.plan(rows, rows, dims, itemsize)
        assert plan.kept_columns * dims * itemsize <= max(0, total // 2 - WORKING)


def test_a_plan_is_the_same_for_every_budget():
    small, large = (Budget(total).plan(10**6, 10**6, 64, 2) for total in (256 << 20, 4 * GIB))
    assert (small.query_block, small.corpus_block) == (large.query_block, large.corpus_block)
    assert small.kept_columns == 0 < large.kept_columns


def test_sizes_are_shown_as_people_read_them():
    assert [shown(size) for size in (160 << 20, GIB, 5 * GIB // 2)] == ["160 MiB", "1.0 GiB", "2.5 GiB"]


def test_there_is_some_memory():
    assert 0 < available_memory() < 1 << 60


# ---- what does not fit is refused before the work


def test_a_matrix_that_does_not_fit_is_refused(monkeypatch):
    rows = np.ones((20_000, 2), dtype="f4")
    monkeypatch.setattr("simtool.engine.matrices.sweep", lambda *args: pytest.fail("the work began"))
    with pytest.raises(ResourceError) as refused:
        pairwise(rows, max_memory="1G")
    assert refused.value.what == "the 20000 x 20000 matrix takes about 1.6 GiB, 1.0 GiB may be used"
    assert refused.value.where == "«max_memory»"
    assert "«output=scores.npy» writes it as it comes" in refused.value.hint
    assert "«top_k»" in refused.value.hint


@pytest.mark.parametrize("spec", [{"top_k": 2000}, {"max_pairs": 9_000_000}])
def test_a_list_that_does_not_fit_is_refused(monkeypatch, spec):
    rows = np.ones((5000, 2), dtype="f4")
    monkeypatch.setattr("simtool.engine.selections.sweep", lambda *args: pytest.fail("the work began"))
    with pytest.raises(ResourceError, match=r"a list of (10|9),000,000 pairs takes about"):
        pairwise(rows, max_memory="512M", **spec)


# ---- the peak of a process

PEAK = """
import resource, sys
import numpy as np
import simtool, simtool.engine.listing, simtool.engine.matrices, scipy
from pathlib import Path
def peak():
    return int(next(line for line in Path("/proc/self/status").open() if line.startswith("VmHWM")).split()[1]) << 10
rng = np.random.default_rng(0)
rows = rng.normal(size=(int(sys.argv[1]), 64)).astype("f4")
if sys.argv[2] == "tied":  # all scores within the bound of each other
    rows = 1 + 1e-4 * rows
simtool.pairwise(rows[:50], top_k=3)
before = peak()
counted = 0
def take(columns):
    global counted
    counted += len(columns["score"])
simtool.pairwise(rows, rows_into=take, max_memory="256M", **eval(sys.argv[3]))
print(counted, peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    ("rows", "data", "spec", "count"),
    [
        (20_000, "plain", {"top_k": 10}, 200_000),
        (20_000, "plain", {"threshold": 0.45}, None),
        (20_000, "plain", {"max_pairs": 1000}, 1000),
        (6_000, "tied", {"top_k": 10}, 60_000),
        (4_000, "tied", {"threshold": 0.9}, 4000 * 3999 // 2),
    ],
)
def test_the_peak_stays_within_the_budget(rows, data, spec, count):
    command = [sys.executable, "-c", PEAK, str(rows), data, repr(spec)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, grown = map(int, done.stdout.split())
    assert found == count or (count is None and found > 1000)
    assert grown < 256 << 20
