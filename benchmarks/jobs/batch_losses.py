"""Losses of a batch as whole processes: beside ten lines of numpy, torch by hand, the product alone, and a library.

`python jobs/batch_losses.py CONTENDER FOLDER` runs one contender of its own process and prints its loss.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TEMPERATURE = {"sup-con": 0.1, "info-nce": 0.05}
STRIPE = 512  # rows of which the sketch takes the scores at a time
OF_CLASSES = ("nt-xent", "multi-similarity", "circle", "lifted-structure", "nca", "margin")
MINERS = ("batch-hard-triplet", "semi-hard-triplet", "batch-all-triplet")
LIBRARY = {"sup-con": "SupConLoss", "multi-similarity": "MultiSimilarityLoss", "circle": "CircleLoss"}
SIMTOOL = str(Path(sys.executable).with_name("simtool"))


def sup_con_sketch(folder: Path) -> float:
    """Return the loss by numpy: positives by sums of classes, the others by float32 products summed in float64."""
    x, classes = np.load(folder / "x.npy").astype(np.float64), np.load(folder / "classes.npy")
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    sums = np.zeros((classes.max() + 1, x.shape[1]))
    np.add.at(sums, classes, x)
    count = np.bincount(classes)[classes] - 1
    positive = (np.vecdot(x, sums[classes]) - 1) / np.maximum(count, 1) / TEMPERATURE["sup-con"]
    rows, mass = x.astype(np.float32), np.empty(len(x))
    for start in range(0, len(x), STRIPE):
        scores = rows[start : start + STRIPE] @ rows.T
        scores -= np.float32(1)
        scores *= np.float32(1 / TEMPERATURE["sup-con"])
        np.exp(scores, out=scores)
        mass[start : start + STRIPE] = np.log(scores.sum(axis=1, dtype=np.float64) - 1)
    return float((mass + 1 / TEMPERATURE["sup-con"] - positive)[count > 0].mean())


def info_nce_by_torch(folder: Path, *, backward: bool = False) -> float:
    """Return the loss by torch in float32, with its gradient if that is wanted."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    x, y = (torch.from_numpy(np.load(folder / f"{name}.npy")).requires_grad_(backward) for name in ("a", "b"))
    loss = cross_entropy(normalize(x) @ normalize(y).T / TEMPERATURE["info-nce"], torch.arange(len(x)))
    if backward:
        loss.backward()  # type: ignore[no-untyped-call]
    return loss.item()


def product(folder: Path) -> float:
    """Multiply all rows with all rows in float32, stripe by stripe."""
    rows = np.load(folder / "x.npy")
    out = np.empty((STRIPE, len(rows)), dtype=np.float32)
    for start in range(0, len(rows), STRIPE):
        part = rows[start : start + STRIPE]
        np.matmul(part, rows.T, out=out[: len(part)])
    return float(out[0, 0])


def by_library(folder: Path, kind: str) -> float:
    """Return the loss by pytorch-metric-learning."""
    import torch
    from pytorch_metric_learning import losses

    x, classes = (torch.from_numpy(np.load(folder / f"{name}.npy")) for name in ("x", "classes"))
    return float(getattr(losses, LIBRARY[kind])()(x, classes))


CONTENDERS: Mapping[str, Callable[[Path], float]] = {
    "sketch": sup_con_sketch,
    "torch": info_nce_by_torch,
    "torch-gradient": lambda folder: info_nce_by_torch(folder, backward=True),
    "product": product,
    **{kind: lambda folder, kind=kind: by_library(folder, kind) for kind in LIBRARY},  # type: ignore[misc]
}


