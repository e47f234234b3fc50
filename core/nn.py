"""Modules for training: every loss of the catalogue as `Loss`, every metric as `Similarity`."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from .catalogue import find
from .catalogue.libraries import LIBRARIES, LIBRARY_LOSSES, library_loss
from .errors import ParameterError
from .metrics import EPS, aligned, metric_of
from .training.losses import batch_loss_of

WEIGHT_SPREAD = 0.01  # standard deviation of a classifier's weights at the start; only their directions matter


class Loss(torch.nn.Module):
    """A loss of the catalogue as a module: `simtool.losses.NAME` with its options kept.

    Args:
        kind: its name.
        variant: the loss as another library computes it.
        distance: what it is computed on, where it is defined for several.
        reduction: `mean`, `sum`, `none`, `active-mean` or `active-mean-by-label`.
        miner: `all`, or `hard`: of a loss of classes, only pairs that are out of order, or nearly.
        num_classes: of a classifier (arcface, cosface), which then holds its (num_classes, embedding_dim) `weights`.
        embedding_dim: of a classifier.
        eps: the least norm that a cosine divides by.
        **parameters: of the loss.

    Raises:
        ParameterError: an unknown name, a parameter that the loss does not have, or sizes that a classifier lacks.

    Source:
        The catalogue row of the loss.

    Example:
        >>> round(Loss("sup-con", temperature=0.5)(torch.eye(2).repeat(2, 1), [0, 1, 0, 1]).item(), 4)
        0.2395
    """

    weights: torch.nn.Parameter | None

    def __init__(
        self,
        kind: str,
        *,
        variant: str | None = None,
        distance: str | None = None,
        reduction: str | None = None,
        miner: str = "all",
        num_classes: int | None = None,
        embedding_dim: int | None = None,
        eps: float = EPS,
        **parameters: float,
    ) -> None:
        super().__init__()
        self.loss = batch_loss_of(
            kind, variant=variant, distance=distance, reduction=reduction, miner=miner, eps=eps, **parameters
        )
        sizes = [size for size in (num_classes, embedding_dim) if size is not None]
        entry = self.loss.spec.entry
        needed = 2 if entry.inputs == "classifier" else 0
        if len(sizes) != needed or any(size < 1 for size in sizes):
            what = f"the loss {entry.name} takes {'' if needed else 'no '}num_classes and embedding_dim"
            raise ParameterError(what, "num_classes", "both at least 1" if needed else "leave them out")
        weights = torch.nn.Parameter(torch.randn(*sizes) * WEIGHT_SPREAD) if needed else None
        self.register_parameter("weights", weights)

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def forward(self, *inputs: Any, labels: Any = None) -> Any:
        """Return the loss of embeddings, which the labels may follow."""
        names = self.loss.names
        if len(inputs) == len(names) + 1 and labels is None:
            *inputs, labels = inputs  # type: ignore[assignment]
        if len(inputs) != len(names):
            raise TypeError(f"expected {', '.join(names)} and labels, got {len(inputs)} arrays")
        return self.loss(inputs, labels, self.weights)

    def extra_repr(self) -> str:
        """Return the loss and its parameters."""
        spec = self.loss.spec
        shown = [spec.entry.name, *(f"{name}={value:g}" for name, value in spec.parameters.items())]
        return ", ".join(shown + ([f"num_classes={len(self.weights)}"] if self.weights is not None else []))


LossClass = Callable[..., Loss]  # the class of a loss whose kind is filled in


@cache
def loss_class(full_name: str) -> LossClass:
    """Return the loss of a library as a class that is called as there: `Loss` with its kind filled in.

    Args:
        full_name: with its library, as `pml.SupConLoss`.

    Example:
        >>> round(loss_class("pml.SupConLoss")(temperature=0.5)(torch.eye(2).repeat(2, 1), [0, 1, 0, 1]).item(), 4)
        0.2395
    """
    entry = find("loss", full_name)

    class LibraryLoss(Loss):
        def __init__(self, **options: Any) -> None:
            super().__init__(full_name, **options)

    LibraryLoss.__name__ = full_name.rpartition(".")[2]
    LibraryLoss.__qualname__, LibraryLoss.__module__ = full_name, "simtool.losses"
    of = entry.variants[entry.variant].source if entry.variant else full_name
    LibraryLoss.__doc__ = f"{of}, defaults included: {entry.meaning}. Options are those of `Loss`, but for `variant`."
    return LibraryLoss


class Library:
    """The losses of one library, each a class as it is there.

    Args:
        name: `torch`, `pml`, `sbert` or `info_nce_pytorch`.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = f"simtool.losses.{name}"
        self._names = {each.name: each.full_name for each in LIBRARY_LOSSES if each.library == name}

    def __getattr__(self, name: str) -> LossClass:
        """Return the class of a loss."""
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"{self.__name__} has no loss {name!r}; it has {', '.join(self._names)}")
        return loss_class(self._names[name])

    def __dir__(self) -> list[str]:
        return sorted(self._names)

    def __repr__(self) -> str:
        return f"<{self.__name__}: {', '.join(self._names)}>"


def library_attribute(name: str) -> Any:
    """Return a library, or the class of a loss by its bare name; `simtool.losses.NAME`.

    Raises:
        AttributeError: libraries mean different losses by it, or none has it.
    """
    if name in LIBRARIES:
        return Library(name)
    try:
        found = library_loss(name)
    except ParameterError as error:  # hasattr and its like expect an AttributeError
        raise AttributeError(f"{error.what}: {error.hint}") from error
    if found is None:
        raise AttributeError(f"module 'simtool.losses' has no attribute {name!r}")
    return loss_class(found.full_name)


class Similarity(torch.nn.Module):
    """A metric of the catalogue as a module, called as torch.nn.CosineSimilarity is.

    Args:
        metric: its name; distances are those of `simtool.metrics`.
        dim: the dim along which a vector lies.
        eps: the least norm that a cosine divides by.
        **parameters: of the metric.

    Raises:
        ParameterError: an unknown name, or a parameter that the metric does not have.

    Source:
        The catalogue row of the metric.

    Example:
        >>> round(Similarity()(torch.tensor([[1.0, 2, 3]]), torch.tensor([[4.0, 5, 6]])).item(), 6)
        0.974632
    """

    def __init__(self, metric: str = "cosine", *, dim: int = 1, eps: float = EPS, **parameters: float) -> None:
        super().__init__()
        self.metric = metric_of(metric, eps=eps, **parameters)
        self.dim = dim

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the metric of aligned vectors."""
        score: torch.Tensor = aligned(self.metric, x, y, self.dim)
        return score

    def extra_repr(self) -> str:
        """Return the metric and its dim."""
        return f"{self.metric.name}, dim={self.dim}"
