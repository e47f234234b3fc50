"""How long a job takes, from runs of it on more and more rows of a sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

FIRST = 256  # rows of the first run
SPENT = 1.2  # seconds after which no run begins
FLOP = 3e10  # of a run, at most: larger ones may choose another number format
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
        if sum(each.seconds for each in trials) + 4 * trials[-1].seconds > SPENT:
            break
        size *= 2
        trials.append(run(size))
    return max(0.0, first.seconds - trials[0].seconds), trials


def extrapolated(trials: Sequence[Trial], rows: int, flop: float) -> float:
    """Return the seconds of a job of so many rows and operations.

    With r rows and f operations, of the last two runs::

        seconds = a r + b f

    Where the operations grow as the rows do, a is that of a constant instead.
    """
    last, before = trials[-1], trials[-2] if len(trials) > 1 else trials[-1]
    if rows <= last.rows or not last.flop:
        return last.seconds * (flop / last.flop if last.flop else rows / last.rows)
    grows = before.rows * last.flop > 1.01 * last.rows * before.flop
    one, two, ratio = (before.rows, last.rows, rows / last.rows) if grows else (1, 1, 1.0)
    whole, determinant = last.seconds / last.flop, one * last.flop - two * before.flop
    per_flop = (one * last.seconds - two * before.seconds) / determinant if determinant else whole
    per_flop = min(max(per_flop, LEAST * whole), whole)
    return (last.seconds - per_flop * last.flop) * ratio + per_flop * flop