def main() -> None:
    """Run one contender."""
    print(repr(CONTENDERS[sys.argv[1]](Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
else:
    from data import vectors
    from harness import Report, output_of, present, process, require_close


def run(report: "Report", folder: Path, *, quick: bool) -> None:
    """Check and time the losses."""
    for job, rows, dims, count in _shapes(quick):
        (folder / job).mkdir()
        _write(folder / job, rows, dims, count)
    _sup_con(report, folder / "sup-con")
    _info_nce(report, folder / "info-nce")
    _of_classes(report, folder / "classes")
    if present("pytorch-metric-learning", "pytorch_metric_learning"):
        for kind in LIBRARY:
            _beside_library(report, folder / "library", kind)


def _shapes(quick: bool) -> list[tuple[str, int, int, int]]:
    """Return the rows, dims and classes of each job."""
    names, sizes = ("sup-con", "info-nce", "classes", "library"), [(50_000, 64, 500), (12_000, 384, 30)]
    sizes += [(20_000, 64, 200), (4000, 64, 50)]
    if quick:
        sizes = [(8000, 64, 100), (3000, 384, 30), (4000, 64, 50), (1000, 64, 20)]
    return [(name, *size) for name, size in zip(names, sizes, strict=True)]


def _write(folder: Path, rows: int, dims: int, count: int) -> None:
    """Write x.npy and its classes.npy, and a.npy with b.npy, its noisy copy."""
    x = vectors(rows, dims, 1, clusters=count)
    classes: NDArray[np.int64] = np.random.default_rng(1).integers(count, size=rows)
    x += np.random.default_rng(2).standard_normal((count, dims), dtype=np.float32)[classes]
    for name, array in {"x": x, "classes": classes, "a": x, "b": x + vectors(rows, dims, 3)}.items():
        np.save(folder / f"{name}.npy", array)


def _hand(name: str, folder: Path) -> list[str]:
    return [sys.executable, __file__, name, str(folder)]


def _simtool(kind: str, folder: Path, *options: str) -> list[str]:
    inputs = ["a.npy", "b.npy"] if kind == "info-nce" else ["x.npy", "--labels", str(folder / "classes.npy")]
    inputs = [str(folder / name) if name.endswith(".npy") and "/" not in name else name for name in inputs]
    return [SIMTOOL, "loss", *inputs, "--kind", kind, "--format", "json", "--top", "1", *options]


def _check(job: str, commands: Mapping[str, Sequence[str]], tolerance: float) -> None:
    """Refuse contenders that do not give one loss."""
    found = {}
    for name, command in commands.items():
        told = output_of(command)
        found[name] = json.loads(told)["summary"]["loss"] if command[0] == SIMTOOL else float(told)
    first = next(iter(found.values()))
    for name, value in found.items():
        require_close(f"{job}: the loss of {name}", abs(value - first) / abs(first), tolerance)


def _contest(
    report: "Report", job: str, commands: Mapping[str, list[str]], shape: str, goals: Mapping[str, float]
) -> None:
    report.contest(job, {name: process(command) for name, command in commands.items()}, shape=shape, goals=goals)


def _shape(folder: Path) -> str:
    rows, dims = np.load(folder / "x.npy", mmap_mode="r").shape
    return f"{rows} × {dims}, float32, {np.load(folder / 'classes.npy').max() + 1} classes"


def _sup_con(report: "Report", folder: Path) -> None:
    commands = {
        "numpy in ten lines": _hand("sketch", folder),
        "simtool loss": _simtool("sup-con", folder),
        "simtool loss --grad": _simtool("sup-con", folder, "--grad", str(folder / "g.npy"), "--force"),
    }
    _check("sup-con", commands, 1e-6)
    goals = {"simtool loss": 1.8, "simtool loss --grad": 5.4}
    _contest(report, "sup-con of a whole file", commands, _shape(folder), goals)


def _info_nce(report: "Report", folder: Path) -> None:
    gradients = ["--grad", str(folder / "g.npy"), "--force"]
    commands = {
        "torch by hand, float32": _hand("torch", folder),
        "simtool loss": _simtool("info-nce", folder),
        "torch by hand, with backward": _hand("torch-gradient", folder),
        "simtool loss --grad": _simtool("info-nce", folder, *gradients),
    }
    _check("info-nce", commands, 1e-5)  # of torch's float32
    goals = {"simtool loss": 1.2, "simtool loss --grad": 3.6}
    _contest(report, "info-nce of two whole files", commands, _shape(folder).split(",")[0] + " twice, float32", goals)


def _of_classes(report: "Report", folder: Path) -> None:
    commands = {"numpy float32 product alone": _hand("product", folder)}
    commands |= {f"simtool loss {kind}": _simtool(kind, folder) for kind in OF_CLASSES + MINERS}
    goals = {name: 3.0 for name in commands if name.startswith("simtool")}
    _contest(report, "other losses of classes", commands, _shape(folder), goals)


def _beside_library(report: "Report", folder: Path, kind: str) -> None:
    commands = {
        "pytorch-metric-learning": _hand(kind, folder),
        "simtool loss --variant pml": _simtool(kind, folder, "--variant", "pml"),
    }
    _check(kind, commands, 1e-5)  # of torch's float32
    _contest(report, f"{kind} beside pytorch-metric-learning", commands, _shape(folder), {})
