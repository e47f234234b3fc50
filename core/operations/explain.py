"""`explain`: the derivation of one pair, step by step, with its numbers filled in."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from math import acos, pi
from typing import Any

import numpy as np

from .. import checks, metrics
from ..backend import quiet
from ..catalogue import Entry, find
from ..delivery import delivery
from ..errors import DataError, ParameterError, ShapeError
from ..io import Vectors
from ..io.literal import literal_vector
from ..io.origins import provenance
from ..joining import check_join, stated
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
    row_b: int | str | None = None,
    join: str = "row",
    margin: float | None = None,
    ids_a: Any = None,
    ids_b: Any = None,
    header: str = "auto",
    max_memory: str | int | None = None,
    require_keys: Collection[str] = (),
) -> Result:
    """Derive dot product, norms, cosine, distances and the losses of one pair.

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, (n, d), or (d,) for a single vector, which may be
            typed: `[0, 1, 0.5]`.
        b: the same shape; with `row_b`, by id, or where one of both is a single vector, of the same width.
        row: the number of the pair from 0, or its id, which goes first.
        row_b: the number or the id of the row of b, if it is another.
        join: `row` (row i with row i), or `id`: the rows that have the id `row`.
        margin: instead of the default of every loss in whose range it lies.
        ids_a, ids_b, header, max_memory, require_keys: as for `pairwise`.

    Returns:
        A result with rows `step`, `formula`, `numbers`, `value`; the summary has the values by name:
        `dot`, `norm_a`, `norm_b`, `cosine`, `angular`, `euclidean`, and each loss of a similar and of a
        dissimilar pair.

    Raises:
        ShapeError: the inputs do not fit, or there is no such row.
        ParameterError: no such id.
        DataError: the pair is not finite; by id, an id that a side does not have, or has twice.

    Source:
        The catalogue rows of the metrics and losses.

    Example:
        >>> import numpy as np
        >>> explain(np.asarray([0, 1, 0, 9, 1]), np.asarray([3, 0, 0, 9, 0])).summary["dot"]
        81.0
    """
    checks.check_keys(require_keys, _keys())
    settings, by_id = Settings(max_memory=max_memory, header=header), check_join(join)
    if by_id and row_b is not None:
        raise ParameterError("rows are joined by id, and the row of B is named too", "«row_b»", "leave one of them out")
    with delivery():
        x, y = (_opened(*side, settings) for side in ((a, "A", ids_a), (b, "B", ids_b)))
        return stated(_plan(x, y, row, row if by_id else row_b, margin, by_id=by_id).run(), by_id=by_id)


def _opened(given: Any, name: str, ids: Any, settings: Settings) -> Vectors:
    typed = literal_vector(given) if isinstance(given, str) else None
    return settings.open(given if typed is None else typed, name, ids)


@dataclass(frozen=True)
class Place:
    """A row of an input, and what to say of how it was found."""

    vectors: Vectors
    row: int
    note: str = ""


@dataclass(frozen=True)
class ExplainPlan:
    """The pair that is explained: where both vectors are, and the margin that was asked for; `apart` if as two rows."""

    a: Place
    b: Place
    apart: bool
    margin: float | None

    def run(self) -> Result:
        """Read the pair and derive its numbers."""
        (a, b), margin = (self.a.vectors, self.b.vectors), self.margin
        x, y = (_read(place.vectors, place.row) for place in (self.a, self.b))
        with quiet():
            steps = _metric_steps(x, y)
            values = {step: value for step, _, _, value in steps}
            steps += _loss_steps(values["cosine"], values["euclidean"], margin)
        values = {step: value for step, _, _, value in steps}
        if not np.isfinite(list(values.values())).all():
            raise checks.refuse_overflow(f"{a.name}, {b.name}")
        columns = [np.asarray(part) for part in zip(*steps, strict=True)]
        names = ("step", "formula", "numbers", "value")
        rows = {n: c if n == "value" else c.astype(object) for n, c in zip(names, columns, strict=True)}
        return Result(
            command="explain",
            inputs={"a": a.name, "b": b.name},
            parameters={"row": self.a.row, "row_b": self.b.row if self.apart else None, "margin": margin},
            summary=dict[str, Scalar](values),
            rows=Columns(rows),
            notes=(*dict.fromkeys(filter(None, (self.a.note, self.b.note))), *_notes(values, margin)),
            provenance=provenance({"a": a, "b": b}),
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


def _plan(
    a: Vectors, b: Vectors, row: int | str, row_b: int | str | None, margin: float | None, *, by_id: bool
) -> ExplainPlan:
    single = [len(side.shape) == 1 for side in (a, b)]
    apart = row_b is not None or single[0] != single[1]
    same = a.shape[-1:] == b.shape[-1:] if apart else a.shape == b.shape
    if not same or max(len(a.shape), len(b.shape)) > 2:
        what = f"expected two inputs of one shape (n, d) or (d,), got {a.shape} and {b.shape}"
        hint = "" if a.shape[-1:] != b.shape[-1:] else "«row_b» names the row of B"
        raise ShapeError(what, f"{a.name}, {b.name}", hint)
    for side in (a, b):
        checks.check_not_empty(side)
    if apart:
        places = _place(a, row, by_id=by_id), _place(b, row if row_b is None else row_b, by_id=by_id)
        return ExplainPlan(*places, apart, margin)
    checks.check_same_ids(a, b)
    if single[0] and str(row) != "0":
        raise ShapeError(f"row {row} is out of range: this is a single vector", a.name, "leave «row» out")
    place = _place(a if a.ids is not None else b, row, by_id=False)
    return ExplainPlan(replace(place, vectors=a), replace(place, vectors=b), apart, margin)


def _read(vectors: Vectors, number: int) -> Column:
    alone = len(vectors.shape) == 1
    values = vectors.read(0, vectors.shape[0]) if alone else vectors.read(number, number + 1)[0]
    if not np.isfinite(values).all():
        refuse_nonfinite(vectors, "choose another «row»")
    if is_rounded(values).any():
        checks.refuse_rounded(vectors, "euclidean")
    return values.astype(np.float64)


def _place(vectors: Vectors, key: int | str, *, by_id: bool) -> Place:
    """Return the row of an id, or of a number where no id is such; what is ambiguous is said."""
    if len(vectors.shape) == 1:
        return Place(vectors, 0)
    count, name = vectors.shape[0], vectors.name
    found = np.flatnonzero(vectors.ids.astype(str) == str(key)) if vectors.ids is not None else np.empty(0, np.int64)
    if by_id and len(found) != 1:
        what = f"{len(found)} rows have the id {key!r}" if len(found) else f"no row has the id {key!r}"
        raise DataError(f"{what}; rows are joined by it", name, "«row» is an id that each input has once")
    if len(found) > 1:
        return Place(vectors, int(found[0]), f"{len(found)} rows of {name} have the id {key}: this is row {found[0]}")
    if len(found):
        row = int(found[0])
        other = str(key).isdecimal() and int(key) != row and int(key) < count
        return Place(vectors, row, f"{key} is the id of row {row} of {name}, and not its number" if other else "")
    try:
        number = int(key)
    except ValueError:
        raise ParameterError(f"no row has the id {key!r}", name, "«row» takes a row number or an id") from None
    if not 0 <= number < count:
        raise ShapeError(f"row {number} is out of range", name, f"valid rows are 0 to {count - 1}")
    return Place(vectors, number)


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
