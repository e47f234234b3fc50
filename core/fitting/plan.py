"""What a fit is to do: every option, checked against the inputs."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .. import checks
from ..errors import ParameterError
from ..scoring.distances import distance_of
from ..scoring.spec import LossSpec
from .examples import Given
from .objective import check_miner

OF_TRAINING = (
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


@dataclass(frozen=True)
class FitPlan:
    """Every option that shapes the head, as `fit` has them."""

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
        """Return the options that matter: those of training do not, where there are no epochs."""
        found = asdict(self)
        if not self.head_bias:
            del found["head_bias"]
        return {name: value for name, value in found.items() if self.head != "whiten" or name not in OF_TRAINING}

    def shown(self, *, batches_of_classes: bool) -> dict[str, Any]:
        """Return them for a result, the parameters of the loss beside the others."""
        only_there = () if batches_of_classes else ("per_class", "miner")
        found = {name: value for name, value in self.members().items() if name not in only_there}
        own = found.pop("parameters")
        return {"kind": found.pop("kind"), **own, **found}


def check_plan(plan: FitPlan, request: LossSpec | None, given: Given) -> None:
    """Refuse numbers outside their range, and what cannot change anything."""
    checks.check_least(2, batch_size=plan.batch_size)
    checks.check_least(1, epochs=plan.epochs, patience=plan.patience)
    checks.check_least(0, per_class=plan.per_class, seed=plan.seed)
    if not 0 < plan.lr < np.inf:
        raise ParameterError(f"lr is {plan.lr}, expected a finite number above 0", "«lr»")
    if not 0 <= plan.weight_decay < np.inf:
        what = f"weight decay is {plan.weight_decay}, expected a finite number of at least 0"
        raise ParameterError(what, "«weight_decay»")
    checks.check_eps(plan.eps)
    if not 0 <= plan.held_out < 1:
        raise ParameterError(f"held-out is {plan.held_out}, expected a share from 0 to below 1", "«held_out»")
    if plan.held_out == 0 and plan.patience is not None:
        what = "early stopping needs a share of the data as large as the one held out, and nothing is held out"
        raise ParameterError(what, "«patience»", "a «held_out» above 0, or no «patience»")
    if request is None:
        return
    check_miner(request, plan.miner, one_set=len(given.examples.sides) == 1)
    only_turns = plan.head == "orthogonal" and plan.rank == given.examples.width and not plan.head_bias
    if only_turns and request.metric and "rotation-invariant" in distance_of(request.metric).laws:
        what = f"an orthogonal head of all {plan.rank} dims only turns the space, which no {request.metric} sees"
        raise ParameterError(what, "«rank»", f"«rank=R» below {plan.rank}, or «head=linear»")
