"""The loop: epochs of batches, one step each; what it needs to go on from is plain arrays.

The order of the batches comes from the seed and the number of the epoch, all sums are float64, and on a CPU one thread
computes: the same seed gives the same bytes, whether the run was interrupted or not.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..backend import Array, Backend, choose_backend
from ..errors import ParameterError
from ..losses.numerics import unit_rows
from ..results import Column
from ..scoring.spec import LossSpec
from .batches import balanced, shuffled
from .determinism import deterministic
from .examples import Examples
from .heads import Head, bias_apart, projected, start_of, weight_of
from .objective import batch_loss, labels_on

OPTIMIZERS = {"sgd": 0.01, "adam": 0.01, "lbfgs": 1.0}  # with their default learning rates

LENGTHLESS = ("cosine", "cosine-distance", "unit-euclidean", "angular", "angle")  # metrics that see directions alone

Score = Callable[[Head], float]  # of what stops the learning: larger is better
Watch = Callable[["State"], None]  # called after every epoch


@dataclass(frozen=True)
class Objective:
    """What a batch is to make small.

    Args:
        request: the loss.
        miner: `all` or `hard`.
        eps: the least norm that a cosine divides by.
    """

    request: LossSpec
    miner: str
    eps: float


@dataclass(frozen=True)
class FitConfig:
    """Everything that shapes the head.

    Args:
        objective: the loss.
        head: the kind of the head.
        rank: r.
        init: where it starts.
        bias: whether one is trained beside the weight.
        optimizer: one of OPTIMIZERS.
        lr: the learning rate.
        epochs: how many.
        batch_size: examples per batch at most.
        per_class: rows of a class in a batch of classes; 0 draws rows without regard to their class.
        weight_decay: of the L2 penalty, added to the gradient.
        patience: epochs without a better score before it stops; None never stops early.
        seed: of the batches.
        unit: the rows are divided by it, and so is the weight that comes out: a power of two, so that it is exact.
    """

    objective: Objective
    head: str
    rank: int
    init: str
    bias: bool
    optimizer: str
    lr: float
    epochs: int
    batch_size: int
    per_class: int
    weight_decay: float
    patience: int | None
    seed: int
    unit: float = 1.0


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

    def ended(self, config: FitConfig) -> bool:
        """Whether there is nothing left to learn."""
        stopped = config.patience is not None and self.epoch - self.best_epoch >= config.patience
        return self.epoch >= config.epochs or stopped


def unit_of(objective: Objective, head: str, init: str, rows: Column) -> float:
    """Return what the rows are divided by while a head is learnt.

    Margins, learning rates and starts are made for rows of length 1. Where the loss sees lengths, rows of length 60
    would start 60 margins apart, and take steps 60 times too large. An orthogonal head may not scale them, and a random
    start is that of a loop which takes rows as they are.

    Args:
        objective: the loss.
        head: the kind of the head.
        init: where it starts.
        rows: (n, d) training rows.

    Returns:
        The power of two next to the root mean square of the rows' lengths, or 1.
    """
    mean = float(np.mean(np.square(rows, dtype=np.float64).sum(axis=1)))
    if objective.request.metric in LENGTHLESS or head == "orthogonal" or init == "random" or not 0 < mean < np.inf:
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
    start = start_of(config.head, config.rank, config.init, train.vectors(), bias=config.bias, seed=config.seed)
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
    return examples.with_sides([head.project(side) for side in examples.sides])


def head_of(config: FitConfig, state: State) -> Head:
    """Return the head of a state: the best one, if learning may stop early, else the last."""
    host = choose_backend("torch")  # whatever the device: the same head from the same state
    parameter = host.put(state.parameter if state.best is None else state.best)
    with deterministic(host):
        weight, bias = bias_apart(config.head, parameter, bias=config.bias)
        scaled = host.get(weight_of(config.head, weight)) / config.unit
        return Head(config.head, scaled, bias=None if bias is None else host.get(bias))


def learn(
    config: FitConfig, train: Examples, state: State, backend: Backend, *, score: Score | None, watch: Watch
) -> State:
    """Go on from a state to the last epoch, or until the score has stopped to rise.

    Args:
        config: what to do.
        train: what to learn from.
        state: where to begin.
        backend: torch.
        score: of a head, larger is better; needed with patience.
        watch: takes the state after every epoch.

    Raises:
        ParameterError: the loss or the parameter is no longer finite. The last state that was watched is good.
    """
    with deterministic(backend):
        data = _OnDevice.of(train, backend)
        parameters = [backend.put(np.array(each)).requires_grad_() for each in state.trained()]
        optimizer = _optimizer(config, parameters, backend)
        _recall(optimizer, parameters, state.optimizer, backend)
        while not state.ended(config):
            epoch = state.epoch + 1
            losses = [_step(config, data, parameters, optimizer, rows) for rows in _batches(config, train, epoch)]
            mean = float(np.mean(losses))
            moved = [backend.get(each).copy() for each in parameters]
            if not np.isfinite(mean) or not all(np.isfinite(each).all() for each in moved):
                raise _diverged(config, epoch)
            memory = _memory(optimizer, parameters, backend)
            classifier = moved[1] if len(moved) > 1 else None
            state = replace(state, epoch=epoch, parameter=moved[0], optimizer=memory, classifier=classifier)
            state = _scored(config, state, mean, score)
            watch(state)
    return state


def loss_value(objective: Objective, examples: Examples, backend: Backend, weights: Column | None = None) -> float:
    """Return the loss of examples as they are, in one batch; that of a classifier by the weight of each class."""
    with deterministic(backend), backend.xp.no_grad():
        data = _OnDevice.of(examples, backend)
        of_classes = None if weights is None else backend.put(weights)
        return float(data.loss(objective, list(data.sides), slice(None), of_classes))


def _scored(config: FitConfig, state: State, mean: float, score: Score | None) -> State:
    if config.patience is None or score is None:
        return replace(state, history=(*state.history, (mean, None)))
    found = score(head_of(config, replace(state, best=None)))
    history = (*state.history, (mean, found))
    former = [each for _, each in state.history if each is not None]
    if not former or found > max(former):
        return replace(state, history=history, best=state.parameter, best_epoch=state.epoch)
    return replace(state, history=history)


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
        return cls(examples.form, sides, *labels_on(backend, examples.numbers, examples.codes), backend)

    def loss(self, objective: Objective, sides: list[Array], rows: Any, weights: Array | None) -> Array:
        """Return the loss of rows of which `sides` are the projections, and `weights` those of a classifier."""
        numbers, codes = (None if each is None else each[rows] for each in (self.numbers, self.codes))
        return batch_loss(
            objective.request,
            self.form,
            [side.to(self.backend.xp.float64) for side in sides],
            numbers=numbers,
            codes=codes,
            weights=weights,
            miner=objective.miner,
            eps=objective.eps,
            backend=self.backend,
        )


def _step(config: FitConfig, data: _OnDevice, parameters: list[Array], optimizer: Any, rows: Column) -> float:
    """Take one step by a batch, and return its loss before the step."""
    chosen = data.backend.put(rows)
    sides = [side[chosen].to(data.backend.xp.float64) / config.unit for side in data.sides]
    first: list[float] = []

    def closure() -> Array:
        optimizer.zero_grad()
        weight, bias = bias_apart(config.head, parameters[0], bias=config.bias)
        weight = weight_of(config.head, weight)
        rows_out = [projected(config.head, weight, bias, side) for side in sides]
        loss = data.loss(config.objective, rows_out, chosen, parameters[1] if len(parameters) > 1 else None)
        first.append(float(loss.detach()))
        if config.optimizer == "lbfgs" and config.weight_decay:  # which has no weight decay of its own
            loss = loss + config.weight_decay / 2 * sum((each**2).sum() for each in parameters)
        loss.backward()
        return loss

    optimizer.step(closure)
    return first[0]


def _batches(config: FitConfig, train: Examples, epoch: int) -> Iterator[Column]:
    if train.codes is not None and config.per_class:
        return balanced(train.codes, config.batch_size, config.per_class, config.seed, epoch)
    return shuffled(len(train), config.batch_size, config.seed, epoch)


def _optimizer(config: FitConfig, parameters: list[Array], backend: Backend) -> Any:
    optimizers = backend.xp.optim
    if config.optimizer == "lbfgs":
        return optimizers.LBFGS(parameters, lr=config.lr, line_search_fn="strong_wolfe")
    chosen = optimizers.SGD if config.optimizer == "sgd" else optimizers.Adam
    return chosen(parameters, lr=config.lr, weight_decay=config.weight_decay, foreach=False)


def _memory(optimizer: Any, parameters: list[Array], backend: Backend) -> dict[str, Column]:
    """Return what an optimiser remembers of each parameter as arrays.

    A list of tensors is one with a dim more, under `NAME[]`; a tensor stands under `NAME:`, a number under `NAME`.
    """
    found: dict[str, Column] = {}
    for place, parameter in enumerate(parameters):
        for name, value in optimizer.state[parameter].items():
            if value is None or name == "al":  # which L-BFGS overwrites before it reads it
                continue
            if isinstance(value, list):
                stacked = backend.xp.stack(value) if value else parameter.detach()[:0]
                found[f"{place}.{name}[]"] = backend.get(stacked).copy()
            elif hasattr(value, "detach"):
                found[f"{place}.{name}:"] = backend.get(value).copy()
            else:
                found[f"{place}.{name}"] = np.asarray(value)
    return found


def _recall(optimizer: Any, parameters: list[Array], memory: Mapping[str, Column], backend: Backend) -> None:
    """Give an optimiser what `_memory` returned."""
    for key, array in memory.items():
        place, _, name = key.partition(".")
        state = optimizer.state[parameters[int(place)]]
        if name.endswith("[]"):
            state[name[:-2]] = list(backend.put(array))
        elif name == "step:":  # which Adam counts on the host
            state["step"] = choose_backend("torch").put(array)
        elif name.endswith(":"):
            state[name[:-1]] = backend.put(array)
        else:
            state[name] = array.item()


def _diverged(config: FitConfig, epoch: int) -> ParameterError:
    what = f"the loss is not finite in epoch {epoch}: the steps are too large"
    smaller = min(config.lr / 10, OPTIMIZERS[config.optimizer])
    return ParameterError(what, "«lr»", f"a smaller one than {config.lr:g}, such as «lr={smaller:g}»")
