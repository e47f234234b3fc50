"""Early stopping: the score after each epoch, the best epoch, and when there is nothing left to learn."""

from collections.abc import Callable
from dataclasses import replace

from .heads import Head
from .plan import FitPlan
from .state import FitConfig, State, head_of

Score = Callable[[Head], float]  # of what stops the learning: larger is better


def has_ended(plan: FitPlan, state: State) -> bool:
    """Tell whether all epochs are done, or the score has not risen for too many of them."""
    stopped = plan.patience is not None and state.epoch - state.best_epoch >= plan.patience
    return state.epoch >= plan.epochs or stopped


def with_score(config: FitConfig, state: State, mean: float, score: Score | None) -> State:
    """Return the state with the mean loss and the score of its epoch, and with its parameter where it is the best."""
    if config.plan.patience is None or score is None:
        return replace(state, history=(*state.history, (mean, None)))
    found = score(head_of(config, replace(state, best=None)))
    history = (*state.history, (mean, found))
    former = [each for _, each in state.history if each is not None]
    if not former or found > max(former):
        return replace(state, history=history, best=state.parameter, best_epoch=state.epoch)
    return replace(state, history=history)
