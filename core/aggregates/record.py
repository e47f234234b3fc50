"""What `compare` knows of an aggregate beside its catalogue row, and the sets that several aggregates are asked of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..backend import Backend
from ..catalogue import Entry, find
from ..errors import SimtoolError
from ..results import Column, Progress

if TYPE_CHECKING:
    from .mixed import MixedSets
    from .resample import Resample
    from .token_blocks import TokenBlock, TokenTile

NUMPY = Backend()  # where functions compute unless told otherwise
GIVEN = ("x", "y", "eps", "backend", "progress", "weights_a", "weights_b", "seed")  # of a function, by the job

Parameters = Mapping[str, Any]


class Sets(NamedTuple):
    """Two sets of rows and their weights.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        weights_a: (n,) of the rows of x, or None.
        weights_b: (m,) of the rows of y.
    """

    x: Column
    y: Column
    weights_a: Column | None = None
    weights_b: Column | None = None


class MatchedPairs(NamedTuple):
    """Matched rows of two sets by number, -1 for no match.

    Args:
        direction: (pairs,) who chose: `a to b` or `b to a`; None where both did.
        a: (pairs,) rows of A.
        b: (pairs,) rows of B.
        score: (pairs,) their cosines, NaN without a match.
    """

    direction: Column | None
    a: Column
    b: Column
    score: Column

    @classmethod
    def with_rest(cls, sets: Sets, a: Column, b: Column, scores: Column) -> "MatchedPairs":
        """Return matched rows, and after them the rows of both sets that are in no pair."""
        alone = [np.setdiff1d(np.arange(len(rows)), taken) for rows, taken in zip(sets[:2], (a, b), strict=True)]
        none = [np.full(len(rows), -1) for rows in alone]
        a, b = np.concatenate([a, alone[0], none[1]]), np.concatenate([b, none[0], alone[1]])
        return cls(None, a, b, np.concatenate([scores, np.full(len(alone[0]) + len(alone[1]), np.nan)]))


class BlockForm(NamedTuple):
    """How an aggregate is computed of many sets of tokens at once.

    Args:
        scores: (items, items) scores of a tile.
        prepare: what is computed of the items of each side before, if anything.
    """

    scores: Callable[["TokenTile", "AggregateRequest"], Column]
    prepare: Callable[["TokenBlock", Parameters], Any] | None = None


@dataclass(frozen=True)
class AggregateRecord:
    """How an aggregate is computed, reported, drawn again and mixed. What is None it does not have.

    It stands next to the function of the aggregate, under the name of the aggregate in capitals.

    Args:
        parts: further numbers of what its function returns.
        repeated: those of them that are the number itself under the name that the field has for it.
        same_items: row i of A belongs to row i of B.
        any_dims: the rows of A and of B may differ in length.
        in_one_pass: whether each row is read for itself, and not compared with every other.
        depth: the parameter that says how many of the closest rows of B it looks at; None: one, or none.
        bidirectional: it takes the best matches of the rows of A and those of the rows of B.
        crossed: whether all pairs of items may be scored by it.
        summed: whether `pairwise` gives the sum over the tokens of A instead of their mean.
        shared: its value from what several aggregates share; None: that of its function.
        resampled: (draws,) numbers by summary key when rows are drawn again, best matches held fixed.
        mixed: (1 + deals,) scores: of the sets, and of the rows of both mixed and dealt again.
        permuted: takes an order of the rows of B and returns the value; None: that of its function.
        of_each: the value of each item that belongs together, of which its score is the mean.
        in_blocks: its form for many sets of tokens in one product.
        matched: who matched whom.
        most_in_all: numbers of two sets up to which `all` takes it, and never of lists of sets; None: always.
    """

    parts: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    same_items: bool = False
    any_dims: bool = False
    in_one_pass: bool = False
    depth: str | None = None
    bidirectional: bool = False
    crossed: bool = False
    summed: bool = False
    shared: Callable[["Evaluator", Parameters], Any] | None = None
    resampled: Callable[["Resample", "AggregateRequest"], dict[str, Column]] | None = None
    mixed: Callable[["MixedSets", "AggregateRequest"], Column] | None = None
    permuted: Callable[["Evaluator", Parameters], Callable[[Column], Any]] | None = None
    of_each: Callable[["Evaluator", Parameters], Column] | None = None
    in_blocks: BlockForm | None = None
    matched: Callable[["Evaluator"], MatchedPairs] | None = None
    most_in_all: int | None = None


def of_spaces(*parts: str, **more: Any) -> AggregateRecord:
    """Return the record of an aggregate of the same items in two spaces."""
    return AggregateRecord(parts=parts, same_items=True, any_dims=True, **more)


def record_of(name: str) -> AggregateRecord:
    """Return the record of an aggregate of the catalogue."""
    module = import_module(find("aggregate", name).function.partition(":")[0])
    record: AggregateRecord = getattr(module, name.upper().replace("-", "_"))
    return record


@dataclass(frozen=True)
class AggregateRequest:
    """An aggregate that was asked for, with its parameters."""

    entry: Entry
    parameters: Parameters

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return self.entry.name

    @cached_property
    def record(self) -> AggregateRecord:
        """How it is computed and reported."""
        return record_of(self.name)

    @property
    def keys(self) -> tuple[str, ...]:
        """The summary keys of its numbers, its score first."""
        return keys_of(self.name)

    @property
    def repeats(self) -> tuple[str, ...]:
        """The summary keys of parts that are the score itself."""
        return tuple(f"{self.name}.{part}" for part in self.record.repeated)

    @property
    def weighs(self) -> tuple[bool, bool]:
        """Whether its function takes weights of A, and of B."""
        taken = signature(self.entry.load()).parameters
        return "weights_a" in taken, "weights_b" in taken

    def numbers(self, value: Any) -> dict[str, float]:
        """Return what its function returned by summary key."""
        parts = [getattr(value, "score", value), *(getattr(value, part) for part in self.record.parts)]
        return dict(zip(self.keys, map(float, parts), strict=True))

    def call(self, x: Any, y: Any, **options: Any) -> Any:
        """Call its function with the options that it takes."""
        function = self.entry.load()
        taken = signature(function).parameters
        wanted = {name: option for name, option in options.items() if name in taken}
        return function(x, y, **wanted, **self.parameters)


def keys_of(name: str) -> tuple[str, ...]:
    """Return the summary keys of an aggregate, its score first."""
    return (name, *(f"{name}.{part}" for part in record_of(name).parts))


def parameter_types(entry: Entry) -> dict[str, Any]:
    """Return the parameters that a user may set, with the types that the function states."""
    taken = signature(entry.load()).parameters
    return {name: parameter.annotation for name, parameter in taken.items() if name not in GIVEN}


@dataclass(frozen=True)
class Evaluator:
    """The aggregates of one pair of sets; what more than one of them needs is computed once.

    Args:
        same: the rows of both that belong together, row i with row i; None where they are unknown.
        eps: the least norm that a cosine divides by.
        progress: called with the rows that are done and their total.
    """

    requests: Sequence[AggregateRequest]
    sets: Sets
    same: Sets | None
    eps: float
    backend: Backend
    progress: Progress | None = None
    _found: dict[str, Any] = field(default_factory=dict, repr=False)

    def once(self, what: str, compute: Callable[[], Any]) -> Any:
        """Return what is computed when the first aggregate asks for it."""
        if what not in self._found:
            self._found[what] = compute()
        return self._found[what]

    def asked(self, *records: AggregateRecord) -> list[AggregateRequest]:
        """Return the requests for some aggregates."""
        return [request for request in self.requests if any(request.record is record for record in records)]

    @property
    def options(self) -> dict[str, Any]:
        """The options of functions of cosines."""
        return {"eps": self.eps, "backend": self.backend}

    @property
    def paired(self) -> Sets:
        """The rows that belong together."""
        assert self.same is not None
        return self.same

    def value(self, request: AggregateRequest) -> Any:
        """Return what the function of an aggregate returns."""
        if request.record.shared is not None:
            return request.record.shared(self, request.parameters)
        sets = self.paired if request.record.same_items else self.sets
        weights = {"weights_a": sets.weights_a, "weights_b": sets.weights_b}
        return request.call(sets.x, sets.y, **weights, progress=self.progress, **self.options)

    def numbers(self, request: AggregateRequest) -> dict[str, float] | SimtoolError:
        """Return the numbers of an aggregate by summary key, or why it is undefined here."""
        try:
            return request.numbers(self.value(request))
        except SimtoolError as error:
            return error
