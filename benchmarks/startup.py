"""Start-up: small jobs, beside the least that Python with Typer can do and beside one-liners of the peers."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from harness import Report, process, require_close

SAMPLES = Path(__file__).parent.parent / "sample_data"
SIMTOOL = str(Path(sysconfig.get_path("scripts")) / "simtool")
A, B, LABELS = (str(SAMPLES / f"wordsim_{name}.npy") for name in ("a", "b", "labels"))

HELP_FLOOR = """
import typer
app = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False)
@app.command()
def small(a: str, b: str): "Compare two files."
@app.command()
def other(a: str, b: str): "Compare two files."
app()
"""
COMMAND_FLOOR = """
import typer
app = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False)
@app.command()
def small(a: str, b: str, out: str = ""):
    import numpy as np
    from rich.console import Console
    from rich.table import Table
    x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (np.load(a), np.load(b)))
    matrix = x @ y.T
    table = Table(*map(str, range(8)))
    for row in matrix[:8, :8]:
        table.add_row(*map(str, row))
    Console(width=200).print(table)
    if out:
        np.save(out, matrix)
app()
"""
SCRIPT = """
import sys
import numpy as np
{imports}
a, b = np.load(sys.argv[1]), np.load(sys.argv[2])
matrix = {matrix}
print(matrix)
if len(sys.argv) > 3:
    np.save(sys.argv[3].removeprefix("--out="), np.asarray(matrix))
"""
PEERS = {
    "numpy, by hand": ("numpy", "from numpy.linalg import norm", "(a / norm(a, axis=1)[:, None]) @ (b / norm(b, axis=1)[:, None]).T"),
    "scikit-learn": ("sklearn", "from sklearn.metrics.pairwise import cosine_similarity", "cosine_similarity(a, b)"),
    "torch": (
        "torch",
        "import torch\nfrom torch.nn.functional import normalize as unit",
        "unit(torch.from_numpy(a)) @ unit(torch.from_numpy(b)).T",
    ),
    "sentence-transformers": ("sentence_transformers", "from sentence_transformers import util", "util.cos_sim(a, b)"),
}
