"""The full matrix into an npy file, whole processes: wall seconds and peak memory."""

import os
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from data import saved
from harness import Report, Run, output_of, present, process, require_close

SIMTOOL = str(Path(sysconfig.get_path("scripts")) / "simtool")
DIMS = 384
QUERY_BLOCK = 500

SCRIPT = """
import sys
import numpy as np
{imports}
a, b = np.load(sys.argv[1]), np.load(sys.argv[2])
matrix = {matrix}
np.save(sys.argv[3], matrix)
"""
PEERS = {
    "numpy, by hand": (
        "numpy",
        "from numpy.linalg import norm",
        "(a / norm(a, axis=1, keepdims=True)) @ (b / norm(b, axis=1, keepdims=True)).T",
    ),
    "scikit-learn": ("sklearn", "from sklearn.metrics.pairwise import cosine_similarity", "cosine_similarity(a, b)"),
    "torch": (
        "torch",
        "import torch\nfrom torch.nn.functional import normalize as unit",
        "(unit(torch.from_numpy(a)) @ unit(torch.from_numpy(b)).T).numpy()",
    ),
}


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check and time the matrix of two files."""
    rows = 4000 if quick else 20_000
    a, b = (saved(folder / f"{name}.npy", rows, DIMS, seed) for seed, name in enumerate("ab"))
    out = folder / "matrix.npy"
    commands = {
        name: [sys.executable, "-c", SCRIPT.format(imports=imports, matrix=matrix), a, b, str(out)]
        for name, (module, imports, matrix) in PEERS.items()
        if present(name, module)
    }
    commands["simtool pairwise -o"] = [SIMTOOL, "pairwise", a, b, "-o", str(out)]
    for name, command in commands.items():
        _check(name, command, a, b, out)
    contenders = {name: _afresh(command, out) for name, command in commands.items()}
    # bytes of the result as the work: what bounds it in the end is the disk
    work = (4 * rows * rows / 1e9, "GB")
    report.contest("full matrix into npy", contenders, shape=f"{rows} × {rows}, d {DIMS}, float32", work=work)


def _check(name: str, command: Sequence[str], a: str, b: str, out: Path) -> None:
    """Refuse a matrix that is not the cosine, by float64 on every twentieth query block of its rows."""
    out.unlink(missing_ok=True)
    output_of(command)
    matrix = np.load(out, mmap_mode="r")
    x, y = (np.load(path).astype(np.float64) for path in (a, b))
    x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))
    if (matrix.shape, matrix.dtype) != ((len(x), len(y)), np.float32):
        raise AssertionError(f"{name} wrote {matrix.shape} {matrix.dtype}")
    for start in range(0, len(x), QUERY_BLOCK):
        some = slice(start, start + QUERY_BLOCK, 20)
        require_close(name, float(np.abs(matrix[some] - x[some] @ y.T).max()))


def _afresh(command: Sequence[str], out: Path) -> Run:
    """Return a run that neither overwrites a file nor waits for what the one before still has to write."""

    def clean() -> None:
        out.unlink(missing_ok=True)
        os.sync()

    return process(command, before=clean)
