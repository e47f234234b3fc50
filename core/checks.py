"""The checks at the door of every operation: options, shapes, finite rows. Each runs once."""

import os
from collections.abc import Collection, Mapping, Sequence
from math import isnan, prod
from typing import Any

import numpy as np

from .catalogue import Entry, names
from .errors import DataError, OutputError, ParameterError, ShapeError
from .io import RaggedVectors, Vectors
from .io.origins import place_of
from .io.output import check_output
from .io.vectors import name_rows
from .metrics import Metric, is_rounded, metric_of
from .results import nearest_keys, split_group
from .suggestions import closest

SURVEY_BYTES = 4 << 20
TWO_MODELS = "both inputs must come from one model; simtool compare «aggregates=knn-overlap» or cka takes two"
MOST = 2**63 - 1  # of anything that is counted


def check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        guess = closest(value, choices)
        hint = f"did you mean {guess}?" if guess else f"one of: {', '.join(choices)}"
        raise ParameterError(f"unknown value {value!r}", f"«{option}»", hint)


def check_keys(
    required: Collection[str],
    known: Collection[str],
    given_by: Mapping[str, Collection[str]] = {},
    of_groups: Collection[str] = (),
) -> None:
    """Refuse a key that the result will not have.

    Args:
        known: the keys of the summary.
        given_by: what to ask for to get which others.
        of_groups: those that each group will have, as in `roc_auc[en]`.
    """
    for key in required:
        name, group = split_group(key)
        if key in known or (group is not None and name in of_groups):
            continue
        wanted, there = (name, of_groups) if of_groups and group is not None else (key, known)
        parameter = next((asked for asked, keys in given_by.items() if wanted in keys and wanted not in known), None)
        hint = nearest_keys(wanted, there) if parameter is None else f"add {parameter}, which gives that number"
        raise ParameterError(f"no number is called {key!r}", "«require_keys»", hint)


def check_eps(eps: float) -> None:
    """Refuse a least norm that is no number of at least 0."""
    if not 0 <= eps < np.inf:
        raise ParameterError(f"eps is {eps}, expected at least 0 and finite", "«eps»")


def check_outputs(*paths: str | None, force: bool, inputs: Sequence[Any]) -> None:
    """Refuse outputs that could not be written at the end, or that are an input or each other."""
    wanted = [path for path in paths if path is not None]
    for path in wanted:
        check_output(path, force=force, inputs=[source for source in inputs if isinstance(source, str)])
    real = [os.path.realpath(path) for path in wanted]
    for number, path in enumerate(wanted):
        if real[number] in real[:number]:
            raise OutputError("two outputs have one path", path, "name another file for one of them")


def check_count(option: str, number: Any) -> None:
    """Refuse what is no count: a whole number of at least 1 that fits in 64 bits."""
    if not (isinstance(number, int | np.integer) and number >= 1):
        raise ParameterError(f"expected a whole number of 1 or more, got {number!r}", option)
    if number > MOST:
        raise ParameterError(f"the number is too large, expected at most {MOST:,}", option)


def check_least(least: int, **numbers: int | None) -> None:
    """Refuse numbers below the least that has a meaning, each under the name of its parameter; None is not given."""
    for name, number in numbers.items():
        if number is not None and not least <= number <= MOST:
            bounds = f"at least {least}" if number < least else f"at most {MOST:,}"
            raise ParameterError(f"{name.replace('_', ' ')} is {number}, expected {bounds}", f"«{name}»")


def check_dim(dim: int, rank: int, option: str = "«dim»") -> int:
    """Return a dim counted from the front."""
    if not -rank <= dim < rank:
        raise ShapeError(
            f"dim {dim} is out of range: the inputs have {rank} dims", option, f"valid dims are {-rank} to {rank - 1}"
        )
    return dim % rank


def check_rank(vectors: Vectors, least: int) -> None:
    """Refuse an input with fewer dims than the operation needs."""
    if len(vectors.shape) < least:
        raise ShapeError(
            f"expected {least} dims or more, got shape {vectors.shape}",
            vectors.name,
            "reshape one vector to (1, d)" if len(vectors.shape) == 1 else "",
        )


def check_rows(vectors: Vectors, noun: str = "row") -> None:
    """Refuse an input that is not one vector per row, or that is empty."""
    if len(vectors.shape) != 2:
        raise ShapeError(f"expected one vector per {noun}, shape (n, d), got {vectors.shape}", vectors.name)
    check_not_empty(vectors)


def check_aligned(sides: Sequence[Vectors], noun: str = "row", *, joins: bool = False) -> None:
    """Refuse inputs of which row i of one does not belong to row i of the others, or of different widths.

    Where the operation `joins` two inputs by id, the refusal says so.
    """
    for side in sides:
        check_rows(side, noun)
    for side in sides[1:]:
        check_same_rows(sides[0], side)
        check_same_ids(sides[0], side, joins=joins)
        check_same_width(sides[0], side, sides[0].shape[1], side.shape[1])


