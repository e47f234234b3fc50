"""What `fit` tells: its summary with all keys that it may have, and its rows."""

import numpy as np

from ..results import Columns, Scalar
from .held_out import SIDES, HeldOutEvaluation
from .held_out_pairs import RANKS, RATES
from .parts import Parts
from .state import State

COUNTS = ("epochs", "best_epoch", "train", "held_out", "train_loss", "verdict")


def fit_keys() -> list[str]:
    """Return every key that a summary may have."""
    keys = [*COUNTS, *(f"loss.{side}" for side in SIDES)]
    for name in (*RATES, *RANKS):
        for side in SIDES:
            keys += [f"{name}.{side}", f"{name}.{side}.low", f"{name}.{side}.high"]
        if name in RATES[1:]:
            keys += [f"{name}.{side}.threshold" for side in SIDES[:2]]
    return keys


def summary_of(
    state: State | None, parts: Parts, evaluation: HeldOutEvaluation | None, losses: tuple[float, float] | None
) -> dict[str, Scalar]:
    """Return the counts, the losses before and after, and what the evaluation found."""
    summary: dict[str, Scalar] = {}
    if state is not None:
        summary |= {"epochs": len(state.history), "best_epoch": state.best_epoch or len(state.history)}
        summary["train_loss"] = state.history[-1][0]
    summary |= {"train": len(parts.train), "held_out": len(parts.held_out)}
    if losses is not None:
        before, after = (value if np.isfinite(value) else None for value in losses)
        change = None if before is None or after is None else after - before
        summary |= {"loss.before": before, "loss.after": after, "loss.difference": change}
    if evaluation is not None:
        summary |= evaluation.summary() | {"verdict": evaluation.verdict}
    return summary


def listed(evaluation: HeldOutEvaluation, losses: tuple[float, float] | None) -> Columns:
    """Return a row for each measure before, after, and of the difference."""
    records: list[tuple[str, str, float | None, float | None, float | None, float | None]] = []
    if losses is not None:
        values = (*losses, losses[1] - losses[0])
        records += [("loss", side, value, None, None, None) for side, value in zip(SIDES, values, strict=True)]
    for name in evaluation.names:
        for side in SIDES:
            key = f"{name}.{side}"
            low, high = evaluation.intervals.bounds.get(key, (None, None))
            records.append((name, side, evaluation.values[key], low, high, evaluation.thresholds.get(key)))
    names = ("measure", "of", "value", "low", "high", "threshold")
    columns = {name: np.asarray([each[place] for each in records], dtype=object) for place, name in enumerate(names)}
    if not evaluation.thresholds:
        del columns["threshold"]
    return Columns(columns)
