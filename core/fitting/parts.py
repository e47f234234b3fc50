"""Which examples train a head, which stop it early, and which evaluate it: no vector or id is in two of these."""

from dataclasses import dataclass

import numpy as np

from ..results import Column
from .examples import Examples, Given
from .plan import FitPlan
from .resampling import units_of
from .split import split, vector_nodes

MOST_ROWS = 1000  # held out of classes or views, whose pairs are all compared
MOST_EXAMPLES = 20000  # held out of others


@dataclass(frozen=True)
class Parts:
    """The examples by what they are for.

    Args:
        train: to train with.
        stopping: what stops early, or None.
        evaluation: what is held out.
        held_out: (k,) places of those among the given ones.
        units: (k, u) what of them is drawn together, as `units_of` gives it.
    """

    train: Examples
    stopping: Examples | None
    evaluation: Examples
    held_out: Column
    units: Column


def parts_of(given: Given, plan: FitPlan, notes: list[str]) -> Parts:
    """Divide the examples so that nothing leaks from one part into another.

    Raises:
        DataError: that is not possible.
    """
    examples, every = given.examples, np.arange(len(given.examples))
    unlabelled = given.examples.codes is None and examples.form == "classes"
    if plan.held_out == 0 or unlabelled:
        none = every[:0]
        return Parts(examples, None, examples.part(none), none, none[:, None])
    nodes = vector_nodes(examples.sides, given.ids)
    most = MOST_ROWS if examples.form in ("classes", "views") else MOST_EXAMPLES
    found = split(nodes, plan.held_out, plan.seed, most=most, where=given.where)
    train, stopping = found.train, None
    dropped = len(found.dropped)
    if plan.patience is not None:
        share = min(0.5, len(found.held_out) / len(train))
        inner = split(nodes[train], share, plan.seed + 1, most=most, where=given.where)
        stopping, train, dropped = train[inner.held_out], train[inner.train], dropped + len(inner.dropped)
    notes.append(_division(len(every), len(train), stopping, found.held_out, dropped, plan.held_out, most))
    return Parts(
        train=examples.part(train),
        stopping=None if stopping is None else examples.part(stopping),
        evaluation=examples.part(found.held_out),
        held_out=found.held_out,
        units=units_of(nodes[found.held_out]),
    )


def _division(
    n: int, train: int, stopping: Column | None, held_out: Column, dropped: int, share: float, most: int
) -> str:
    stop = "" if stopping is None else f", {len(stopping)} are for early stopping"
    capped = f" (at most {most}, not {share:.0%})" if len(held_out) >= most else ""
    lost = f"; {dropped} that would share one are left out" if dropped else ""
    return (
        f"of {n} examples, {train} are for training{stop} and {len(held_out)} are held out{capped}: "
        f"they share no vector and no id{lost}"
    )