def check_roles(entry: Entry, count: int) -> None:
    """Refuse more or fewer inputs than a loss has roles."""
    roles = entry.roles
    if count != len(roles):
        counted = f"{len(roles)} inputs ({', '.join(roles)})" if len(roles) > 1 else "one input"
        raise ShapeError(f"the loss {entry.name} takes {counted}, got {count}")


def check_not_empty(vectors: Vectors) -> None:
    """Refuse an input that holds no number."""
    if prod(vectors.shape) == 0:
        raise ShapeError(f"the input is empty: shape {vectors.shape}", vectors.name, "at least one row is needed")


def check_same_width(
    a: Vectors,
    b: Vectors,
    width_a: int,
    width_b: int,
    hint: str = TWO_MODELS,
    names: tuple[str, str] = ("A", "B"),
) -> None:
    """Refuse vectors of different length; `names` is what the inputs are called."""
    if width_a != width_b:
        raise ShapeError(
            f"the vectors differ in length: {width_a} in {names[0]}, {width_b} in {names[1]}",
            f"{a.name} {a.shape}, {b.name} {b.shape}",
            hint,
        )


def check_same_rows(a: Vectors, b: Vectors) -> None:
    """Refuse aligned inputs of different length."""
    if a.shape[0] != b.shape[0]:
        raise ShapeError(
            f"row i of A belongs to row i of B, but A has {a.shape[0]} rows and B has {b.shape[0]}",
            f"{a.name}, {b.name}",
            "simtool pairwise compares every row with every row",
        )


def check_same_ids(a: Vectors | RaggedVectors, b: Vectors | RaggedVectors, *, joins: bool = False) -> None:
    """Refuse aligned inputs that hold the same ids in another order; different ids altogether are fine."""
    if a.ids is None or b.ids is None or len(a.ids) != len(b.ids):
        return
    differ = np.flatnonzero(a.ids.astype(str) != b.ids.astype(str))
    if not len(differ) or not set(a.ids[differ].astype(str)) & set(b.ids.astype(str)):
        return
    row, by_id = int(differ[0]), "«join=id» pairs rows by id; or " if joins else ""
    raise DataError(
        f"row i of A belongs to row i of B, but row {row} is {a.ids[row]!s} in A and {b.ids[row]!s} in B",
        f"{a.name}, {b.name}",
        f"{by_id}bring both into the same order, or name other ids with «ids_a» and «ids_b»",
    )


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, as in `1 row`, `2 rows`, `2 classes` and `2 queries`."""
    if noun.endswith("query"):
        return f"{count} {noun if count == 1 else f'{noun[:-1]}ies'}"
    return f"{count} {noun}{'' if count == 1 else 'es' if noun.endswith('s') else 's'}"


def check_dtype(vectors: Vectors, metric: Metric) -> None:
    """Refuse numbers that a metric has no scores of."""
    if refusal := metric.refusal(vectors.dtype):
        raise DataError(refusal, vectors.name)


def refuse_rounded(vectors: Vectors, measure: str) -> None:
    """Refuse 64-bit integers that float64 does not hold, where a measure takes differences: they would be lost.

    A cosine and a dot product are as exact as their terms, of which float64 holds 53 bits.
    """
    exact = measure in names("metric") and not metric_of(measure).takes_differences
    if exact or vectors.dtype.kind not in "iu" or vectors.dtype.itemsize < 8:
        return
    step = max(1, SURVEY_BYTES // max(1, prod(vectors.shape[1:]) * vectors.dtype.itemsize))
    for start in range(0, vectors.shape[0], step):
        rows = vectors.read(start, min(start + step, vectors.shape[0]))
        wrong = is_rounded(rows)
        if wrong.any():
            place = tuple(np.argwhere(wrong)[0].tolist())
            row = start + place[0]
            what = f"{name_rows([row], vectors.ids)} holds {rows[place]}, which float64 rounds"
            hint = "subtract one whole number from all rows first, or make them float64 if that will do"
            raise DataError(f"{what}: {measure} would lose the difference", place_of(vectors, row), hint)


def refuse_overflow(names: str) -> DataError:
    """Return the error for finite inputs whose score leaves the range of float64."""
    return DataError("a score leaves the range of float64", names, "scale the inputs down")


def check_threshold(threshold: float, metric: Metric | None) -> None:
    """Refuse a threshold that no pair can reach, which would pass for a file without close pairs."""
    if isnan(threshold):
        raise ParameterError("the threshold is not a number", "«threshold»")
    if metric is None or (end := metric.end) is None:  # as of sums, which have no end
        return
    if threshold > end if metric.larger_is_closer else threshold < end:
        what = f"no {metric.name} can reach {threshold:g}: its range is {metric.entry.range}"
        is_percent = metric.larger_is_closer and end < threshold <= 100 * end
        hint = f"{threshold:g} % is {threshold / 100:g}" if is_percent else f"up to {end:g}"
        raise ParameterError(what, "«threshold»", hint if metric.larger_is_closer else f"{end:g} or more")
