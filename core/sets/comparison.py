"""`compare`: two sets of vectors down to one percentage, or item by item for sets of token vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isnan, nan
from typing import Any

import numpy as np

from .. import checks
from ..backend import Backend, choose_backend, quiet
from ..catalogue import find
from ..engine.budget import budget_of
from ..engine.sweep import Progress
from ..errors import ParameterError, ShapeError
from ..inputs import Input, lay_out
from ..metrics import EPS
from ..results import Column, Columns, Result, Scalar
from .closed import centroid_cosine, mean_of_pairs, paired_mean
from .matching import GreedyMatch, Match, best_partners, greedy_match

MODES = ("error", "drop")


def compare(
    a: Any,
    b: Any,
    *,
    aggregates: Sequence[str] = ("mean",),
    eps: float = EPS,
    matches: bool = False,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
) -> Result:
    """Compare two sets of vectors, or the items of two equally long lists of sets.

    In 3-D inputs (items, tokens, d), item i of A belongs to item i of B, zero rows are padding and are left
    out, and every aggregate is the mean over the items. In 2-D inputs a zero row counts, with cosine 0.

    Args:
        a: Vectors or a numpy array, (n, d) or (items, tokens, d) of real numbers.
        b: (m, d) or (items, tokens, d); tokens may differ.
        aggregates: names of the catalogue; the first one gives the percentage.
        eps: eps >= 0, the least norm that a cosine divides by.
        matches: list who matched whom under argmax instead of the scores.
        nonfinite: `error`, or `drop` (2-D inputs).
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        progress: called with the rows that are done and their total.

    Returns:
        A result with the summary `percent` (100 max(0, s) of the first aggregate) and one key per aggregate, with
        `argmax.precision`, `argmax.recall`, `argmax.f1`. Rows are `aggregate`, `score`, or for 3-D inputs `item`
        and a column per key, or with `matches` (`item`), `direction`, `a`, `b`, `score`. Scores of an item that is
        all padding are undefined and do not enter the mean.

    Raises:
        ShapeError: ranks, widths or items do not fit; `paired` of sets that differ in length.
        DataError: rows that are not finite.
        ParameterError: an unknown aggregate, or matches without argmax.

    Source:
        The catalogue rows of the aggregates.

    Example:
        >>> compare(np.eye(2), np.eye(2), aggregates=["mean", "argmax"]).summary["percent"]
        50.0
    """
    aggregates = [aggregates] if isinstance(aggregates, str) else aggregates
    names = list(dict.fromkeys(find("aggregate", name).name for name in aggregates))
    if not names:
        raise ParameterError("no aggregate was asked for", "--aggregate")
    if matches and "argmax" not in names:
        raise ParameterError("matches are those of argmax", "--matches", "add --aggregate argmax")
    checks.check_choice("nonfinite", nonfinite, MODES)
    if not eps >= 0:
        raise ParameterError(f"eps is {eps}, expected at least 0", "--eps")
    a, b = checks.given(a, "A"), checks.given(b, "B")
    job = _Job(_sides(a, b, nonfinite, names), names, eps, choose_backend(backend, device), progress)
    with quiet():
        scores, found = job.run()
    means = {key: _mean(values) for key, values in scores.items()}
    headline = means[names[0]]
    percent = None if headline is None else 100 * max(0.0, headline)
    sizes: dict[str, Scalar] = {"items": len(job.items)} if job.nested else {}
    return Result(
        command="compare",
        inputs={"a": a.name, "b": b.name},
        parameters={"aggregates": names, "eps": eps, "percent": "clip", "nonfinite": nonfinite},
        summary={"percent": percent, **means, **sizes},
        rows=Columns(_match_columns(found, job)) if matches else Columns(_score_columns(scores, means, job)),
        notes=tuple(job.notes()),
    )


def summary_keys(aggregates: Sequence[str]) -> list[str]:
    """Return the summary keys of `compare` for 3-D inputs; 2-D ones have no `items`."""
    return ["percent", *_keys([find("aggregate", name).name for name in aggregates]), "items"]


def _keys(names: Sequence[str]) -> list[str]:
    parts = ["argmax.precision", "argmax.recall", "argmax.f1"]
    return [key for name in names for key in ([name, *parts] if name == "argmax" else [name])]


def _sides(a: Any, b: Any, nonfinite: str, names: list[str]) -> tuple[Input, Input]:
    for vectors in (a, b):
        if len(vectors.shape) not in (2, 3):
            hint = "a set is (n, d); a list of sets is (items, tokens, d)"
            raise ShapeError(f"expected 2 or 3 dims, got shape {vectors.shape}", vectors.name, hint)
    where = f"{a.name}, {b.name}"
    if len(a.shape) != len(b.shape):
        raise ShapeError(f"one input is a set, the other a list of sets: {a.shape} and {b.shape}", where)
    checks.check_same_width(a, b, a.shape[-1], b.shape[-1])
    if len(a.shape) == 3 and a.shape[0] != b.shape[0]:
        raise ShapeError(f"item i of A belongs to item i of B, but there are {a.shape[0]} and {b.shape[0]}", where)
    if "paired" in names or len(a.shape) == 3:
        checks.check_same_ids(a, b)
    if "paired" in names and a.shape[-2] != b.shape[-2]:
        what = f"paired compares row i with row i, but A has {a.shape[-2]} rows and B has {b.shape[-2]}"
        raise ShapeError(what, where, "--aggregate argmax matches sets of different length")
    mapped = budget_of(None).mapped
    sides = lay_out(a, -1, nonfinite, mapped), lay_out(b, -1, nonfinite, mapped)
    if "paired" in names and any(side.rows.shape != side.vectors.shape for side in sides):
        raise ShapeError("rows that were left out break the pairs", where, "leave them out of both files first")
    return sides


Found = list[tuple[int, GreedyMatch]]


@dataclass(frozen=True)
class _Job:
    """One comparison of sets, checked by the caller."""

    sides: tuple[Input, Input]
    names: list[str]
    eps: float
    backend: Backend
    progress: Progress | None

    @property
    def nested(self) -> bool:
        """Whether the inputs are lists of sets."""
        return self.sides[0].rows.ndim == 3

    @property
    def items(self) -> Column:
        """Ids or numbers of the items."""
        ids = [side.vectors.ids for side in self.sides if self.nested and side.vectors.ids is not None]
        return ids[0] if ids else np.arange(len(self.sides[0].rows) if self.nested else 1)

    def run(self) -> tuple[dict[str, list[float]], Found]:
        """Return the scores by key, one per item, and the greedy matches."""
        scores: dict[str, list[float]] = {}
        found: Found = []
        for number in range(len(self.items)):
            x, y, both = self._item(number)
            one = self._scores(number, x, y, both, found)
            for key in _keys(self.names):
                scores.setdefault(key, []).append(one.get(key, nan))
        return scores, found

    def _item(self, number: int) -> tuple[Column, Column, Column | None]:
        """Return the rows of both sides without padding, and which rows both sides have."""
        if not self.nested:
            return self.sides[0].rows, self.sides[1].rows, None
        real = [~side.zero[number] for side in self.sides]
        x, y = (side.rows[number][mask] for side, mask in zip(self.sides, real, strict=True))
        return x, y, real[0] & real[1] if "paired" in self.names else None

    def _scores(self, number: int, x: Column, y: Column, both: Column | None, found: Found) -> dict[str, float]:
        if not len(x) or not len(y):
            return {}
        options: dict[str, Any] = {"eps": self.eps, "backend": self.backend}
        scores: dict[str, float] = {}
        best: Match | None = None
        if "argmax" in self.names:
            match = greedy_match(x, y, **options, progress=self._shown_progress)
            scores = {"argmax.precision": match.precision, "argmax.recall": match.recall, "argmax.f1": match.f1}
            scores["argmax"] = match.f1
            best = match.forward
            found.append((number, match))
        if "max" in self.names:
            best = best or best_partners(x, y, **options, progress=self._shown_progress)
            scores["max"] = float(best.scores.max())
        if "mean" in self.names:
            scores["mean"] = mean_of_pairs(x, y, **options)
        if "centroid" in self.names:
            scores["centroid"] = centroid_cosine(x, y, **options)
        if "paired" in self.names:
            rows = [side.rows[number][both] if self.nested else side.rows for side in self.sides]
            scores["paired"] = paired_mean(*rows, **options) if len(rows[0]) else nan
        return scores

    @property
    def _shown_progress(self) -> Progress | None:
        return None if self.nested else self.progress

    def notes(self) -> list[str]:
        """Return what to tell the reader."""
        notes = [note for side in self.sides for note in side.notes]
        counts = [int(side.zero.sum()) for side in self.sides]
        if any(counts) and self.nested:
            sizes = [side.zero.size for side in self.sides]
            counted = f"{counts[0]} of {sizes[0]} in A, {counts[1]} of {sizes[1]} in B"
            notes.append(f"zero rows are padding and were left out: {counted}")

            empty = np.flatnonzero(self.sides[0].zero.all(axis=1) | self.sides[1].zero.all(axis=1))
            if len(empty):
                listed = ", ".join(str(self.items[item]) for item in empty[:3])
                notes.append(f"{len(empty)} items are all padding, their scores are undefined: {listed}")
        elif any(counts):
            notes.append(f"{checks.plural(counts[0], 'zero row')} in A, {counts[1]} in B: their cosine is 0")
        return notes


def _mean(values: list[float]) -> float | None:
    defined = [value for value in values if not isnan(value)]
    return fsum(defined) / len(defined) if defined else None


def _score_columns(scores: dict[str, list[float]], means: dict[str, float | None], job: _Job) -> dict[str, Column]:
    if job.nested:
        return {"item": job.items, **{key: np.asarray(values) for key, values in scores.items()}}
    values = np.asarray([nan if value is None else value for value in means.values()])
    return {"aggregate": np.asarray(list(means), dtype=object), "score": values}


def _match_columns(found: Found, job: _Job) -> dict[str, Column]:
    """List the match of every row, first of A's in B, then of B's in A; numbers count padding rows too."""
    parts: dict[str, list[Column]] = {"item": [], "direction": [], "a": [], "b": [], "score": []}
    for number, match in found:
        ids = [side.ids[~side.zero[number]] if job.nested else side.ids for side in job.sides]
        ways = {"a to b": (ids[0], ids[1][match.forward.partners], match.forward.scores)}
        ways["b to a"] = (ids[0][match.backward.partners], ids[1], match.backward.scores)
        for direction, (a, b, score) in ways.items():
            parts["item"].append(np.full(len(score), job.items[number]))
            parts["direction"].append(np.full(len(score), direction, dtype=object))
            for name, column in (("a", a), ("b", b), ("score", score)):
                parts[name].append(column)
    columns = {name: np.concatenate(part) if part else np.empty(0) for name, part in parts.items()}
    return columns if job.nested else {name: columns[name] for name in columns if name != "item"}
