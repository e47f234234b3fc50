"""`explain`: the derivation of one pair, step by step, with its numbers filled in."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import acos, pi
from typing import Any

import numpy as np

from .. import checks, metrics
from ..backend import quiet
from ..catalogue import Entry, find
from ..delivery import delivery
from ..errors import ParameterError, ShapeError
from ..io import Vectors
from ..io.vectors import provenance
from ..metrics import EPS, is_rounded
from ..nonfinite import refuse_nonfinite
from ..results import Column, Columns, Result, Scalar
from ..settings import Settings

SHOWN = 6  # numbers of a vector that a line still carries; of a longer one it has the first two
WORDS = ("similar", "dissimilar")
METRIC_STEPS = ("dot", "norm_a", "norm_b", "cosine", "angular", "euclidean")
# the losses of one pair alone whose formula is a line
_EXPLAINED = [find("loss", name) for name in ("contrastive", "cosine", "cosine-embedding", "cosine-distance")]
FORMULAS = {
    ("d", 1): ("d^2", "{v:.6g}^2"),
    ("d", 0): ("max(0, margin - d)^2", "max(0, {m:.6g} - {v:.6g})^2"),
    ("s", 1): ("1 - s", "1 - {v:.6g}"),
    ("s", 0): ("max(0, s - margin)", "max(0, {v:.6g} - {m:.6g})"),
}


def explain(
    a: Any,
    b: Any,
    *,
    row: int | str = 0,
    margin: float | None = None,
    ids_a: Any = None,
    ids_b: Any = None,
    header: str = "auto",
    max_memory: str | int | None = None,
    require_keys: Collection[str] = (),
) -> Result:
    """Derive dot product, norms, cosine, distances and the losses of one pair.

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, (n, d), or (d,) for a single vector.
        b: the same shape.
        row: the number of the pair from 0, or its id.
        margin: instead of the default of every loss in whose range it lies.
        ids_a, ids_b, header, max_memory, require_keys: as for `pairwise`.

    Returns:
        A result with rows `step`, `formula`, `numbers`, `value`; the summary has the values by name:
        `dot`, `norm_a`, `norm_b`, `cosine`, `angular`, `euclidean`, and each loss of a similar and of a
        dissimilar pair.

    Raises:
        ShapeError: the inputs do not fit, or there is no such row.
        ParameterError: no such id.
        DataError: the pair is not finite.

    Source:
        The catalogue rows of the metrics and losses.

    Example:
        >>> import numpy as np
        >>> explain(np.asarray([0, 1, 0, 9, 1]), np.asarray([3, 0, 0, 9, 0])).summary["dot"]
        81.0
    """
    checks.check_keys(require_keys, _keys())
    settings = Settings(max_memory=max_memory, header=header)
    with delivery():
        return _plan(settings.open(a, "A", ids_a), settings.open(b, "B", ids_b), row, margin).run()


@dataclass(frozen=True)
class ExplainPlan:
    """The pair that is explained: its vectors, their number, and the margin that was asked for."""

    a: Vectors
    b: Vectors
    row: int
    margin: float | None

    def run(self) -> Result:
        """Read the pair and derive its numbers."""
        x, y = (_read(vectors, self.row) for vectors in (self.a, self.b))
        with quiet():
            steps = _metric_steps(x, y)
            values = {step: value for step, _, _, value in steps}
            steps += _loss_steps(values["cosine"], values["euclidean"], self.margin)
        values = {step: value for step, _, _, value in steps}
        if not np.isfinite(list(values.values())).all():
            raise checks.refuse_overflow(f"{self.a.name}, {self.b.name}")
        columns = [np.asarray(part) for part in zip(*steps, strict=True)]
        names = ("step", "formula", "numbers", "value")
        rows = {n: c if n == "value" else c.astype(object) for n, c in zip(names, columns, strict=True)}
        return Result(
            command="explain",
            inputs={"a": self.a.name, "b": self.b.name},
            parameters={"row": self.row, "margin": self.margin},
            summary=dict[str, Scalar](values),
            rows=Columns(rows),
            notes=tuple(_notes(values, self.margin)),
            provenance=provenance({"a": self.a, "b": self.b}),
        )


def _notes(values: dict[str, float], margin: float | None) -> Iterator[str]:
    if 0.0 in (values["norm_a"], values["norm_b"]):
        yield "a vector is zero: its cosine is 0 by definition"
    for entry in _EXPLAINED if margin is not None else ():
        if "margin" in entry.parameters and margin is not None and not _fits(margin, entry):
            yield f"margin {margin:g} is outside the range of {entry.name}, whose default stands"


def _keys() -> list[str]:
    """Return the keys of the summary."""
    losses = [
        [entry.name] if entry.labels == "none" else [f"{entry.name}.{word}" for word in WORDS] for entry in _EXPLAINED
    ]
    return [*METRIC_STEPS, *(name for names in losses for name in names)]


def _plan(a: Vectors, b: Vectors, row: int | str, margin: float | None) -> ExplainPlan:
    if a.shape != b.shape or len(a.shape) > 2:
        what = f"expected two inputs of one shape (n, d) or (d,), got {a.shape} and {b.shape}"
        raise ShapeError(what, f"{a.name}, {b.name}")
    checks.check_not_empty(a)
    checks.check_same_ids(a, b)
    number, count = _row_number(a if a.ids is not None else b, row), a.shape[0] if len(a.shape) > 1 else 1
    if not 0 <= number < count:
        raise ShapeError(f"row {number} is out of range", a.name, f"valid rows are 0 to {count - 1}")
    return ExplainPlan(a, b, number, margin)


def _read(vectors: Vectors, number: int) -> Column:
    alone = len(vectors.shape) == 1
    values = vectors.read(0, vectors.shape[0]) if alone else vectors.read(number, number + 1)[0]
    if not np.isfinite(values).all():
        refuse_nonfinite(vectors, "choose another «row»")
    if is_rounded(values).any():
        checks.refuse_rounded(vectors, "euclidean")
    return values.astype(np.float64)


def _row_number(vectors: Vectors, row: int | str) -> int:
    if vectors.ids is not None:
        found = np.flatnonzero(vectors.ids.astype(str) == str(row))
        if len(found):
            return int(found[0])
    try:
        return int(row)
    except ValueError:
        raise ParameterError(f"no row has the id {row!r}", vectors.name, "«row» takes a row number or an id") from None


Step = tuple[str, str, str, float]


def _metric_steps(x: Column, y: Column) -> list[Step]:
    dot, distance = metrics.dot(x, y).item(), metrics.euclidean(x, y).item()
    norms = [metrics.euclidean(v, np.zeros_like(v)).item() for v in (x, y)]
    cosine = metrics.cosine(x, y).item()
    floor = [max(norm, EPS) for norm in norms]
    return [
        ("dot", "sum(a × b)", _sum_of(f"{_factor(p)} × {_factor(q)}" for p, q in _head(x, y)) + _more(x), dot),
        ("norm_a", "sqrt(sum(a^2))", f"sqrt({_sum_of(f'{_factor(p)}^2' for p, _ in _head(x, y))}{_more(x)})", norms[0]),
        ("norm_b", "sqrt(sum(b^2))", f"sqrt({_sum_of(f'{_factor(q)}^2' for _, q in _head(x, y))}{_more(x)})", norms[1]),
        ("cosine", "dot / (norm_a × norm_b)", f"{dot:.6g} / ({floor[0]:.6g} × {floor[1]:.6g})", cosine),
        ("angular", "arccos(cosine) / pi", f"{acos(cosine):.6g} / {pi:.6g}", acos(cosine) / pi),
        (
            "euclidean",
            "sqrt(sum((a - b)^2))",
            f"sqrt({_sum_of(f'({p:.6g} - {_factor(q)})^2' for p, q in _head(x, y))}{_more(x)})",
            distance,
        ),
    ]


def _loss_steps(cosine: float, distance: float, margin: float | None) -> list[Step]:
    """Return each pair loss for a similar and for a dissimilar pair."""
    steps: list[Step] = []
    for entry in _EXPLAINED:
        symbol, value = ("s", cosine) if entry.metric == "cosine" else ("d", distance)
        if entry.labels == "none":
            steps.append((entry.name, "1 - s", f"1 - {value:.6g}", entry.load()(np.asarray(value)).item()))
            continue
        m = margin if margin is not None and _fits(margin, entry) else entry.parameters["margin"]
        for label, word in zip((1, 0), WORDS, strict=True):
            item = entry.load()(np.asarray([value]), np.asarray([label]), margin=m).item()
            formula, numbers = FORMULAS[symbol, label]
            steps.append((f"{entry.name}.{word}", formula, numbers.format(v=value, m=m), item))
    return steps


def _fits(margin: float, entry: Entry) -> bool:
    """Tell whether a margin is in the units of the loss: a cosine, or a distance."""
    return -1 <= margin <= 1 if entry.metric == "cosine" else margin >= 0


def _head(x: Column, y: Column) -> list[tuple[float, float]]:
    shown = len(x) if len(x) <= SHOWN else 2
    return list(zip(x[:shown].tolist(), y[:shown].tolist(), strict=True))


def _sum_of(parts: Any) -> str:
    return " + ".join(parts)


def _more(x: Column) -> str:
    return f" + ... ({len(x)} terms)" if len(x) > SHOWN else ""


def _factor(value: float) -> str:
    return f"({value:.6g})" if value < 0 else f"{value:.6g}"
