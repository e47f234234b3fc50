"""Examples: those that are not finite can be left out."""

import numpy as np

import simtool
from simtool.fitting.checkpoint import read_head

N, D = 240, 6
GENERATOR = np.random.default_rng(3)
CLASSES = np.arange(N) % 4
NOISE = GENERATOR.standard_normal((N, D)).astype(np.float32)
# one dim tells the classes apart, the others are loud
CLEAR = (NOISE * [4, 4, 4, 4, 4, 0.3] + CLASSES[:, None] * np.eye(D)[5] * 3).astype(np.float32)


def test_rows_that_are_not_finite_can_be_left_out(tmp_path):
    broken = CLEAR.copy()
    broken[[3, 7]] = np.nan
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(broken, kind="sup-con", labels=CLASSES, epochs=1, nonfinite="drop", output=path)
    assert found.summary["train"] + found.summary["held_out"] == N - 2
    kept, other = np.setdiff1d(np.arange(N), [3, 7]), str(tmp_path / "other.safetensors")
    whole = simtool.fit(broken[kept], kind="sup-con", labels=CLASSES[kept], epochs=1, output=other)
    assert np.array_equal(read_head(path).held_out, kept[read_head(other).held_out])
    assert np.array_equal(whole.array, found.array)
