"""What `pairwise` does with sets of tokens instead of vectors: its measures, its options, and the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..aggregates.record import AggregateRequest, record_of
from ..backend import quiet
from ..catalogue import AGGREGATES, names
from ..engine import ROW, Choice, Phase, same_rows, spending
from ..errors import ParameterError
from ..io import RaggedVectors, Selection, Vectors, as_values
from ..io.cut_down import CutDown
from ..io.origins import provenance
from ..results import Into, Progress, Result, RowsInto, shapes_line
from ..settings import Settings
from .compared_sets import ComparisonInputs
from .item_pairs import ItemPairs
from .phases import comparison_phases
from .read_sets import open_sets, read_inputs, rows_by_id, source_of_sets
from .requests import names_with, read_requests


def measure_of_sets(metric: str, parameters: Mapping[str, float]) -> AggregateRequest | None:
    """Return the aggregate that scores pairs of sets; None for a name that is none of an aggregate.

    Raises:
        ParameterError: an aggregate that is no measure of all pairs, or a parameter that it does not have.
    """
    named = [entry.name for entry in AGGREGATES if metric in (entry.name, *entry.aliases)]
    if not named or metric in names("metric"):
        return None
    if not record_of(named[0]).crossed:
        what = f"{metric} compares two sets, and no list of sets with another"
        raise ParameterError(
            what, "«metric»", f"compare has it; all pairs of sets take {' or '.join(names_with('crossed'))}"
        )
    return read_requests(named, parameters, 0)[0]


def check_set_options(name: str, cut: CutDown, *, dim: int, precision: str, nonfinite: str) -> None:
    """Refuse options that sets of tokens do not have.

    Raises:
        ParameterError: one of them is not at its default.
    """
    fixed = {"dim": (dim, (-1,)), "precision": (precision, ("auto", "float64")), "nonfinite": (nonfinite, ("error",))}
    for option, (given, taken) in fixed.items():
        if given not in taken:
            what = f"{name} of sets of tokens takes {' or '.join(map(str, taken))} as {option}, got {given}"
            raise ParameterError(what, f"«{option}»", "leave it out")
    if cut != CutDown():
        what = f"{name} of sets of tokens takes the numbers as they are"
        raise ParameterError(what, "«truncate», «quantize»", "leave them out")


@dataclass(frozen=True)
class SetsPlan:
    """Which lists of sets are compared, checked and not yet computed.

    Args:
        inputs: both lists, A twice where there is no B.
        pairs: all pairs of their items.
        choice: the pairs that are listed; None for the matrix.
        excluded_by: `id` or `row` where an item is not compared with itself, else None.
    """

    inputs: ComparisonInputs
    pairs: ItemPairs
    choice: Choice | None
    excluded_by: str | None
    settings: Settings

    def phases(self, into: Into | None, rows_into: RowsInto | None, shapes: Sequence[tuple[int, ...]]) -> list[Phase]:
        """Return the pass over lists of these padded shapes; what nobody takes as it comes is kept."""
        choice, a, b = self.choice, shapes[0], shapes[-1]
        budget = self.pairs.job.budget
        (phase,) = comparison_phases([self.pairs.request], (a, b), budget, matching=None, cross=True)
        written = phase.bytes_written if choice is None else ROW * (choice.most(a[0], b[0]) or 0)
        held = written if (into if choice is None else rows_into) is None else 0
        return [replace(phase, bytes_written=written, memory=phase.memory + held)]

    def trial(self) -> None:
        """Compute it for nobody."""
        self.run(lambda shape, dtype: lambda part: None, lambda columns: None, None, None)

    def run(
        self, into: Into | None, rows_into: RowsInto | None, heat_map: int | None, progress: Progress | None
    ) -> Result:
        """Compute the matrix, or list the pairs."""
        pairs, choice = self.pairs, self.choice
        with quiet(), spending(pairs.job.budget):
            if choice is not None:
                result = pairs.select(choice, rows_into, progress)
            else:
                result = pairs.matrix(into, heat_map, progress)
        a, b = self.inputs.shapes
        sides = {"a": self.inputs.sides[0].vectors, "b": None if pairs.job.self_join else self.inputs.sides[1].vectors}
        listed = choice or Choice()
        return replace(
            result,
            inputs=pairs.job.inputs(),
            parameters={
                "metric": pairs.request.name,
                "eps": self.settings.eps,
                **pairs.request.parameters,
                "exclude_self": self.excluded_by is not None,
                "excluded_by": self.excluded_by,
                "top_k": listed.top_k,
                "threshold": listed.threshold,
                "max_pairs": listed.max_pairs,
                **result.parameters,
                "nonfinite": self.settings.nonfinite,
                "shapes": shapes_line(a, b, [2], listed.of(str(pairs.job.shape))),
            },
            notes=(*self.inputs.notes([pairs.request]), *pairs.job.left_out(self.excluded_by), *result.notes),
            provenance=provenance(sides),
        )


def plan_sets(
    request: AggregateRequest,
    choice: Choice | None,
    settings: Settings,
    lists: Sequence[Vectors | RaggedVectors],
    *,
    exclude_self: bool,
) -> SetsPlan:
    """Lay out both lists, checked.

    Args:
        choice: the pairs that are listed; None for the matrix.
        lists: A and perhaps B.
        exclude_self: leave out an item with itself.

    Raises:
        ShapeError: sets of another rank or width.
        DataError: rows that are not finite.
    """
    none: Any = (None, None)
    with spending(settings.budget(*(each.tokens if isinstance(each, RaggedVectors) else each for each in lists))):
        inputs = read_inputs(
            lists[0], lists[-1], weights=none, lengths=none, nonfinite=settings.nonfinite, cross=True, items=None
        )
        pairs = ItemPairs.of(inputs, request, settings.eps, settings.space())
    if (misfit := inputs.misfit(request)) is not None:
        raise misfit
    excluded_by, excluded = same_rows(pairs.job.a, pairs.job.b) if exclude_self else (None, None)
    job = replace(pairs.job, excluded=excluded, self_join=len(lists) == 1)
    pairs = replace(pairs, job=job, totals=request.record.summed)
    return SetsPlan(inputs, pairs, choice, excluded_by, settings)


def open_list(given: Any, name: str, ids: Any, *, settings: Settings) -> Vectors | RaggedVectors:
    """Return a list of sets; rows (n, d) are sets by their ids.

    Raises:
        ShapeError: rows without ids.
    """
    source = source_of_sets(given, name)
    found = open_sets(source, as_values(ids, source), name=name, settings=settings)
    if not isinstance(found, RaggedVectors) and len(found.shape) == 2:
        found = rows_by_id(found)
    if isinstance(found, RaggedVectors) and isinstance(source, Selection) and source.keep.names:
        what = "a listing carries columns of rows, and these sets have different numbers of them"
        raise ParameterError(what, "«keep_columns»", "leave it out, and join the columns by id")
    return found
