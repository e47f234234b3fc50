"""How long a job takes, from runs of it on more and more rows of a sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

FIRST = 256  # rows of the first run
SPENT = 1.8  # seconds after which no run begins
FLOP = 3e10  # of a run, at most: larger ones may choose another number format
FITTED = 3  # runs
LEAST = 0.25  # share of a run that goes with the operations at least; what goes with the rows is known less well


@dataclass(frozen=True)
class Trial:
    """A run.

    Args:
        rows: of all inputs.
        flop: operations of its phases.
        seconds: of a processor.
    """

    rows: int
    flop: float
    seconds: float


def grown(run: Callable[[int], Trial], most: int) -> tuple[float, list[Trial]]:
    """Run a job on twice as many rows each time.

    Args:
        run: runs it on at most so many rows of each input.
        most: rows that there are.

    Returns:
        The seconds that the first run took beyond a second one of its size, as to load libraries; and the runs.
    """
    first, size = run(FIRST), FIRST
    trials = [run(size)]
    while size < most and trials[-1].flop * 4 <= FLOP:
        growth = trials[-1].seconds / max(trials[-2].seconds, 1e-9) if len(trials) > 1 else 4.0
        if sum(each.seconds for each in trials) + min(max(growth, 2.0), 4.0) * trials[-1].seconds > SPENT:
            break
        size *= 2
        trials.append(run(size))
    return max(0.0, first.seconds - trials[0].seconds), trials


def extrapolated(trials: Sequence[Trial], rows: int, flop: float) -> float:
    """Return the seconds of a job of so many rows and operations.

    With r rows and f operations, fitted to the last runs by relative error, and to the last one exactly::

        seconds = a r + b f

    Where the operations grow as the rows do, a is that of a constant instead.
    """
    last, recent = trials[-1], trials[-FITTED:]
    if rows <= last.rows or not last.flop:
        return last.seconds * (flop / last.flop if last.flop else rows / last.rows)
    ratios = [each.flop / each.rows for each in recent]
    grows, whole = max(ratios) > 1.01 * min(ratios), last.seconds / last.flop
    terms = np.asarray([[each.rows if grows else 1.0, each.flop] for each in recent])
    seconds = np.asarray([max(each.seconds, 1e-9) for each in recent])
    per_flop = whole
    if len(recent) > 1:
        scale = terms[-1]
        per_flop = float(np.linalg.lstsq(terms / scale / seconds[:, None], np.ones(len(recent)))[0][1] / scale[1])
    per_flop = min(max(per_flop, LEAST * whole), whole)
    return (last.seconds - per_flop * last.flop) * (rows / last.rows if grows else 1.0) + per_flop * flop
