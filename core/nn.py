"""Modules for training: every loss of the catalogue as `Loss`, every metric as `Similarity`."""

from typing import Any

import torch

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
