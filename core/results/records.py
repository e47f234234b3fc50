"""The records that an operation hands back: named scalars and columns, and what belongs to them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from ..addresses import without_secrets
from ..placeholders import as_argument, spelled
from ..suggestions import closest_few

Column = NDArray[Any]
Scalar = float | int | str | None
FEW_KEYS = 12  # that a message lists; of more it names the nearest

GradientSink = Callable[[int, list[Column]], None]  # takes the first row, and (rows, d) gradients per input
Progress = Callable[[int, int], None]  # takes how much of the present phase is done, and of how much


def begin(progress: Progress | None, phase: str, unit: str = "rows") -> None:
    """Say that a phase of long work begins, in which what is done counts from nothing.

    Args:
        progress: who takes it; one without a method `phase` takes only the counts of each phase.
    """
    on_phase: Callable[[str, str], None] | None = getattr(progress, "phase", None)
    if on_phase is not None:
        on_phase(phase, unit)


def over_batches(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Return what takes the progress of one of `count` equal batches, as a part of one phase for all of them."""
    if progress is None or count == 1:
        return progress
    return lambda done, total: progress(number * total + done, count * total)


class Rows(Protocol):
    """A table of equally long named columns that is read by row range."""

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""

    def __len__(self) -> int: ...

    def read(self, start: int, stop: int) -> dict[str, Column]:
        """Return rows `start` to `stop` (exclusive), a 1-D array per column."""


@dataclass(frozen=True)
class Columns:
    """Rows held in memory, one 1-D array per column."""

    columns: Mapping[str, Column]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(self.columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def read(self, start: int, stop: int) -> dict[str, Column]:
        """Return rows `start` to `stop` (exclusive), a 1-D array per column."""
        return {name: column[start:stop] for name, column in self.columns.items()}


@dataclass(frozen=True)
class Grid:
    """A matrix of scores as a person looks at it: the whole of a small one, the corner of a large one.

    Args:
        shape: (rows, columns) of the whole matrix.
        row_ids: ids or row numbers of the shown rows.
        column_ids: ids or row numbers of the shown columns.
        scores: (len(row_ids), len(column_ids)) the shown scores.
        batch: the number of the matrix among those of a batch, or None.
        batches: how many matrices there are.
    """

    shape: tuple[int, int]
    row_ids: Column
    column_ids: Column
    scores: Column
    batch: int | None = None
    batches: int = 1


@dataclass(frozen=True)
class HeatMap:
    """A matrix of scores as a picture: the mean score of each rectangle of rows and columns.

    Args:
        shape: (rows, columns) of the whole matrix.
        row_edges: (r + 1,) the first row of each range of rows, and the number of rows.
        column_edges: (c + 1,) the same of the columns.
        row_ids: (r,) ids or row numbers of the first row of each range.
        column_ids: (c,) the same of the columns.
        scores: (r, c) float64 means; NaN where no score is finite.
    """

    shape: tuple[int, int]
    row_edges: Column
    column_edges: Column
    row_ids: Column
    column_ids: Column
    scores: Column


@dataclass(frozen=True)
class Histogram:
    """How often values fall between edges.

    Args:
        name: of what.
        edges: (bins + 1,) ascending.
        counts: group -> (bins,) how many values of it; the last bin holds its upper edge too.
        marks: name -> a value that is worth a look, as a margin or a threshold.
    """

    name: str
    edges: Column
    counts: Mapping[str, Column]
    marks: Mapping[str, float] = field(default_factory=dict)


class Note(str):
    """A sentence for the reader, its parameters spelled as arguments; `template` has the placeholders."""

    template: str

    def __new__(cls, template: str) -> "Note":
        """Return the sentence; a note stays as it is."""
        if isinstance(template, Note):
            return template
        template = without_secrets(template)
        note = super().__new__(cls, spelled(template, as_argument))
        note.template = template
        return note


def nearest_keys(key: str, known: Collection[str]) -> str:
    """Return a hint for a key that a summary lacks.

    Args:
        key: what was asked for.
        known: the keys that there are.

    Example:
        >>> nearest_keys("meen", ["mean", "count"])
        'did you mean mean? the summary has mean, count'
    """
    many = len(known) > FEW_KEYS
    ends = [name for name in known if name.endswith(f".{key}")]
    nearest = list(dict.fromkeys([*ends, *closest_few(key, list(known), 5)]))[: 5 if many else 1]
    guess = f"did you mean {', '.join(nearest)}? " if nearest else ""
    return f"{guess}the summary has {f'{len(known)} keys' if many else ', '.join(known) or 'no numbers'}"


def shapes_line(a: Sequence[int], b: Sequence[int], dims: Sequence[int], outcome: str) -> str:
    """Return how the shapes of two inputs lead to that of the result.

    Example:
        >>> shapes_line((1, 2, 20, 20), (1, 2, 20, 20), (1,), "(1, 20, 20)")
        '(1, 2, 20, 20) x (1, 2, 20, 20) along 1 -> (1, 20, 20)'
    """
    return f"{tuple(a)} x {tuple(b)} along {', '.join(map(str, dims))} -> {outcome}"


def in_batches(rows: Rows, size: int = 65536) -> Iterator[dict[str, Column]]:
    """Yield the rows in ranges of at most `size`; an empty table yields one empty range."""
    for start in range(0, max(len(rows), 1), size):
        yield rows.read(start, min(start + size, len(rows)))
