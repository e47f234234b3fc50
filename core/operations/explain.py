"""`explain`: the derivation of one pair, step by step, with its numbers filled in."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..argument_types import check_types
from ..backend import quiet
from ..delivery import delivery
from ..errors import DataError, ParameterError, ShapeError
from ..io import Selecting, Vectors, selects
from ..io.literal import literal_vector
from ..io.origins import provenance
from ..joining import by_number, check_join, stated
from ..metrics import is_rounded
from ..nonfinite import refuse_nonfinite
from ..results import Column, Columns, Result, Scalar
from ..settings import Settings
from .explain_steps import EXPLAINED, METRIC_STEPS, WORDS, fits_margin, loss_steps, metric_steps


@selects("a", "b", rows=False)
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
    **select: Unpack[Selecting],
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
        **select: `columns_a` and `columns_b`: columns that make the vectors, as `Selection` takes them.

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
    check_types(explain, locals())
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
    """The pair: where both vectors are, the margin that was asked for, and what to say; `apart` if as two rows."""

    a: Place
    b: Place
    apart: bool
    margin: float | None
    said: tuple[str, ...] = ()

    def run(self) -> Result:
        """Read the pair and derive its numbers."""
        (a, b), margin = (self.a.vectors, self.b.vectors), self.margin
        x, y = (_read(place.vectors, place.row) for place in (self.a, self.b))
        with quiet():
            steps = metric_steps(x, y)
            values = {step: value for step, _, _, value in steps}
            steps += loss_steps(values["cosine"], values["euclidean"], margin)
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
            notes=(*dict.fromkeys(filter(None, (self.a.note, self.b.note))), *self.said, *_notes(values, margin)),
            provenance=provenance({"a": a, "b": b}),
        )


def _notes(values: dict[str, float], margin: float | None) -> Iterator[str]:
    if 0.0 in (values["norm_a"], values["norm_b"]):
        yield "a vector is zero: its cosine is 0 by definition"
    for entry in EXPLAINED if margin is not None else ():
        if "margin" in entry.parameters and margin is not None and not fits_margin(margin, entry):
            yield f"margin {margin:g} is outside the range of {entry.name}, whose default stands"


def _keys() -> list[str]:
    """Return the keys of the summary."""
    losses = [
        [entry.name] if entry.labels == "none" else [f"{entry.name}.{word}" for word in WORDS] for entry in EXPLAINED
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
    checks.check_same_ids(a, b, joins=True)
    if single[0] and str(row) != "0":
        raise ShapeError(f"row {row} is out of range: this is a single vector", a.name, "leave «row» out")
    place = _place(a if a.ids is not None else b, row, by_id=False)
    return ExplainPlan(replace(place, vectors=a), replace(place, vectors=b), apart, margin, by_number((a, b)))


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
