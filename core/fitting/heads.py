"""Projections of embeddings: what kinds there are, where they start, and what makes a row of theirs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import Array, choose_backend, namespace
from ..checks import check_choice
from ..errors import DataError, ParameterError
from ..results import Column
from .determinism import deterministic

HEADS = ("linear", "low-rank", "orthogonal", "diagonal", "whiten")
RANKED = ("low-rank", "orthogonal", "whiten")  # those that take a rank
STARTS = ("identity", "pca", "random")
NEGLIGIBLE = 1e-12  # of the largest variance: a direction that does not vary cannot be brought to variance 1


@dataclass(frozen=True)
class Head:
    """A projection that rows are put through.

    Args:
        kind: one of HEADS.
        weight: (r, d) float64; (d,) of a diagonal head.
        mean: (d,) what is taken from a row first; None but for `whiten`.
        bias: (r,) what is added to a projection, or None.
    """

    kind: str
    weight: Column
    mean: Column | None = None
    bias: Column | None = None

    @property
    def width(self) -> int:
        """d, the length of the rows that it takes."""
        return int(self.weight.shape[-1])

    @property
    def rank(self) -> int:
        """r, the length of the rows that it gives."""
        return int(self.weight.shape[0])

    def project(self, rows: Column) -> Column:
        """Return the rows' projections, computed in float64.

        Args:
            rows: (n, d) real numbers.

        Returns:
            (n, r), float64 for float64 and integers of 32 bits and more, else float32.

        Example:
            >>> Head("diagonal", np.asarray([2.0, 0.5])).project(np.asarray([[1.0, 4.0]])).tolist()
            [[2.0, 2.0]]
        """
        wide = rows.astype(np.float64)
        if self.mean is not None:
            wide = wide - self.mean
        projected = wide * self.weight if self.kind == "diagonal" else wide @ self.weight.T
        if self.bias is not None:
            projected = projected + self.bias
        return projected.astype(output_dtype(rows.dtype))


def output_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of projected rows: float32 for what it holds without loss."""
    return np.dtype(np.float32 if np.can_cast(dtype, np.float32) else np.float64)


def check_head(kind: str, rank: int | None, init: str | None, width: int, *, bias: bool = False) -> tuple[int, str]:
    """Return the rank and the start of a head, defaults filled in.

    Raises:
        ParameterError: an unknown name, a rank outside 1 to d, or what the kind does not take.
    """
    check_choice("head", kind, HEADS)
    if init is not None:
        check_choice("init", init, STARTS)
    if rank is not None and kind not in RANKED:
        raise ParameterError(f"a {kind} head keeps all {width} dims", "«rank»", f"«head» {' or '.join(RANKED)}")
    if rank is None and kind == "low-rank":
        what = "a low-rank head needs the number of dims that are left"
        raise ParameterError(what, "«rank»", f"«rank=R», from 1 to {width}")
    if rank is not None and not 1 <= rank <= width:
        what = f"rank is {rank}, and the vectors have {width} dims"
        raise ParameterError(what, "«rank»", f"«rank=R», from 1 to {width}")
    if init in ("pca", "random") and kind == "diagonal":
        raise ParameterError("a diagonal head cannot turn the space", "«init»", "leave it out, or «head=linear»")
    if kind == "whiten" and (bias or init == "random"):
        option = "«bias»" if bias else "«init»"
        raise ParameterError("whitening is computed from the rows: it has no bias and no start", option, "leave it out")
    reduces = rank is not None and rank < width
    return width if rank is None else rank, init or ("pca" if reduces else "identity")


def start_of(kind: str, rank: int, init: str, rows: Column, *, bias: bool = False, seed: int = 0) -> Column:
    """Return the float64 parameter that learning begins with: a weight, and a bias as one more column.

    Args:
        kind: one of HEADS, but not `whiten`.
        rank: r.
        init: `identity`, the first r dims as they are; `pca`, the r directions of the largest variance; or `random`,
            as `torch.nn.Linear` draws weight and bias right after `torch.manual_seed(seed)`.
        rows: (n, d) training rows, for `pca`.
        bias: whether there is one; it begins at 0, but for `random`.
        seed: of `random`.
    """
    width = rows.shape[1]
    weight: Column
    shift: Column = np.zeros(rank)
    if kind == "diagonal":
        weight = np.ones(width)
    elif init == "identity":
        weight = np.eye(rank, width)
    elif init == "random":
        weight, shift = _random_start(rank, width, seed)
    else:
        weight = principal_axes(rows)[1][:rank]
    return np.column_stack([weight, shift]) if bias else weight


