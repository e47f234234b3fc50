"""One run of `fit`: its parts, its head on the disk from epoch to epoch, and going on from there."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any

import numpy as np

from .. import __version__
from ..backend import Backend
from ..delivery import once_delivered
from ..errors import ParameterError, SimtoolError
from ..results import Column, Scalar
from .checkpoint import SavedHead, fingerprint, read_head, unfinished, write_head
from .examples import Examples
from .heads import Head, whitening
from .held_out import judged_metric, score_of
from .inputs import Given
from .split import components, split, vector_nodes
from .training import (
    FitConfig,
    Objective,
    State,
    class_means,
    first_state,
    head_of,
    learn,
    loss_value,
    project_rows,
    state_of,
    unit_of,
)

SAVE_SECONDS = 1.0  # between two states on the disk
MOST_ROWS = 1000  # held out of classes or views, whose pairs are all compared
MOST_EXAMPLES = 20000  # held out of others
OF_LEARNING = (
    "optimizer",
    "lr",
    "epochs",
    "batch_size",
    "per_class",
    "miner",
    "weight_decay",
    "patience",
    "init",
    "head_bias",
)

Told = Callable[[int, int, float, float | None], None]  # epoch, of how many, mean loss, the score that stops


@dataclass(frozen=True)
class Plan:
    """Every option that shapes what is learnt, as `fit` has them."""

    kind: str | None
    variant: str | None
    distance: str | None
    parameters: dict[str, float]
    head: str
    rank: int
    init: str
    head_bias: bool
    optimizer: str
    lr: float
    epochs: int
    batch_size: int
    per_class: int
    miner: str
    weight_decay: float
    patience: int | None
    held_out: float
    seed: int
    eps: float
    nonfinite: str

    def members(self) -> dict[str, Any]:
        """Return the options that matter: those of learning do not, where nothing is learnt step by step."""
        found = asdict(self)
        if not self.head_bias:
            del found["head_bias"]
        return {name: value for name, value in found.items() if self.head != "whiten" or name not in OF_LEARNING}

    def shown(self, *, batches_of_classes: bool) -> dict[str, Any]:
        """Return them for a result, the parameters of the loss beside the others."""
        only_there = () if batches_of_classes else ("per_class", "miner")
        found = {name: value for name, value in self.members().items() if name not in only_there}
        own = found.pop("parameters")
        return {"kind": found.pop("kind"), **own, **found}

    def recipe(self, objective: Objective, train: Examples) -> FitConfig:
        """Return what the loop needs of it."""
        return FitConfig(
            objective=objective,
            head=self.head,
            rank=self.rank,
            init=self.init,
            bias=self.head_bias,
            optimizer=self.optimizer,
            lr=self.lr,
            epochs=self.epochs,
            batch_size=self.batch_size,
            per_class=self.per_class,
            weight_decay=self.weight_decay,
            patience=self.patience,
            seed=self.seed,
            unit=unit_of(objective, self.head, self.init, train.vectors()),
        )


@dataclass(frozen=True)
class Parts:
    """The examples by what they are for.

    Args:
        train: to learn from.
        stopping: what stops early, or None.
        judging: what judges.
        held_out: (k,) places of the judging examples among the given ones.
        groups: (k,) which of them hang together.
    """

    train: Examples
    stopping: Examples | None
    judging: Examples
    held_out: Column
    groups: Column


@dataclass(frozen=True)
class FitResult:
    """What came out of it.

    Args:
        head: the projection.
        state: the last state; None of a whitening.
    """

    head: Head
    state: State | None


def parts_of(given: Given, plan: Plan, notes: list[str]) -> Parts:
    """Divide the examples so that nothing leaks from one part into another.

    Raises:
        DataError: that is not possible.
    """
    examples, every = given.examples, np.arange(len(given.examples))
    unjudged = given.examples.codes is None and examples.form == "classes"
    if plan.held_out == 0 or unjudged:
        none = every[:0]
        return Parts(examples, None, examples.part(none), none, none)
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
        judging=examples.part(found.held_out),
        held_out=found.held_out,
        groups=components(nodes[found.held_out]),
    )


def _division(
    n: int, train: int, stopping: Column | None, held_out: Column, dropped: int, share: float, most: int
) -> str:
    stop = "" if stopping is None else f", {len(stopping)} stop it"
    capped = f" (at most {most}, not {share:.0%})" if len(held_out) >= most else ""
    lost = f"; {dropped} share a vector or an id with several parts and are used for none" if dropped else ""
    return f"of {n} examples {train} teach{stop}, {len(held_out)} judge{capped}: no vector or id is in two parts{lost}"


@dataclass
class Run:
    """A run with all that it was given; checked by the caller.

    Args:
        given: the inputs.
        parts: the examples by what they are for.
        plan: the options.
        objective: the loss, or None.
        backend: torch.
        output: where the head is kept, or None.
        force: an output that is no state of this run may be replaced.
        notes: takes what to tell the reader.
        told: takes the loss of every epoch, or None.
    """

    given: Given
    parts: Parts
    plan: Plan
    objective: Objective | None
    backend: Backend
    output: str | None
    force: bool
    notes: list[str]
    told: Told | None
    saved_at: float = field(default=-SAVE_SECONDS, init=False)
    state_path: str = field(default="", init=False)  # of the states; "" keeps none

    @property
    def metric(self) -> str:
        """What pairs are judged by."""
        return judged_metric("" if self.objective is None else self.objective.request.metric)

    def whitened(self) -> FitResult:
        """Return the whitening of the training rows."""
        exactly = self.plan.rank < self.given.examples.width
        head = whitening(self.parts.train.vectors(), self.plan.rank, exactly=exactly, where=self.given.where)
        if head.rank < self.plan.rank:
            self.notes.append(f"the training rows vary along {head.rank} of {self.plan.rank} dims: those are kept")
        return FitResult(head, None)

    def learnt(self, *, resume: bool) -> FitResult:
        """Go through the epochs, and leave a whole head on the disk whatever happens."""
        assert self.objective is not None
        recipe = self.plan.recipe(self.objective, self.parts.train)
        self.state_path = self._place_of_states(resume=resume)
        last = [self._resumed(recipe) if resume else first_state(recipe, self.parts.train)]
        self.saved_at = time.monotonic() - SAVE_SECONDS

        def watch(state: State) -> None:
            last[0] = state
            if self.told is not None:
                self.told(state.epoch, recipe.epochs, *state.history[-1])
            if time.monotonic() - self.saved_at >= SAVE_SECONDS:
                self._save_state(head_of(recipe, state), state)

        try:
            state = learn(recipe, self.parts.train, last[0], self.backend, score=self._score, watch=watch)
        except BaseException as error:
            if last[0].epoch:
                self._save_state(head_of(recipe, last[0]), last[0])
                if isinstance(error, SimtoolError) and self.state_path:
                    error.hint += f"; {self.state_path} holds epoch {last[0].epoch}"
            raise
        if state.epoch < recipe.epochs:
            self.notes.append(f"stopped early after epoch {state.epoch}: the score was best after {state.best_epoch}")
        return FitResult(head_of(recipe, state), state)

    def finish(self, learnt: FitResult, summary: dict[str, Scalar]) -> None:
        """Keep the head with what it was judged by; no state is needed any more."""
        if self.output is None:
            return
        # a run without --resume or --force has met no file: that was checked
        write_head(self.output, self._saved(learnt.head, learnt.state, summary), force=True)
        once_delivered(partial(_remove, unfinished(self.output)))

    def at_rest(self, state: State) -> bool:
        """Whether no step moved anything."""
        assert self.objective is not None
        start = first_state(self.plan.recipe(self.objective, self.parts.train), self.parts.train)
        return bool(np.array_equal(start.parameter, state.parameter))

    def _score(self, head: Head) -> float:
        """Return what stops early: the measure that decides, or the loss with its sign turned."""
        assert self.parts.stopping is not None
        assert self.objective is not None
        found = score_of(project_rows(head, self.parts.stopping), self.metric, self.plan.eps)
        return -self.loss_of(self.parts.stopping, head) if found is None else found

    def loss_of(self, examples: Examples, head: Head | None) -> float:
        """Return the loss of examples, projected or as they came.

        That of a classifier takes the mean of the training rows of each class, in the same space, for its weight, so
        that before and after are of one kind; a miner leaves no pair out.
        """
        assert self.objective is not None
        spaces = [each if head is None else project_rows(head, each) for each in (examples, self.parts.train)]
        means = class_means(spaces[1]) if self.objective.request.entry.inputs == "classifier" else None
        return loss_value(replace(self.objective, miner="all"), spaces[0], self.backend, means)

    def _place_of_states(self, *, resume: bool) -> str:
        """Return where states are kept: the output, unless something better than a state of this run is there."""
        if self.output is None:
            return ""
        beside = unfinished(self.output)
        if resume and os.path.exists(beside):
            return beside
        is_free = not os.path.exists(self.output)
        return self.output if is_free or (resume and not read_head(self.output).is_complete) else beside

    def _save_state(self, head: Head, state: State) -> None:
        if self.state_path:
            write_head(self.state_path, self._saved(head, state, None), force=True, at_once=True)
            self.saved_at = time.monotonic()

    def _saved(self, head: Head, state: State | None, summary: dict[str, Scalar] | None) -> SavedHead:
        about = self._about() | {"complete": summary is not None, "held_out": summary}
        arrays: dict[str, Column] = {}
        if state is not None:
            about |= {"epoch": state.epoch, "best_epoch": state.best_epoch, "history": state.history}
            arrays = state.arrays()
        held_out = self.given.rows[self.parts.held_out]
        return SavedHead(head, about, held_out, arrays)

    @cached_property
    def _fingerprints(self) -> list[str]:
        """Of the held-out rows of each input, so that those of another file are not taken for them."""
        return [fingerprint(side[self.parts.held_out]) for side in self.given.examples.sides]

    def _about(self) -> dict[str, Any]:
        sides = self.given.examples.sides
        return {
            "simtool": __version__,
            "versions": {name: version(name) for name in ("torch", "numpy")},
            "plan": self.plan.members(),
            "inputs": self.given.names,
            "rows": self.given.total,
            "fingerprints": self._fingerprints,
            "shapes": [list(side.shape) for side in sides],
            "dtype": sides[0].dtype.name,
            "data": self.given.examples.digest(),
            "metric": self.metric,
            "device": self.backend.device,
        }

    def _resumed(self, recipe: FitConfig) -> State:
        """Return the state to go on from: that of the output, or the first where there is none yet."""
        assert self.output is not None
        path = self.state_path if os.path.exists(self.state_path) else self.output
        if not os.path.exists(path):
            self.notes.append(f"{path} is not there yet: learning began anew")
            return first_state(recipe, self.parts.train)
        saved = read_head(path)
        _check_same(saved, self._about(), path)
        state = state_of(saved.state, saved.about["history"], saved.about["best_epoch"])
        if state.epoch > recipe.epochs:
            what = f"the head has learnt for {state.epoch} epochs already, and {recipe.epochs} are asked for"
            raise ParameterError(what, "«epochs»", f"«epochs={state.epoch}» or more, or no «resume»")
        self.notes.append(f"learning went on after epoch {state.epoch}")
        return state


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _check_same(saved: SavedHead, about: dict[str, Any], where: str) -> None:
    """Refuse to go on from a head that was learnt from other data or in another way."""
    if not {"history", "best_epoch", "data", "plan"} <= set(saved.about) or "parameter" not in saved.state:
        raise ParameterError("this head holds no state to go on from", where, "leave «resume» out; «force» replaces it")
    if saved.about["data"] != about["data"]:
        what = "this head was learnt from other data"
        raise ParameterError(what, where, "name the same inputs and labels, or leave «resume» out")
    may_grow = ("epochs",)
    for name in dict.fromkeys([*about["plan"], *saved.about["plan"]]):
        former, value = (plan.get(name, False) for plan in (saved.about["plan"], about["plan"]))
        if name not in may_grow and former != value:
            what = f"this head was learnt with {name.replace('_', ' ')} {former}, not {value}"
            raise ParameterError(what, where, "ask for the same, or leave «resume» out")
