"""One run of `fit`: its parts, its head on the disk from epoch to epoch, and going on from there."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any

import numpy as np

from .. import __version__
from ..addresses import is_address
from ..backend import Backend
from ..delivery import once_delivered
from ..errors import ParameterError, SimtoolError
from ..results import Column, Scalar
from .checkpoint import SavedHead, fingerprint, read_head, unfinished, write_head
from .examples import Examples, Given
from .heads import Head, whitening
from .held_out import score_of
from .held_out_pairs import evaluation_metric
from .objective import Objective
from .parts import Parts
from .plan import FitPlan
from .state import FitConfig, State, class_means, first_state, head_of, project_rows, state_of
from .training import learn, loss_value

SAVE_SECONDS = 1.0  # between two states on the disk
OnEpoch = Callable[[int, int, float, float | None], None]  # epoch, of how many, mean loss, score for early stopping


@dataclass(frozen=True)
class FitResult:
    """What came out of it.

    Args:
        state: the last state; None of a whitening.
    """

    head: Head
    state: State | None


@dataclass
class Run:
    """A run with all that it was given; checked by the caller.

    Args:
        output: where the head is kept, or None.
        force: an output that is no state of this run may be replaced.
        notes: takes what to tell the reader.
        on_epoch: takes the loss of every epoch, or None.
    """

    given: Given
    parts: Parts
    plan: FitPlan
    objective: Objective | None
    backend: Backend
    output: str | None
    force: bool
    notes: list[str]
    on_epoch: OnEpoch | None
    saved_at: float = field(default=-SAVE_SECONDS, init=False)
    state_path: str = field(default="", init=False)  # of the states; "" keeps none

    @property
    def metric(self) -> str:
        """The metric of the pairs in the evaluation."""
        return evaluation_metric("" if self.objective is None else self.objective.request.metric)

    def whitened(self) -> FitResult:
        """Return the whitening of the training rows."""
        exactly = self.plan.rank < self.given.examples.width
        head = whitening(self.parts.train.vectors(), self.plan.rank, exactly=exactly, where=self.given.where)
        if head.rank < self.plan.rank:
            self.notes.append(f"the training rows vary along {head.rank} of {self.plan.rank} dims: those are kept")
        return FitResult(head, None)

    def trained(self, *, resume: bool) -> FitResult:
        """Go through the epochs, and leave a whole head on the disk whatever happens."""
        assert self.objective is not None
        config = FitConfig.of(self.plan, self.objective, self.parts.train)
        self.state_path = self._place_of_states(resume=resume)
        last = [self._resumed(config) if resume else first_state(config, self.parts.train)]
        self.saved_at = time.monotonic() - SAVE_SECONDS

        def watch(state: State) -> None:
            last[0] = state
            if self.on_epoch is not None:
                self.on_epoch(state.epoch, self.plan.epochs, *state.history[-1])
            if time.monotonic() - self.saved_at >= SAVE_SECONDS:
                self._save_state(head_of(config, state), state)

        try:
            state = learn(config, self.parts.train, last[0], self.backend, score=self._score, watch=watch)
        except BaseException as error:
            if last[0].epoch:
                self._save_state(head_of(config, last[0]), last[0])
                if isinstance(error, SimtoolError) and self.state_path:
                    error.hint += f"; {self.state_path} holds epoch {last[0].epoch}"
            raise
        if state.epoch < self.plan.epochs:
            self.notes.append(f"stopped early after epoch {state.epoch}: the score was best after {state.best_epoch}")
        return FitResult(head_of(config, state), state)

    def finish(self, fitted: FitResult, summary: dict[str, Scalar]) -> None:
        """Keep the head with its evaluation; no state is needed any more."""
        if self.output is None:
            return
        # a run without --resume or --force has met no file: that was checked
        write_head(self.output, self._saved(fitted.head, fitted.state, summary), force=True)
        once_delivered(partial(_remove, unfinished(self.output)))

    def at_rest(self, state: State) -> bool:
        """Whether no step moved anything."""
        assert self.objective is not None
        start = first_state(FitConfig.of(self.plan, self.objective, self.parts.train), self.parts.train)
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
        """Return where states are kept: the output, unless something better than a state of this run is there.

        Far away nothing is kept but the finished head.
        """
        if self.output is None or is_address(self.output):
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

    def _resumed(self, config: FitConfig) -> State:
        """Return the state to go on from: that of the output, or the first where there is none yet."""
        assert self.output is not None
        path = self.state_path if os.path.exists(self.state_path) else self.output
        if not os.path.exists(path):
            self.notes.append(f"{path} is not there yet: training began anew")
            return first_state(config, self.parts.train)
        saved = read_head(path)
        _check_same(saved, self._about(), path)
        state = state_of(saved.state, saved.about["history"], saved.about["best_epoch"])
        if state.epoch > self.plan.epochs:
            what = f"the head has been trained for {state.epoch} epochs already, and {self.plan.epochs} are asked for"
            raise ParameterError(what, "«epochs»", f"«epochs={state.epoch}» or more, or no «resume»")
        self.notes.append(f"training went on after epoch {state.epoch}")
        return state


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _check_same(saved: SavedHead, about: dict[str, Any], where: str) -> None:
    """Refuse to go on from a head that was trained on other data or in another way."""
    if not {"history", "best_epoch", "data", "plan"} <= set(saved.about) or "parameter" not in saved.state:
        raise ParameterError("this head holds no state to go on from", where, "leave «resume» out; «force» replaces it")
    if saved.about["data"] != about["data"]:
        what = "this head was trained on other data"
        raise ParameterError(what, where, "name the same inputs and labels, or leave «resume» out")
    may_grow = ("epochs",)
    for name in dict.fromkeys([*about["plan"], *saved.about["plan"]]):
        former, value = (plan.get(name, False) for plan in (saved.about["plan"], about["plan"]))
        if name not in may_grow and former != value:
            what = f"this head was trained with {name.replace('_', ' ')} {former}, not {value}"
            raise ParameterError(what, where, "ask for the same, or leave «resume» out")
