"""A memory map whose file is cut off while it is read."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

JOB = """
import os, sys
from simtool import open_vectors
from simtool.cli.shrinking_files import end_where_a_map_shrinks
from simtool.delivery import delivery
from simtool.io.output import replacing
end_where_a_map_shrinks()
with delivery(), replacing("out.npy", force=False) as waiting, replacing("other.npy", force=False) as written:
    rows = open_vectors("x{form}").read(0, 20000)
    os.truncate("x{form}", 4096)
    print("cut off", flush=True)
    print({touch})
"""


@pytest.mark.parametrize("form", [".npy", ".npz"])
@pytest.mark.parametrize("touch", ["rows.sum()", "rows[-1].tolist()", "rows @ rows[:4].T"])
def test_a_map_that_shrinks_is_a_clear_error_and_leaves_nothing(tmp_path: Path, form: str, touch: str) -> None:
    rows = np.ones((20000, 64), np.float32)
    if form == ".npy":
        np.save(tmp_path / "x.npy", rows)
    else:
        np.savez(tmp_path / "x.npz", x=rows)
    script = JOB.format(form=form, touch=touch)
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "cut off\n"), done.stderr
    assert done.stderr.startswith("error: this input changed while it was read")
    assert f"in:  x{form}" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [f"x{form}"]
