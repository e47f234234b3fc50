"""The outcome of an operation: read it, loop over it, hand it on, hold it to a condition."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..addresses import without_secrets
from ..placeholders import Spell, as_argument, spelled
from .baseline import Baseline, numbers_named
from .gates import GateError, judge, parse_gate
from .records import Column, Columns, Grid, HeatMap, Histogram, Note, Rows, Scalar
from .tabular import Tabular

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..statistics.counts import Counts


def _shown(value: Any) -> Any:
    """Return a value without the secrets of addresses in it."""
    if isinstance(value, list | tuple):
        return type(value)(map(_shown, value))
    return without_secrets(str(value)) if isinstance(value, str) else value


@dataclass(frozen=True)
class Result(Tabular):
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
        baseline: an earlier run, against which the numbers are held.
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
    baseline: Baseline | None = None

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

    def __repr__(self) -> str:
        """Return one line: the command, the numbers of the summary, and how many rows there are."""
        first = list(self.summary.items())[:6]
        numbers = [f"{key}={value:.6g}" if isinstance(value, float) else f"{key}={value}" for key, value in first]
        shape = [] if self.array is None else [f"array {self.array.shape}"]
        rows = [f"{len(self.rows):,} row{'' if len(self.rows) == 1 else 's'}"] if self.rows.names else []
        return f"<Result of {self.command}: {', '.join([*numbers, *shape, *rows])}>"

    def _repr_html_(self) -> str:
        from .html import html

        return html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what the JSON document holds."""
        import json

        document: dict[str, Any] = json.loads(self.to_json())
        return document

    def plot(self, kind: str | None = None) -> "Figure":
        """Return a picture of the result as a matplotlib figure, which no list of open figures holds.

        Args:
            kind: of an evaluation `roc` (the default), `det`, `precision-recall`, `scores` or `all`; of a matrix
                `heat-map`, of a training run `history`, of a sweep `sweep`, of what has histograms `histogram`.

        Raises:
            ParameterError: it has no such picture.
            ResourceError: matplotlib is not installed.
        """
        from ..plots import figure_of

        return figure_of(self, kind)

    def save(self, path: "str | os.PathLike[str]", *, force: bool = False) -> None:
        """Write the result to a file, which appears whole.

        Args:
            path: its suffix says the format: .parquet, .arrow, .csv and .jsonl hold the rows, .json the whole document,
                .npy, .safetensors, .fbin and .fvecs the array.
            force: an existing file may be replaced.

        Raises:
            OutputError: the file may not be written, or there is no array.
        """
        from ..io.saving import save

        save(self, os.fspath(path), force=force)

    @classmethod
    def load(cls, path: "str | os.PathLike[str]") -> "Result":
        """Return the result that a file holds: its JSON document, a report of HTML, or Parquet of simtool.

        Args:
            path: or an address. A page and Parquet have the rows where they are few.

        Raises:
            InputNotFoundError: there is no such file.
            DataError: it holds no result.
        """
        from ..io.runs import load

        return load(os.fspath(path))

    def against(self, earlier: "Result | str | os.PathLike[str]") -> "Result":
        """Return the result with an earlier run of the same command to be held against, as `--baseline` does.

        Args:
            earlier: its result, or its file.

        Raises:
            ParameterError: it is of another command.

        Example:
            >>> before, now = (Result("compare", {}, {}, {"argmax": score}) for score in (0.95, 0.90))
            >>> now.against(before).check("delta.argmax >= -0.06")
        """
        if isinstance(earlier, Result):
            baseline = Baseline("the earlier result", earlier)
        else:
            baseline = Baseline(os.fspath(earlier), Result.load(earlier))
        return replace(self, baseline=baseline.check(self.command))

    def check(self, *gates: str) -> None:
        """Hold the summary to conditions, as `--assert` does.

        Args:
            *gates: KEY OPERATOR NUMBER, as in `argmax >= 0.9`.

        Raises:
            GateError: one does not hold; an AssertionError, so that pytest shows it.
            ParameterError: it is no condition, or no number of the summary.

        Example:
            >>> Result("compare", {}, {}, {"argmax": 0.95}).check("argmax >= 0.9")
        """
        parsed = [parse_gate(gate) for gate in gates]
        verdicts = judge(parsed, numbers_named(self, [gate.key for gate in parsed]))
        failed = [verdict.sentence() for verdict in verdicts if not verdict.passed]
        if failed:
            raise GateError("; ".join(failed))
