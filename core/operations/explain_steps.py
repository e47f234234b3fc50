"""The steps of `explain`: each number of a pair with its formula and the numbers filled in."""

from math import acos, pi
from typing import Any

import numpy as np

from .. import metrics
from ..catalogue import Entry, find
from ..metrics import EPS
from ..results import Column

SHOWN = 6  # numbers of a vector that a line still carries; of a longer one it has the first two
WORDS = ("similar", "dissimilar")
METRIC_STEPS = ("dot", "norm_a", "norm_b", "cosine", "angular", "euclidean")
# the losses of one pair alone whose formula is a line
EXPLAINED = [find("loss", name) for name in ("contrastive", "cosine", "cosine-embedding", "cosine-distance")]
FORMULAS = {
    ("d", 1): ("d^2", "{v:.6g}^2"),
    ("d", 0): ("max(0, margin - d)^2", "max(0, {m:.6g} - {v:.6g})^2"),
    ("s", 1): ("1 - s", "1 - {v:.6g}"),
    ("s", 0): ("max(0, s - margin)", "max(0, {v:.6g} - {m:.6g})"),
}
Step = tuple[str, str, str, float]


def metric_steps(x: Column, y: Column) -> list[Step]:
    """Return the products, norms and distances of two vectors."""
    dot, distance = metrics.dot(x, y).item(), metrics.euclidean(x, y).item()
    norms = [metrics.euclidean(v, np.zeros_like(v)).item() for v in (x, y)]
    cosine = metrics.cosine(x, y).item()
    floor = [max(norm, EPS) for norm in norms]
    return [
        ("dot", "sum(a × b)", _sum_of(f"{_factor(p)} × {_factor(q)}" for p, q in _head(x, y)) + _more(x), dot),
        ("norm_a", "sqrt(sum(a^2))", f"sqrt({_sum_of(f'{_factor(p)}^2' for p, _ in _head(x, y))}{_more(x)})", norms[0]),
        ("norm_b", "sqrt(sum(b^2))", f"sqrt({_sum_of(f'{_factor(q)}^2' for _, q in _head(x, y))}{_more(x)})", norms[1]),
        ("cosine", "dot / (norm_a × norm_b)", f"{dot:.6g} / ({floor[0]:.6g} × {floor[1]:.6g})", cosine),
        ("angular", "arccos(cosine) / pi", f"{acos(cosine):.6g} / {pi:.6g}", acos(cosine) / pi),
        (
            "euclidean",
            "sqrt(sum((a - b)^2))",
            f"sqrt({_sum_of(f'({p:.6g} - {_factor(q)})^2' for p, q in _head(x, y))}{_more(x)})",
            distance,
        ),
    ]


def loss_steps(cosine: float, distance: float, margin: float | None) -> list[Step]:
    """Return each pair loss for a similar and for a dissimilar pair."""
    steps: list[Step] = []
    for entry in EXPLAINED:
        symbol, value = ("s", cosine) if entry.metric == "cosine" else ("d", distance)
        if entry.labels == "none":
            steps.append((entry.name, "1 - s", f"1 - {value:.6g}", entry.load()(np.asarray(value)).item()))
            continue
        m = margin if margin is not None and fits_margin(margin, entry) else entry.parameters["margin"]
        for label, word in zip((1, 0), WORDS, strict=True):
            item = entry.load()(np.asarray([value]), np.asarray([label]), margin=m).item()
            formula, numbers = FORMULAS[symbol, label]
            steps.append((f"{entry.name}.{word}", formula, numbers.format(v=value, m=m), item))
    return steps


def fits_margin(margin: float, entry: Entry) -> bool:
    """Tell whether a margin is in the units of the loss: a cosine, or a distance."""
    return -1 <= margin <= 1 if entry.metric == "cosine" else margin >= 0


def _head(x: Column, y: Column) -> list[tuple[float, float]]:
    shown = len(x) if len(x) <= SHOWN else 2
    return list(zip(x[:shown].tolist(), y[:shown].tolist(), strict=True))


def _sum_of(parts: Any) -> str:
    return " + ".join(parts)


def _more(x: Column) -> str:
    return f" + ... ({len(x)} terms)" if len(x) > SHOWN else ""


def _factor(value: float) -> str:
    return f"({value:.6g})" if value < 0 else f"{value:.6g}"
