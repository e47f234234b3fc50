"""Dry runs: arithmetic by hand, the refusals of the run, nothing read but a sample, nothing written."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import simtool
from simtool.errors import DataError, ParameterError, ResourceError, ShapeError, SimtoolError
from simtool.estimates.asked import KEYS

RNG = np.random.default_rng(0)
X = RNG.standard_normal((900, 16)).astype(np.float32)
Y = RNG.standard_normal((700, 16)).astype(np.float32)
CLASSES = np.arange(900) % 30
DOORS = {
    "top k": (lambda **more: simtool.pairwise(X, Y, top_k=3, **more), 900 * 700),
    "matrix": (lambda **more: simtool.pairwise(X, Y, **more), 900 * 700),
    "euclidean": (lambda **more: simtool.pairwise(X, threshold=1.0, metric="euclidean", **more), 900 * 899 // 2),
    "batches": (lambda **more: simtool.pairwise(X.reshape(9, 100, 16), top_k=3, **more), 9 * 100 * 100),
    "dedup": (lambda **more: simtool.dedup(X, threshold=0.9, **more), 900 * 899 // 2),
    "leak": (lambda **more: simtool.leak(X, Y, threshold=0.9, **more), 900 * 700),
    "classes": (lambda **more: simtool.evaluate(X, labels=CLASSES, **more), 900 * 899 // 2),
    "pairs": (lambda **more: simtool.evaluate(X, X[::-1], CLASSES % 2, **more), 900),
    "compare": (lambda **more: simtool.compare(X, Y, **more), 900 * 700),
    "loss of pairs": (lambda **more: simtool.loss(X, X[::-1], labels=CLASSES % 2, kind="contrastive", **more), 900),
    "loss of classes": (lambda **more: simtool.loss(X, labels=CLASSES, kind="sup-con", **more), 900 * 900),
}


@pytest.mark.parametrize("name", DOORS)
def test_pairs_and_operations_are_those_of_arithmetic_by_hand(name):
    door, pairs = DOORS[name]
    found = door(dry_run=True)
    assert tuple(found.summary) == KEYS
    assert found.summary["pairs"] == pairs
    if name not in ("pairs", "loss of pairs"):
        assert found.summary["flop"] == 2 * 16 * pairs
    assert found.summary["seconds"] > 0
    assert found.rows.names[0] == "phase"
    columns = found.rows.read(0, len(found.rows))
    for key in ("pairs", "flop", "bytes_read", "bytes_written"):
        assert columns[key].sum() == found.summary[key]
    assert columns["seconds"].sum() == pytest.approx(found.summary["seconds"])
    assert columns["peak_memory"].max() == found.summary["peak_memory"]


def test_bytes_are_those_of_the_rows_and_of_what_is_handed_on():
    found = simtool.pairwise(X, Y, top_k=3, dry_run=True)
    assert found.summary["bytes_read"] == (900 + 700) * 16 * 4
    assert found.summary["bytes_written"] == 900 * 3 * 24
    assert simtool.pairwise(X, Y, dry_run=True).summary["bytes_written"] == 900 * 700 * 4


def test_the_gates_are_those_of_the_plan():
    simtool.dedup(X, threshold=0.9, dry_run=True, require_keys=["peak_memory"]).check("peak_memory < 4e9")
    with pytest.raises(ParameterError, match="no number is called 'kept'"):
        simtool.dedup(X, threshold=0.9, dry_run=True, require_keys=["kept"])


def test_a_row_that_is_not_finite_has_its_number_in_the_file():
    rows = np.ones((5000, 900), dtype=np.float32)
    rows[-1] = np.inf
    for door in (partial(simtool.pairwise, rows, top_k=1), partial(simtool.loss, rows, rows, kind="info-nce")):
        with pytest.raises(DataError, match="row 4999 of 5000 holds NaN or infinity"):
            door(dry_run=True)


@pytest.mark.parametrize(
    ("door", "error"),
    [
        (lambda **more: simtool.pairwise(X, Y[:, :3], top_k=2, **more), ShapeError),
        (lambda **more: simtool.pairwise("missing.npy", top_k=2, **more), SimtoolError),
        (lambda **more: simtool.pairwise(np.full((9, 3), np.nan), top_k=2, **more), DataError),
        (lambda **more: simtool.compare(np.full((9, 3), np.nan), X[:, :3], **more), DataError),
        (
            lambda **more: simtool.loss(np.full((9, 3), np.nan), labels=np.arange(9) % 2, kind="sup-con", **more),
            DataError,
        ),
        (lambda **more: simtool.pairwise(X, Y, max_memory=(160 << 20) + 1000, **more), ResourceError),
        (lambda **more: simtool.pairwise(X, Y, top_k=0, **more), ParameterError),
        (lambda **more: simtool.dedup(X, **more), ParameterError),
        (lambda **more: simtool.leak(X, Y, threshold=3.0, **more), ParameterError),
        (lambda **more: simtool.evaluate(X, Y, CLASSES, **more), ShapeError),
        (lambda **more: simtool.compare(X, Y[:, :3], **more), ShapeError),
        (lambda **more: simtool.loss(X, Y, kind="contrastive", **more), SimtoolError),
        (lambda **more: simtool.loss(X, labels=CLASSES[:4], kind="sup-con", **more), SimtoolError),
    ],
)
def test_what_the_run_refuses_the_plan_refuses(door, error):
    with pytest.raises(error) as of_run:
        door()
    with pytest.raises(error) as of_plan:
        door(dry_run=True)
    assert str(of_plan.value) == str(of_run.value)


def test_an_unknown_device_gets_the_closest_name():
    with pytest.raises(ParameterError, match="h10"):
        simtool.pairwise(X, top_k=2, dry_run=True, device_name="h10")


def test_a_device_without_a_dry_run_is_refused():
    for door, _ in DOORS.values():
        with pytest.raises(ParameterError, match="only a dry run counts the hours of a device"):
            door(device_name="a100")
        with pytest.raises(ParameterError, match="unknown value 'zz'"):
            door(device_name="zz")


def test_nothing_is_written(tmp_path):
    np.save(tmp_path / "x.npy", X)
    kept = str(tmp_path / "kept.npy")
    simtool.dedup(str(tmp_path / "x.npy"), threshold=0.9, output=kept, groups=kept[:-4] + ".csv", dry_run=True)
    simtool.pairwise(str(tmp_path / "x.npy"), dry_run=True, into=lambda shape, dtype: pytest.fail("opened"))
    simtool.evaluate(X, X[::-1], CLASSES % 2, thresholds_out=str(tmp_path / "t.json"), dry_run=True)
    assert [each.name for each in tmp_path.iterdir()] == ["x.npy"]


def test_only_a_sample_is_read(tmp_path):
    path = tmp_path / "x.npy"
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(400_000, 64))
    rows[200_123] = np.nan  # which the run would find, and a sample does not look at
    rows[:1000] = 1.0
    found = simtool.pairwise(str(path), top_k=2, dry_run=True)
    assert found.summary["bytes_read"] >= 400_000 * 64 * 4
    assert any("of 400,000 rows" in note for note in found.notes)


MEASURED = """
import re, sys
import numpy as np, simtool
def peak(): return int(re.search("VmHWM:(.*)kB", open("/proc/self/status").read())[1]) << 10
x = np.random.default_rng(0).standard_normal((6000, 64)).astype(np.float32)
job = {job}
simtool.pairwise(x[:50], top_k=1)
before = peak()
job()
print(peak() - before, job(dry_run=True).summary["peak_memory"])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
@pytest.mark.parametrize(
    "job",
    [
        "lambda **more: simtool.pairwise(x, top_k=10, **more)",
        "lambda **more: simtool.pairwise(x, **more)",
        "lambda **more: simtool.dedup(x, threshold=0.9, **more)",
        "lambda **more: simtool.loss(x, labels=np.arange(6000) % 60, kind='sup-con', **more)",
        "lambda **more: simtool.evaluate(x, labels=np.arange(6000) % 60, **more)",
        "lambda **more: simtool.compare(x, x[::-1], **more)",
    ],
)
def test_the_peak_is_an_upper_bound_of_what_is_taken(job):
    script = MEASURED.format(job=job)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    taken, told = map(int, done.stdout.split())
    assert taken <= told
