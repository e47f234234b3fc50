"""The losses as functions of embeddings: one per row of the catalogue, made of that row."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from inspect import Parameter, Signature
from typing import Any, Protocol

from .. import checks
from ..backend import Array, Backend, backend_of, is_tensor
from ..catalogue import Entry, find
from ..fitting.objective import Objective, batch_items, check_miner
from ..metrics import EPS
from ..scoring.distances import distance_of
from ..scoring.features import ITEMS as FEATURES
from ..scoring.spec import REDUCTIONS, LossSpec, read_specs
from .arrays import Labels, embeddings, is_narrow, labels_of
from .host_losses import host_loss

NAMES = {
    "classes": ("embeddings",),
    "classifier": ("embeddings",),
    "views": ("anchors", "positives"),
    "teacher": ("student", "teacher"),
}
DOC = """{meaning}.

{formula}

Args:
    {inputs}: (n, d) embeddings, numpy or torch, on any device. float32, and half precision widened to it, give float32;
        all else gives float64. A row of NaN leaves no finite loss.
{labels}{weights}    variant: the loss as another library computes it: {variants}.
    distance: what it is computed on: {distances}.
    reduction: `mean`, `sum`, `none`, `active-mean` or `active-mean-by-label`; by default `{reduction}`.
    eps: the least norm that a cosine divides by.
{parameters}
Returns:
    The loss, one number, differentiable for torch; with `none` one per {item}.

Raises:
    ShapeError: arrays that do not fit each other.
    LabelError: labels that are missing or not of the loss's kind.
    ParameterError: an unknown name, or a parameter outside its range.

Source:
    {source}.

Example:
    >>> import numpy as np
    >>> import simtool
    >>> rows = np.asarray([[1.0, 0.0], [0.9, 0.2], [0.1, 1.0], [0.0, 0.8]])
    >>> bool(np.isfinite(simtool.losses.{name}({example})))
    True
"""
LABELS = {
    "binary": "(n,) 1 similar, 0 or -1 dissimilar, or bool.",
    "score": "(n,) numbers.",
    "class": "(n,) integers or strings, the class of each row.",
}


EXAMPLES = {
    "pairs": "rows, rows[::-1]",
    "triplets": "rows, rows[[1, 0, 3, 2]], rows[::-1]",
    "classes": "rows",
    "views": "rows, rows[[1, 0, 3, 2]]",
    "teacher": "rows, rows[::-1]",
    "classifier": "rows",
}
EXAMPLE_LABELS = {"none": "", "binary": ", [0, 1, 1, 0]", "score": ", [0.1, 0.9, 0.8, 0.2]", "class": ", [0, 0, 1, 1]"}


class LossFunction(Protocol):
    """A loss of embeddings, labels and weights as its row of the catalogue says."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Return the reduced loss, or one per item."""


@dataclass(frozen=True)
class BatchLoss:
    """A loss with everything that shapes its number.

    Args:
        objective: the loss, which pairs it takes, and the least norm.
    """

    objective: Objective

    @property
    def spec(self) -> LossSpec:
        """The loss as it was asked for."""
        return self.objective.request

    @property
    def names(self) -> tuple[str, ...]:
        """What its embeddings are called."""
        return NAMES.get(self.spec.entry.inputs, self.spec.entry.roles)

    def __call__(self, inputs: Sequence[Any], labels: Any = None, weights: Any = None) -> Any:
        """Return the loss of a batch, a numpy array where none of the inputs is a tensor."""
        entry = self.spec.entry
        named = dict(zip(self.names, inputs, strict=True)) | ({} if weights is None else {"weights": weights})
        tensors = embeddings(entry, named)
        backend = backend_of(tensors[0])
        read = labels_of(entry, labels, tensors[0].shape[0], backend, tensors[-1].shape[0])
        narrow, xp = is_narrow(tensors), backend.xp
        dtype = xp.float32 if narrow and _fits_float32(self.spec) else xp.float64
        *sides, matrix = [x.to(dtype) for x in tensors] + ([None] if weights is None else [])
        by_torch = partial(self._by_torch, read, matrix, backend, narrow)
        loss = host_loss(self.objective, sides, read.numbers, by_torch)
        loss = by_torch(*sides) if loss is None else loss
        return loss if any(map(is_tensor, inputs)) else backend.get(loss)[()]

    def _by_torch(self, labels: Labels, weights: Array | None, backend: Backend, narrow: bool, *sides: Array) -> Array:
        with backend.without_autocast():
            items = batch_items(
                self.objective,
                self.spec.entry.inputs,
                list(sides),
                numbers=labels.numbers,
                codes=labels.codes,
                weights=weights,
                backend=backend,
            )
            reduction = self.spec.reduction
            loss = items.losses if reduction == "none" else items.reduced(reduction)
        return loss.to(backend.xp.float32) if narrow else loss


