"""Start-up: small jobs, beside the least that Python with Typer can do and beside one-liners of the peers."""

import json
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from harness import Report, Run, output_of, present, process, require_close
from numpy.typing import NDArray

SAMPLES = Path(__file__).parents[2] / "sample_data"
SIMTOOL = str(Path(sysconfig.get_path("scripts")) / "simtool")
A, B, LABELS = (str(SAMPLES / f"wordsim_{name}.npy") for name in ("a", "b", "labels"))

START, SMALL = 1.3, 1.3  # how many times the floor help and small jobs may take
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
    "numpy, by hand": (
        "numpy",
        "from numpy.linalg import norm",
        "(a / norm(a, axis=1)[:, None]) @ (b / norm(b, axis=1)[:, None]).T",
    ),
    "scikit-learn": ("sklearn", "from sklearn.metrics.pairwise import cosine_similarity", "cosine_similarity(a, b)"),
    "torch": (
        "torch",
        "import torch\nfrom torch.nn.functional import normalize as unit",
        "unit(torch.from_numpy(a)) @ unit(torch.from_numpy(b)).T",
    ),
    "sentence-transformers": ("sentence_transformers", "from sentence_transformers import util", "util.cos_sim(a, b)"),
}
HELPED = ("pairwise", "compare", "loss", "fit", "list")
COMMANDS = {
    "similarity": ["similarity", A, B],
    "compare": ["compare", A, B],
    "compare --aggregate mean": ["compare", A, B, "--aggregate", "mean"],
    "loss": ["loss", A, B, "--labels", LABELS, "--kind", "cosine-embedding", "--margin", "0.2"],
    "pairwise --top-k": ["pairwise", A, B, "--top-k", "5"],
}


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Time help, a small matrix and other small commands, each beside its floor."""
    helped = {
        "floor: Typer": python(HELP_FLOOR, "--help"),
        "simtool --help": [SIMTOOL, "--help"],
        "simtool --version": [SIMTOOL, "--version"],
    }
    _start(report, "help", helped)
    helped = {"floor: Typer": python(HELP_FLOOR, "small", "--help")}
    helped |= {f"simtool {name} --help": [SIMTOOL, name, "--help"] for name in HELPED}
    _start(report, "help of a command", helped)
    script = folder / "floor"
    script.write_text(HELP_FLOOR)
    completed = {
        "floor: Typer": _completion("floor s", [sys.executable, str(script)]),
        "simtool pair<TAB>": _completion("simtool pair", [SIMTOOL]),
        "simtool pairwise --me<TAB>": _completion("simtool pairwise --me", [SIMTOOL]),
    }
    _start(report, "completion in bash", completed)
    floor = {"floor: Typer, numpy, table": python(COMMAND_FLOOR, A, B)}
    matrices = {**floor, "simtool pairwise": [SIMTOOL, "pairwise", A, B], **_peers()}
    check_matrices(matrices, folder)
    check_summaries()
    shape = "353 × 353, d 384, float32"
    goals = {"simtool pairwise": SMALL}
    report.contest("small matrix, printed", _processes(matrices), shape=shape, goals=goals)
    others = {f"simtool {name}": [SIMTOOL, *arguments] for name, arguments in COMMANDS.items()}
    goals = dict.fromkeys(others, SMALL)
    report.contest("other small commands", _processes({**floor, **others}), shape=shape, goals=goals)


def _start(report: Report, job: str, commands: Mapping[str, list[str]]) -> None:
    """Time what begins, says something and ends; the first command is the floor."""
    goals = dict.fromkeys(list(commands)[1:], START)
    report.contest(job, _processes(commands), shape="no input", goals=goals)


def _completion(line: str, command: list[str]) -> list[str]:
    """Return the command line by which bash asks what may follow a line."""
    words = line.split(" ")
    asks = f"_{words[0].upper()}_COMPLETE=complete_bash"
    return ["env", asks, f"COMP_WORDS={line}", f"COMP_CWORD={len(words) - 1}", *command]


def python(script: str, *arguments: str) -> list[str]:
    """Return the command line of a script."""
    return [sys.executable, "-c", script, *arguments]


def check_matrices(commands: Mapping[str, list[str]], folder: Path) -> None:
    """Let every command write its matrix, and refuse any that is not the cosine of float64."""
    expected = cosines()
    for number, (name, command) in enumerate(commands.items()):
        path = folder / f"small{number}.npy"
        output_of([*command, f"-o{path}" if command[0] == SIMTOOL else f"--out={path}"])
        require_close(name, float(np.abs(np.load(path) - expected).max()))


def check_summaries() -> None:
    """Refuse small commands whose numbers are not those of float64."""
    cosine = cosines()
    pairs, same = np.diagonal(cosine), np.load(LABELS) == 1
    expected = {
        "similarity": ("mean", pairs.mean()),
        "compare": ("argmax", 2 / (1 / cosine.max(axis=0).mean() + 1 / cosine.max(axis=1).mean())),
        "compare --aggregate mean": ("mean", cosine.mean()),
        "loss": ("mean", np.where(same, 1 - pairs, np.maximum(0, pairs - 0.2)).mean()),
        "pairwise --top-k": ("mean", np.sort(cosine, axis=1)[:, -5:].mean()),
    }
    for name, (key, value) in expected.items():
        shown = json.loads(output_of([SIMTOOL, *COMMANDS[name], "--format", "json"]))
        require_close(f"{name}: {key}", abs(shown["summary"][key] - float(value)), 1e-9)


def cosines() -> NDArray[np.float64]:
    """Return the small matrix in float64."""
    a, b = (np.load(path).astype(np.float64) for path in (A, B))
    matrix: NDArray[np.float64] = a @ b.T / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    return matrix


def _peers() -> dict[str, list[str]]:
    return {
        f"python + {name}": python(SCRIPT.format(imports=imports, matrix=matrix), A, B)
        for name, (module, imports, matrix) in PEERS.items()
        if present(name, module)
    }


def _processes(commands: Mapping[str, list[str]]) -> dict[str, Run]:
    return {name: process(command) for name, command in commands.items()}
