"""Where training stands after an epoch, as plain arrays, and the head that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..backend import choose_backend
from ..losses.numerics import unit_rows
from ..results import Column, Columns
from ..scoring.distances import distance_of
from .determinism import deterministic
from .examples import Examples
from .heads import Head, bias_apart, start_of, weight_of
from .objective import Objective
from .plan import FitPlan


@dataclass(frozen=True)
class FitConfig:
    """Everything that shapes the head.

    Args:
        unit: the rows are divided by it, and so is the weight that comes out: a power of two, so that it is exact.
    """

    plan: FitPlan
    objective: Objective
    unit: float = 1.0

    @classmethod
    def of(cls, plan: FitPlan, objective: Objective, train: Examples) -> "FitConfig":
        """Return what trains on these examples."""
        return cls(plan, objective, unit_of(objective, plan.head, plan.init, train.vectors()))


@dataclass(frozen=True)
class State:
    """Where training stands after a whole epoch.

    Args:
        epoch: how many are done.
        parameter: what the optimiser moves.
        optimizer: name -> array, what it remembers.
        history: the mean loss of the batches of each epoch, and the score for early stopping.
        best: the parameter with the best score, where there is one.
        best_epoch: when that was.
        classifier: the weight of each class, learnt beside the head under the loss of a classifier; else None.
    """

    epoch: int
    parameter: Column
    optimizer: Mapping[str, Column] = field(default_factory=dict)
    history: tuple[tuple[float, float | None], ...] = ()
    best: Column | None = None
    best_epoch: int = 0
    classifier: Column | None = None

    def trained(self) -> list[Column]:
        """Return all that the optimiser moves."""
        return [self.parameter, *([] if self.classifier is None else [self.classifier])]

    def arrays(self) -> dict[str, Column]:
        """Return the state as named arrays."""
        found = {f"optimizer.{name}": array for name, array in self.optimizer.items()} | {"parameter": self.parameter}
        others = {"best": self.best, "classifier": self.classifier}
        return found | {name: array for name, array in others.items() if array is not None}

    def epochs(self) -> Columns | None:
        """Return the loss of each epoch, and the score for early stopping; None before the first."""
        if not self.history:
            return None
        losses, scores = zip(*self.history, strict=True)
        numbers = np.asarray([np.nan if score is None else score for score in scores])
        return Columns({"epoch": np.arange(1, len(losses) + 1), "loss": np.asarray(losses), "score": numbers})


def unit_of(objective: Objective, head: str, init: str, rows: Column) -> float:
    """Return what the rows are divided by while a head is learnt.

    Margins, learning rates and starts are made for rows of length 1. Where the loss sees lengths, rows of length 60
    would start 60 margins apart, and take steps 60 times too large. An orthogonal head may not scale them, and a random
    start is that of a loop which takes rows as they are.

    Returns:
        The power of two next to the root mean square of the rows' lengths, or 1.
    """
    metric = objective.request.metric
    mean = float(np.mean(np.square(rows, dtype=np.float64).sum(axis=1)))
    sees_lengths = not metric or "scale-invariant" not in distance_of(metric).laws
    if not sees_lengths or head == "orthogonal" or init == "random" or not 0 < mean < np.inf:
        return 1.0
    return float(2.0 ** round(np.log2(mean) / 2))


def state_of(arrays: Mapping[str, Column], history: list[list[float | None]], best_epoch: int) -> State:
    """Return the state that `State.arrays` and the history came from."""
    mark = "optimizer."
    memory = {name.removeprefix(mark): array for name, array in arrays.items() if name.startswith(mark)}
    lines = tuple((float(loss or 0.0), score) for loss, score in history)
    best, classifier = arrays.get("best"), arrays.get("classifier")
    return State(len(lines), arrays["parameter"], memory, lines, best, best_epoch, classifier)


def first_state(config: FitConfig, train: Examples) -> State:
    """Return the state before the first epoch."""
    plan = config.plan
    start = start_of(plan.head, plan.rank, plan.init, train.vectors(), bias=plan.head_bias, seed=plan.seed)
    state = State(0, start)
    if config.objective.request.entry.inputs != "classifier":
        return state
    return replace(state, classifier=class_means(project_rows(head_of(config, state), train)))


def class_means(examples: Examples) -> Column:
    """Return the (classes, d) mean direction of each class; 0 for a class without rows."""
    assert examples.codes is not None
    rows = unit_rows(examples.sides[0].astype(np.float64))
    sums = np.zeros((examples.classes, rows.shape[1]))
    np.add.at(sums, examples.codes, rows)
    return sums / np.maximum(np.bincount(examples.codes, minlength=examples.classes), 1)[:, None]


def project_rows(head: Head, examples: Examples) -> Examples:
    """Return projected examples, rounded as a file of them would be."""
    return replace(examples, sides=tuple(head.project(side) for side in examples.sides))


def head_of(config: FitConfig, state: State) -> Head:
    """Return the head of a state: the best one, if learning may stop early, else the last."""
    host = choose_backend("torch")  # whatever the device: the same head from the same state
    parameter = host.put(state.parameter if state.best is None else state.best)
    with deterministic(host):
        kind = config.plan.head
        weight, bias = bias_apart(kind, parameter, bias=config.plan.head_bias)
        scaled = host.get(weight_of(kind, weight)) / config.unit
        return Head(kind, scaled, bias=None if bias is None else host.get(bias))