def _fits_float32(spec: LossSpec) -> bool:
    """Tell whether float32 gives the loss to 1e-5: of all rows with all rows products alone, which are not summed up
    in float64 as the numbers of two aligned rows are."""
    entry = spec.entry
    if entry.inputs in ("pairs", "triplets"):
        return distance_of(spec.metric).takes_all_rows
    if entry.inputs == "teacher":
        return False
    return entry.item in FEATURES or distance_of(spec.metric).of_products is not None


def batch_loss_of(
    kind: str,
    *,
    variant: str | None = None,
    distance: str | None = None,
    reduction: str | None = None,
    miner: str = "all",
    eps: float = EPS,
    **parameters: float,
) -> BatchLoss:
    """Return a loss of the catalogue, ready for batches.

    Raises:
        ParameterError: an unknown name, or a parameter that the loss does not have.
    """
    if reduction is not None:
        checks.check_choice("reduction", reduction, REDUCTIONS)
    checks.check_eps(eps)
    (spec,) = read_specs([kind], variant=variant, metric=distance, reduction=reduction, parameters=parameters)
    checks.check_choice("miner", miner, ("all", "hard"))
    check_miner(spec, miner, one_set=spec.entry.inputs == "classes")
    return BatchLoss(Objective(spec, miner, eps))


@cache
def function_of(kind: str) -> LossFunction:
    """Return the function of a loss: embeddings first, then labels and weights as it takes them, options by name."""
    entry = find("loss", kind)
    signature = _signature(entry)
    names = NAMES.get(entry.inputs, entry.roles)

    def function(*args: Any, **options: Any) -> Array:
        given = signature.bind(*args, **options).arguments
        inputs = [given.pop(name) for name in names]
        labels, weights = given.pop("labels", None), given.pop("weights", None)
        return batch_loss_of(entry.name, **given)(inputs, labels, weights)

    function.__name__ = function.__qualname__ = entry.name.replace("-", "_")
    function.__module__ = "simtool.losses"
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__doc__ = _doc(entry, names)
    return function


def _signature(entry: Entry) -> Signature:
    either, named = Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY
    inputs = [*NAMES.get(entry.inputs, entry.roles), *(["labels"] if entry.labels != "none" else [])]
    inputs += ["weights"] if entry.inputs == "classifier" else []
    options = {"variant": None, "distance": None, "reduction": None, "eps": EPS, **entry.parameters}
    return Signature(
        [Parameter(name, either) for name in inputs]
        + [Parameter(name, named, default=value) for name, value in options.items()],
        return_annotation=Array,
    )


def _doc(entry: Entry, names: Sequence[str]) -> str:
    return DOC.format(
        meaning=entry.meaning[0].upper() + entry.meaning[1:],
        formula=entry.formula,
        inputs=", ".join(names),
        labels=f"    labels: {LABELS[entry.labels]}\n" if entry.labels != "none" else "",
        weights="    weights: (classes, d) one row per class.\n" if entry.inputs == "classifier" else "",
        variants=", ".join(entry.variants) or "there is none",
        distances=", ".join(dict.fromkeys((entry.metric, *entry.metrics))) or "the numbers themselves",
        reduction=entry.reduction,
        parameters="".join(f"    {name}: by default {value:g}.\n" for name, value in entry.parameters.items()),
        item=entry.item,
        source=entry.source,
        name=entry.name.replace("-", "_"),
        example=EXAMPLES[entry.inputs] + EXAMPLE_LABELS[entry.labels] + ", rows[:2]" * (entry.inputs == "classifier"),
    )
