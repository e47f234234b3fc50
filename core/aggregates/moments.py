"""Means and second moments of whole files of rows, streamed a chunk at a time, and the checks their users share."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..backend import Array, Backend
from ..engine import largest_of
from ..errors import DataError, ParameterError, ShapeError
from ..metrics import needs_scale
from ..results import Column

CHUNK = 1 << 20  # numbers that are widened at a time


class SecondMoments(NamedTuple):
    """Means and centred products of one side, or of two sides whose rows belong together.

    Args:
        means: (d,) of each side, divided by its scale.
        products: (d, d') sums over the rows of (x_i - mean)(y_i - mean), by the numbers of the two sides.
    """

    means: list[Column]
    products: dict[tuple[int, int], Column]


def moments(*sides: Column, scales: tuple[float, ...], backend: Backend) -> SecondMoments:
    """Return the moments of (n, d) rows, each divided by its scale, in one pass."""
    xp, numbers = backend.xp, range(len(sides))
    shifts: list[Array] = []
    sums: list[Array] = []
    products: dict[tuple[int, int], Array] = {}
    for chunks in _chunks(sides, scales, backend):
        # around a point among the rows nothing large cancels, and of equal rows exactly nothing is left
        shifts = shifts or [rows[0, :] + xp.mean(rows - rows[:1, :], axis=0) for rows in chunks]
        near = [rows - shift[None, :] for rows, shift in zip(chunks, shifts, strict=True)]
        sums = [xp.sum(rows, axis=0) + (sums[i] if sums else 0.0) for i, rows in enumerate(near)]
        for pair in ((i, j) for i in numbers for j in numbers if i <= j):
            products[pair] = near[pair[0]].T @ near[pair[1]] + products.get(pair, 0.0)
    offsets = [total / len(sides[0]) for total in sums]
    centred = {(i, j): product - sums[i][:, None] * offsets[j][None, :] for (i, j), product in products.items()}
    means = [backend.get(shift + offset) for shift, offset in zip(shifts, offsets, strict=True)]
    return SecondMoments(means, {pair: backend.get(product) for pair, product in centred.items()})


def _chunks(sides: tuple[Column, ...], scales: tuple[float, ...], backend: Backend) -> Iterator[list[Array]]:
    step = max(1, CHUNK // max(rows.shape[1] for rows in sides))
    for start in range(0, len(sides[0]), step):
        parts = (rows[start : start + step] for rows in sides)
        yield [backend.put(part, backend.xp.float64) / scale for part, scale in zip(parts, scales, strict=True)]


def centred_squares(
    x: Column, y: Column, *, means: list[Column], scales: tuple[float, ...], backend: Backend
) -> Iterator[tuple[Array, Array]]:
    """Yield the squared distances of the rows of both sides, divided by their scales, from the means."""
    points = [backend.put(mean)[None, :] for mean in means]
    for chunks in _chunks((x, y), scales, backend):
        near = [rows - point for rows, point in zip(chunks, points, strict=True)]
        yield backend.xp.vecdot(near[0], near[0]), backend.xp.vecdot(near[1], near[1])


def scale_of(rows: Column) -> float:
    """Return a power of two to divide rows by so that their squares stay in range; 1 where they do anyway."""
    largest = largest_of(rows) if needs_scale(rows.dtype) else 0.0
    return float(2.0 ** np.clip(np.floor(np.log2(largest)), -1000, 1000)) if largest else 1.0


def centred(rows: Column, scale: float) -> tuple[Column, Column]:
    """Return (n, d) rows divided by their scale in float64, around their mean, and the mean."""
    wide: Column = np.asarray(rows, dtype=np.float64) / scale
    near = wide - wide[:1]
    offset = near.mean(axis=0)
    return near - offset, wide[0] + offset


def compact(rows: Column) -> tuple[Column, float]:
    """Return rows with the same products around their mean in at most n numbers each, and what to divide them by.

    Of fewer rows than numbers, X = (Q R)^T is turned to R^T: what does not change under rotation stays as it is,
    and no d × d matrix is needed.
    """
    if len(rows) >= rows.shape[1]:
        return rows, scale_of(rows)
    triangle = np.asarray(np.linalg.qr(centred(rows, scale_of(rows))[0].T, mode="r"))
    return triangle.T, 1.0


def paired_moments(name: str, x: Column, y: Column, backend: Backend) -> SecondMoments:
    """Return the moments of the same items in two spaces, each space turned and scaled as is best."""
    check_same_items(name, x, y)
    sides = [compact(rows) for rows in (x, y)]
    found = moments(*(rows for rows, _ in sides), scales=tuple(scale for _, scale in sides), backend=backend)
    check_spread(name, found)
    return found


def check_spread(name: str, found: SecondMoments) -> None:
    """Refuse a side whose rows are all equal."""
    for number, side in enumerate("AB"):
        if not found.products[number, number].any():
            raise DataError(f"{name} is undefined: all rows of {side} are equal", side, "give rows that differ")


def check_same_items(name: str, x: Column, y: Column) -> None:
    """Refuse two sides that cannot be the same items."""
    if len(x) != len(y):
        what = f"{name} compares the same items in two spaces, but A has {len(x)} rows and B has {len(y)}"
        raise ShapeError(what, "A, B", "frechet and prdc compare sets of different length")


def check_same_space(name: str, x: Column, y: Column) -> None:
    """Refuse two sides whose rows lie in spaces of different dims."""
    if x.shape[1] != y.shape[1]:
        what = f"{name} compares sets in one space, but rows of A have {x.shape[1]} dims and those of B {y.shape[1]}"
        raise ShapeError(what, "A, B", "cka and procrustes compare spaces of different dims")


def check_at_least(option: str, value: float, least: float) -> None:
    """Refuse a parameter below its least value."""
    if not value >= least:
        raise ParameterError(f"{option} is {value:g}, expected at least {least:g}", option)


def check_whole(option: str, value: float, least: int) -> int:
    """Return a parameter as a whole number; refuse another one, or one below the least."""
    if not value >= least or value != int(value):
        raise ParameterError(f"{option} is {value:g}, expected a whole number of at least {least}", option)
    return int(value)


def check_neighbours(name: str, k: int, x: Column, y: Column) -> int:
    """Return how many neighbours of each row are looked at; refuse more than the sets have rows."""
    k = check_whole("k", k, 1)
    least = min(len(x), len(y))
    if k >= least:
        what = f"{name} looks at {k} neighbours of each row, but a set has only {least} rows"
        raise ParameterError(what, "k", f"k must be at most {least - 1}" if least > 1 else "give 2 rows or more")
    return k
