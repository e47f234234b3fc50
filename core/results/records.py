"""The records that an operation hands back: named scalars and columns, and what belongs to them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from ..addresses import without_secrets
from ..placeholders import Spell, as_argument, spelled
from ..suggestions import closest_few

if TYPE_CHECKING:
    from ..statistics.counts import Counts

Column = NDArray[Any]
Scalar = float | int | str | None
FEW_KEYS = 12  # that a message lists; of more it names the nearest

GradientSink = Callable[[int, list[Column]], None]  # takes the first row, and (rows, d) gradients per input
Progress = Callable[[int, int], None]  # takes how much of the present phase is done, and of how much


def begin(progress: Progress | None, phase: str, unit: str = "rows") -> None:
    """Say that a phase of long work begins, in which what is done counts from nothing.

    Args:
        progress: who takes it; one without a method `phase` takes only the counts of each phase.
        phase: what is done, in a few words.
        unit: what is counted.
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
    """

    name: str
    edges: Column
    counts: Mapping[str, Column]


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


def _shown(value: Any) -> Any:
    """Return a value without the secrets of addresses in it."""
    if isinstance(value, list | tuple):
        return type(value)(map(_shown, value))
    return without_secrets(value) if type(value) is str or hasattr(value, "renamed") else value


@dataclass(frozen=True)
class Result:
    """The outcome of one operation.

    Args:
        command: the command that gives this result.
        inputs: role (`a`, `b`, `labels`) -> what the user typed.
        parameters: every option that shaped the numbers, defaults filled in.
        summary: named scalars; the names that gates and JSON use. None is an undefined value.
        rows: the table, possibly computed as it is read.
        array: the same numbers in their natural shape, for npy; None where that was not kept.
        grids: a matrix to look at, where the result is one, or the first of a batch.
        heat_map: the whole of a matrix in means, where it was asked for.
        histograms: distributions behind the summary.
        counts: model (`overall`, `against`) -> pairs at each score, of which `simtool.evaluation.curves` makes curves.
        history: `epoch`, `loss`, `score` of what was learnt; the score is NaN where there is none.
        notes: warnings and facts for the reader, one sentence each.
        provenance: role -> which columns the vectors were put together from, where they were.
        written: path -> what it holds, of files that the operation itself has written.
        headline: the keys of the summary that `rows` does not hold too; None for all.
        repeats: keys and columns whose numbers stand under another name too; a table leaves them out.
    """

    command: str
    inputs: Mapping[str, str]
    parameters: Mapping[str, Any]
    summary: Mapping[str, Scalar]
    rows: Rows = field(default_factory=lambda: Columns({}))
    array: Column | None = None
    grids: tuple[Grid, ...] = ()
    heat_map: HeatMap | None = None
    histograms: tuple[Histogram, ...] = ()
    counts: Mapping[str, "Counts"] = field(default_factory=dict)
    history: Columns | None = None
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    headline: tuple[str, ...] | None = None
    repeats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(map(Note, self.notes)))
        for name in ("inputs", "parameters", "provenance"):
            shown = {key: _shown(value) for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, shown)

    def spelled_notes(self, spell: Spell) -> tuple[str, ...]:
        """Return the notes with their parameters as a caller spells them."""
        return tuple(spelled(Note(note).template, spell) for note in self.notes)

    def document(self, *, gates: Sequence[Mapping[str, Any]] = (), spell: Spell = as_argument) -> Iterator[str]:
        """Yield the parts of a JSON document, rows as they are computed.

        It holds neither arrays nor what pictures are made of: not `array`, `grids`, `heat_map`, `counts`, `written`,
        `headline` and `repeats`.

        Args:
            gates: verdicts on the summary.
            spell: how the notes spell parameters.
        """
        from .document import document

        return document(self, gates, spell)

    def to_json(self) -> str:
        """Return the JSON document, which the command line writes too.

        Example:
            >>> Result.from_json(Result("inspect", {"vectors": "x.npy"}, {}, {"rows": 2}).to_json()).summary
            {'rows': 2}
        """
        return "".join(self.document())

    @classmethod
    def from_json(cls, text: str | bytes, *, source: str = "") -> "Result":
        """Return the result of a JSON document.

        Numbers are those that were written, with the type of their column; a list stands for a tuple. Notes are spelled
        as their writer spelled them.

        Args:
            text: the document; bytes are UTF-8.
            source: what errors call it, as its path.

        Raises:
            DataError: it is no JSON, of another schema, or a key holds something else than it should.
        """
        from .reading import read_result

        return read_result(text, source)


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
