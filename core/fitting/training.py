"""The loop: epochs of batches, one step each; what it needs to go on from is plain arrays.

The order of the batches comes from the seed and the number of the epoch, all sums are float64, and on a CPU one thread
computes: the same seed gives the same bytes, whether the run was interrupted or not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..backend import Array, Backend
from ..errors import ParameterError
from ..results import Column
from .batches import balanced, shuffled
from .determinism import deterministic
from .early_stopping import Score, has_ended, with_score
from .examples import Examples
from .heads import bias_apart, projected, weight_of
from .objective import Objective, batch_items
from .optimizers import OPTIMIZERS, memory_of, optimizer_of, recall
from .plan import FitPlan
from .state import FitConfig, State

Watch = Callable[[State], None]  # called after every epoch


def learn(
    config: FitConfig, train: Examples, state: State, backend: Backend, *, score: Score | None, watch: Watch
) -> State:
    """Go on from a state to the last epoch, or until the score has stopped to rise.

    Raises:
        ParameterError: the loss or the parameter is no longer finite. The last state that was watched is good.
    """
    with deterministic(backend):
        data = _OnDevice.of(train, backend)
        parameters = [backend.put(np.array(each)).requires_grad_() for each in state.trained()]
        plan = config.plan
        optimizer = optimizer_of(plan.optimizer, parameters, backend, lr=plan.lr, weight_decay=plan.weight_decay)
        recall(optimizer, parameters, state.optimizer, backend)
        while not has_ended(plan, state):
            epoch = state.epoch + 1
            losses = [_step(config, data, parameters, optimizer, rows) for rows in _batches(plan, train, epoch)]
            mean = float(np.mean(losses))
            moved = [backend.get(each).copy() for each in parameters]
            if not np.isfinite(mean) or not all(np.isfinite(each).all() for each in moved):
                raise _diverged(plan, epoch)
            memory = memory_of(optimizer, parameters, backend)
            classifier = moved[1] if len(moved) > 1 else None
            state = replace(state, epoch=epoch, parameter=moved[0], optimizer=memory, classifier=classifier)
            state = with_score(config, state, mean, score)
            watch(state)
    return state


def loss_value(objective: Objective, examples: Examples, backend: Backend, weights: Column | None = None) -> float:
    """Return the loss of examples as they are, in one batch; that of a classifier by the weight of each class."""
    with deterministic(backend), backend.xp.no_grad():
        data = _OnDevice.of(examples, backend)
        of_classes = None if weights is None else backend.put(weights)
        return float(data.loss(objective, list(data.sides), slice(None), of_classes))


@dataclass(frozen=True)
class _OnDevice:
    form: str
    sides: tuple[Array, ...]
    numbers: Array | None
    codes: Array | None
    backend: Backend

    @classmethod
    def of(cls, examples: Examples, backend: Backend) -> "_OnDevice":
        sides = tuple(backend.put(side) for side in examples.sides)
        numbers, codes = (None if each is None else backend.put(each) for each in (examples.numbers, examples.codes))
        return cls(examples.form, sides, numbers, codes, backend)

    def loss(self, objective: Objective, sides: list[Array], rows: Any, weights: Array | None) -> Array:
        """Return the loss of rows of which `sides` are the projections, and `weights` those of a classifier."""
        numbers, codes = (None if each is None else each[rows] for each in (self.numbers, self.codes))
        return batch_items(
            objective,
            self.form,
            [side.to(self.backend.xp.float64) for side in sides],
            numbers=numbers,
            codes=codes,
            weights=weights,
            backend=self.backend,
        ).reduced(objective.request.reduction)


def _step(config: FitConfig, data: _OnDevice, parameters: list[Array], optimizer: Any, rows: Column) -> float:
    """Take one step by a batch, and return its loss before the step."""
    plan, chosen = config.plan, data.backend.put(rows)
    sides = [side[chosen].to(data.backend.xp.float64) / config.unit for side in data.sides]
    first: list[float] = []

    def closure() -> Array:
        optimizer.zero_grad()
        weight, bias = bias_apart(plan.head, parameters[0], bias=plan.head_bias)
        weight = weight_of(plan.head, weight)
        rows_out = [projected(plan.head, weight, bias, side) for side in sides]
        loss = data.loss(config.objective, rows_out, chosen, parameters[1] if len(parameters) > 1 else None)
        first.append(float(loss.detach()))
        if plan.optimizer == "lbfgs" and plan.weight_decay:  # which has no weight decay of its own
            loss = loss + plan.weight_decay / 2 * sum((each**2).sum() for each in parameters)
        loss.backward()
        return loss

    optimizer.step(closure)
    return first[0]


def _batches(plan: FitPlan, train: Examples, epoch: int) -> Iterator[Column]:
    if train.codes is not None and plan.per_class:
        return balanced(train.codes, plan.batch_size, plan.per_class, plan.seed, epoch)
    return shuffled(len(train), plan.batch_size, plan.seed, epoch)


def _diverged(plan: FitPlan, epoch: int) -> ParameterError:
    what = f"the loss is not finite in epoch {epoch}: the steps are too large"
    smaller = min(plan.lr / 10, OPTIMIZERS[plan.optimizer])
    return ParameterError(what, "«lr»", f"a smaller one than {plan.lr:g}, such as «lr={smaller:g}»")
