"""What there is to evaluate, from what a user types.

Accepted: two sources of vectors; one table of pairs with vector columns `a` and `b`; one source of vectors with a table
of id pairs (columns `a`, `b`); one source of vectors with classes; or scores that are there already, as values or in a
table. Labels, target scores and groups come from a source of their own or from a column, by `::NAME`; of a table the
columns `label`, `labels`, `class` or `target` and `score`, `scores` or `similarity` are found by themselves.
Refused: ids that are not there or come twice, several columns that may be meant, more sources than two.
Lost: every other column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import checks, given_inputs
from ..errors import DataError, InputNotFoundError, ParameterError
from ..io import Table, Vectors, beside, of_selected, open_table, pick_vectors, read_values, split_source, with_ids
from ..io.named_columns import as_column, is_bare, of_one_file
from ..io.source_opening import missing_file
from ..io.table import LABEL_NAMES, SCORE_NAMES, join_name, named_hint
from ..joining import looked_up
from ..results import Column
from .inputs import EvaluationInputs

COMPUTED = ("score", "scores", "similarity", "distance", "cosine")


@dataclass(frozen=True)
class EvaluationSources:
    """What is to be evaluated: each a source as in PATH[::NAME] or ::NAME, or the values themselves.

    Args:
        sources: of vectors, or a table of pairs.
        labels: binary, or the class of each row.
        targets: scores that closeness should agree with.
        scores: computed elsewhere.
        pairs: a table of ids.
        by: the group of each pair.
        against: the same in another model: two of vectors, or one of scores where `scores` or `pairs` are given.
        ids: of the rows, for `pairs`.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        max_memory: as for `open_vectors`.
    """

    sources: Sequence[Any] = ()
    labels: Any = None
    targets: Any = None
    scores: Any = None
    pairs: str | None = None
    by: Any = None
    against: Any = None
    ids: str | None = None
    header: str = "auto"
    max_memory: str | int | None = None

    @property
    def typed(self) -> list[str]:
        """Every source."""
        against = self.against if isinstance(self.against, list | tuple) else [self.against]
        values = [*self.sources, *against, self.labels, self.targets, self.scores, self.pairs, self.by, self.ids]
        return [value for value in values if isinstance(value, str)]

    def open(self, source: Any, *, nulls: bool, name: str = "A", ids: str | None = None) -> Vectors:
        """Open vectors, without the columns that have another role."""
        return given_inputs.given(source, name, ids=ids, nulls=nulls, others=self._others, **self._reading)

    def table(self, source: str, *, nulls: bool = False) -> Table:
        """Open a table, in whose vectors no column with another role is."""
        return open_table(source, nulls=nulls, others=self._others, **self._reading)

    def values(self, source: Any, table: Table | None, wanted: Sequence[str]) -> Column:
        """Read values of a file of their own, or of a column of the table."""
        if not isinstance(source, str):
            return source  # type: ignore[no-any-return]
        return read_values(beside(source, self.first), base=table, wanted=tuple(wanted), **self._reading)

    @property
    def first(self) -> Any:
        """The source whose rows labels, targets and groups belong to."""
        return next((value for value in (self.pairs, self.scores, *self.sources) if value is not None), None)

    @property
    def _reading(self) -> dict[str, Any]:
        return {"header": self.header, "max_memory": self.max_memory}

    @property
    def _others(self) -> list[str]:
        values = (self.labels, self.targets, self.scores, self.by, self.ids)
        return [value for value in values if isinstance(value, str)]


def open_evaluated(given: EvaluationSources, *, nulls: bool = False) -> EvaluationInputs:
    """Open what is to be evaluated.

    Args:
        given: what was typed.
        nulls: read vectors that are null or hold a null as rows of NaN.

    Raises:
        ParameterError: sources that do not go together.
        DataError, InputNotFoundError, ResourceError, ShapeError: as `open_vectors`.

    Example:
        >>> open_evaluated(EvaluationSources(["sample_data/wordsim353.parquet"])).names["targets"]
        'sample_data/wordsim353.parquet::score'
    """
    if given.scores is not None:
        return _from_scores(given)
    if given.pairs is not None:
        return _from_ids(given, nulls)
    if len(given.sources) > 2:
        what = f"expected one table, one labelled input or two files of vectors, got {len(given.sources)}"
        raise ParameterError(what, " ".join(map(str, given.sources)))
    if len(given.sources) != 1 or not isinstance(given.sources[0], str):
        sides = [given.open(side, nulls=nulls, name=name) for side, name in zip(given.sources, "AB", strict=False)]
        a, b = [*sides, None, None][:2]
        return _with_values(given, None, a, b, None, nulls)
    path, column = split_source(given.sources[0])
    table = given.table(path, nulls=nulls)
    if column is None and {"a", "b"} <= set(table.vector_columns):
        ids = table.ids()
        return _with_values(given, table, table.vectors("a", ids), table.vectors("b", ids), None, nulls)
    if column is None and len(choices := table.vector_columns) > 1:
        first, second = (named_hint(table, name) for name in choices[:2])
        hint = f"name both sides of the pairs, {first} {second} «labels» ::NAME, or one set of rows, {first}"
        raise DataError(f"several columns hold vectors: {', '.join(choices)}", table.name, hint)
    vectors = table.vectors(pick_vectors(table, column), table.ids())
    return _with_values(given, table, vectors, None, None, nulls)


def _from_scores(given: EvaluationSources) -> EvaluationInputs:
    if len(given.sources) or given.pairs is not None:
        what = "scores that are there already need no vectors"
        raise ParameterError(what, "«scores»", "leave «scores» or the vectors out")
    source = given.scores
    if not isinstance(source, str):
        return _with_values(given, None, None, None, source, False)
    path, column = split_source(source)
    others = [each for each in (given.labels, given.targets, given.by) if isinstance(each, str)]
    of_table = [each for each in others if each[:2] == "::" or is_bare(each)]
    if column is None and not of_table and given.labels is not None:
        scores = given.values(source, None, COMPUTED)
        return _with_values(given, None, None, None, scores, False)
    table = given.table(path)
    if not any(table.columns) and (missing := next(filter(is_bare, others), None)):
        raise missing_file(missing)
    column = column if column is not None else _column(table, COMPUTED)
    scores = table.values(_only(table)) if column is None else read_values(f"::{column}", base=table)
    return _with_values(given, table, None, None, scores, False)


def _from_ids(given: EvaluationSources, nulls: bool) -> EvaluationInputs:
    if len(given.sources) != 1:
        raise ParameterError("pairs of ids are looked up in one file of vectors", "«pairs»", "name one file of vectors")
    vectors = given.open(given.sources[0], nulls=nulls, ids=given.ids)
    table = given.table(given.pairs or "")
    for name in ("a", "b"):
        if name not in table.value_columns:
            listed = ", ".join(name for name in table.columns if name) or "no names"
            what = f"expected a table with columns a and b, ids of the pairs, but its columns are {listed}"
            raise InputNotFoundError(what, table.name, "name the two columns a and b")
    a, b = (with_ids(looked_up(vectors, table, name), None) for name in ("a", "b"))
    against: tuple[Vectors, Vectors] | None = None
    if given.against is not None:
        others = [given.open(source, nulls=nulls, ids=given.ids) for source in given.against]
        first, second = (
            with_ids(looked_up(other, table, name), None) for other, name in zip(others, ("a", "b"), strict=True)
        )
        against = first, second
    return _with_values(given, table, a, b, None, nulls, against=against)


def _with_values(
    given: EvaluationSources,
    table: Table | None,
    a: Vectors | None,
    b: Vectors | None,
    scores: Column | None,
    nulls: bool,
    *,
    against: tuple[Vectors, Vectors] | None = None,
) -> EvaluationInputs:
    """Read labels, targets and groups, typed or found by their names, and the other model."""
    names = {name: name for name in ("scores", "labels", "targets", "by", "against")}
    if isinstance(given.scores, str):
        names["scores"] = given.scores
    if given.pairs is not None:
        names["pairs"] = given.pairs
    if isinstance(given.against, list | tuple) and given.against and isinstance(given.against[0], str):
        names["against"] = given.against[0]
    labels = _values(given, given.labels, table, LABEL_NAMES, names, "labels")
    # scores beside scores, or a score beside a class, are nobody's target unless typed
    search = SCORE_NAMES if scores is None and b is not None else ()
    targets = _values(given, given.targets, table, search, names, "targets")
    by = _values(given, given.by, table, (), names, "by")
    other: tuple[Vectors, Vectors] | Column | None = against
    if given.against is not None and against is None:
        other = _against(given, scores is not None, nulls)
    return EvaluationInputs(a, b, scores, labels, targets, by, other, names)


def _values(
    given: EvaluationSources, typed: Any, table: Table | None, wanted: Sequence[str], names: dict[str, str], role: str
) -> Column | None:
    typed = of_one_file(typed, given.sources) if table is None else as_column(typed, table)
    if typed is not None and not isinstance(typed, str):
        return read_values(typed)
    if typed is not None:
        name = f"{table.name}{typed}" if table is not None and typed.startswith("::") else typed
        names[role] = of_selected(name, given.first)
        return given.values(typed, table, wanted)
    column = None if table is None else _column(table, wanted)
    if table is None or column is None:
        return None
    names[role] = of_selected(join_name(table.name, column), given.first)
    return table.values(column)


def _column(table: Table, wanted: Sequence[str]) -> str | None:
    choices = [column for column in table.value_columns if column.lower() in wanted]
    if len(choices) > 1:
        listed = ", ".join(choices)
        raise DataError(f"several columns may be meant: {listed}", table.name, f"name one: {table.name}::{choices[0]}")
    return choices[0] if choices else None


def _only(table: Table) -> str:
    choices = table.value_columns
    if len(choices) != 1:
        listed = ", ".join(table.columns) or "none"
        what = (
            f"no column is named like a score; {checks.plural(len(choices), 'column')} with values, columns: {listed}"
        )
        raise DataError(what, table.name, f"name one: {table.name}::NAME")
    return choices[0]


def _against(given: EvaluationSources, scored: bool, nulls: bool) -> tuple[Vectors, Vectors] | Column:
    against = [given.against] if isinstance(given.against, str) else given.against
    if not hasattr(against, "__len__") or not getattr(against, "ndim", 1) or not len(against):
        raise ParameterError("expected two sources of vectors, or scores", "«against»", "«against=A B»")
    if scored:
        if not isinstance(against, list | tuple) or not all(isinstance(each, str) for each in against):
            return np.asarray(against)
        if len(set(against)) != 1:
            what = f"expected the scores of the other model, got {len(against)} sources"
            raise ParameterError(what, "«against»", "name the one source twice")
        return given.values(against[0], None, COMPUTED)
    if len(against) != 2:
        raise ParameterError(f"expected two sources of vectors, got {len(against)}", "«against»")
    a, b = (given.open(source, nulls=nulls, name=name) for source, name in zip(against, "AB", strict=True))
    return a, b
