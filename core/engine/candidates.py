"""Places of a tile that may matter, found through the maxima of groups of columns."""

from typing import Any

from ..backend import Array, Backend
from ..results import Column

GROUPS = 128

Hits = tuple[Column, Column, Column]


def group_peaks(backend: Backend, near: Array, *, gaps: bool, positive: bool) -> tuple[Array, Array]:
    """Return a tile, filled up with -inf to whole groups, and the (n, groups) maxima of its groups.

    Args:
        backend: the backend of the tile.
        near: (n, m) nearness.
        gaps: whether it may hold NaN, which is never found.
        positive: whether only nearness above zero matters.
    """
    xp, (n, width) = backend.xp, near.shape
    if gaps:  # a maximum with a NaN is NaN, and would hide its group
        near = xp.where(xp.isnan(near), xp.full_like(near, -float("inf")), near)
    missing = -width % GROUPS
    if missing:
        filler = xp.full((n, missing), -float("inf"), dtype=near.dtype, device=_device(near))
        near = xp.concat([near, filler], axis=1)
    return near, backend.group_maxima(near, GROUPS, positive=positive)


def candidates(backend: Backend, near: Array, hits: tuple[Array, Array], low: Array) -> Hits:
    """Return row, column and nearness of all places of a tile that reach `low`, opening only groups that do.

    Args:
        backend: the backend of the arrays.
        near: (n, depth * GROUPS) nearness; a group is every GROUPS-th column.
        hits: row and group of the groups whose maximum reaches `low`.
        low: (n,) least nearness of interest.
    """
    xp, (row, group) = backend.xp, hits
    depth = near.shape[1] // GROUPS
    offsets = xp.arange(depth, dtype=row.dtype, device=_device(row)) * GROUPS
    places = (row * near.shape[1] + group)[:, None] + offsets[None, :]
    opened = xp.reshape(xp.take(xp.reshape(near, (-1,)), xp.reshape(places, (-1,))), (-1, depth))
    hit, step = xp.nonzero((opened >= xp.take(low, row)[:, None]) & (opened > -float("inf")))
    wide = xp.astype(opened[hit, step], xp.float64)
    row, column = xp.take(row, hit), step * GROUPS + xp.take(group, hit)
    return backend.get(row), backend.get(column), backend.get(wide)


def _device(array: Array) -> Any:
    return getattr(array, "device", None)