def _random_start(rank: int, width: int, seed: int) -> tuple[Column, Column]:
    """Return (r, d) and (r,) numbers from the stream that `torch.nn.Linear` draws from, in its order and in float32."""
    host = choose_backend("torch")
    stream = host.xp.Generator().manual_seed(seed)
    bound = 1 / width**0.5
    empty = [host.xp.empty(shape, dtype=host.xp.float32) for shape in ((rank, width), (rank,))]
    weight, shift = (host.get(each.uniform_(-bound, bound, generator=stream)).astype(np.float64) for each in empty)
    return weight, shift


def principal_axes(rows: Column) -> tuple[Column, Column, Column]:
    """Return the variances of the rows along their principal axes, those axes, and the mean.

    Args:
        rows: (n, d) finite.

    Returns:
        (d,) variances, divided by n, largest first; (d, d) axes, one per row, each with a positive largest component,
        so that the sign is not left to the solver; (d,) the mean.

    Source:
        Pearson 1901; eigenvectors of the covariance.

    Example:
        >>> principal_axes(np.asarray([[1.0, 2.0], [3.0, 2.0]]))[0].tolist()
        [1.0, 0.0]
    """
    host = choose_backend("torch")
    with deterministic(host):
        wide = host.put(rows, host.xp.float64)
        mean = wide.mean(axis=0)
        wide = wide - mean
        variances, vectors = (host.get(part) for part in host.xp.linalg.eigh(wide.T @ wide / len(wide)))
    axes = vectors.T[::-1]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return np.maximum(variances[::-1], 0.0), axes, host.get(mean)


def whitening(rows: Column, rank: int, *, exactly: bool, where: str) -> Head:
    """Return the head that gives the rows mean 0 and the identity as covariance.

    With v the variances along the principal axes u::

        y[k] = u[k] . (x - mean) / sqrt(v[k])

    Args:
        rows: (n, d) finite training rows.
        rank: how many axes to keep at most, those of the largest variance.
        exactly: refuse to keep fewer; otherwise axes along which nothing varies are left out.
        where: the input, for messages.

    Raises:
        DataError: the rows vary along fewer directions.

    Source:
        PCA whitening: Kessy, Lewin, Strimmer 2018, table 1.

    Example:
        >>> rows = np.asarray([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0], [2.0, 4.0]])
        >>> whitening(rows, 2, exactly=True, where="rows").project(rows).tolist()
        [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    variances, axes, mean = principal_axes(rows)
    some = int((variances > NEGLIGIBLE * variances[0]).sum()) if variances[0] > 0 else 0
    if not some or (exactly and some < rank):
        what = f"the {len(rows)} training rows vary along {some} directions, and {rank} are to be whitened"
        raise DataError(what, where, f"«rank={some}»" if some else "rows that are all equal cannot be whitened")
    kept = min(rank, some)
    return Head("whiten", axes[:kept] / np.sqrt(variances[:kept])[:, None], mean)


def weight_of(kind: str, parameter: Array) -> Array:
    """Return the weight that a torch parameter stands for, differentiable by it."""
    if kind != "orthogonal":
        return parameter
    xp = namespace(parameter)
    # orthonormal by construction, whatever step the optimiser takes; the signs make it unique
    q, r = xp.linalg.qr(parameter.T)
    return (q * xp.sign(xp.linalg.diagonal(r))).T


def bias_apart(kind: str, parameter: Array, *, bias: bool) -> tuple[Array, Array | None]:
    """Return what `start_of` put together: the parameter of the weight, and the bias."""
    if not bias:
        return parameter, None
    weight, shift = parameter[..., :-1], parameter[..., -1]
    return (weight[:, 0] if kind == "diagonal" else weight), shift


def projected(kind: str, weight: Array, bias: Array | None, rows: Array) -> Array:
    """Return torch rows put through a weight, and moved by a bias."""
    turned = rows * weight if kind == "diagonal" else rows @ weight.T
    return turned if bias is None else turned + bias
