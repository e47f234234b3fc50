"""What `compare` knows of each aggregate beyond its row of the catalogue, and what was asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple

from ..catalogue import Entry, find
from ..errors import ParameterError, closest

ALL = "all"
GIVEN = ("x", "y", "eps", "backend", "progress", "weights_a", "weights_b")  # of a function, by the job
WHOLE = ("k", "projections", "max_iterations")


class Measure(NamedTuple):
    """How an aggregate is computed and reported.

    Args:
        parts: further numbers of what its function returns.
        same_items: row i of A belongs to row i of B.
        any_dims: the rows of A and of B may differ in length.
    """

    parts: tuple[str, ...] = ()
    same_items: bool = False
    any_dims: bool = False


def _spaces(*parts: str) -> Measure:
    return Measure(parts, same_items=True, any_dims=True)


MEASURES = {
    "argmax": Measure(("precision", "recall", "f1")),  # the first is the one that `all` takes the percentage of
    "mean": Measure(),
    "max": Measure(),
    "centroid": Measure(),
    "paired": Measure(("min", "q05", "q25", "median", "q75", "q95"), same_items=True),
    "maxsim": Measure(("sum",)),
    "top-k-mean": Measure(),
    "mutual": Measure(("share_b", "pairs")),
    "chamfer": Measure(("forward", "backward")),
    "hausdorff": Measure(("forward", "backward", "percentile_95")),
    "optimal": Measure(("unmatched_a", "unmatched_b")),
    "sinkhorn": Measure(("iterations", "violation")),
    "energy": Measure(("unbiased",)),
    "mmd": Measure(("unbiased", "width")),
    "mmd-laplacian": Measure(("unbiased", "width")),
    "mmd-poly3": Measure(("unbiased",)),
    "mmd-linear": Measure(("unbiased",)),
    "frechet": Measure(("means", "covariances")),
    "sliced-wasserstein": Measure(),
    "prdc": Measure(("precision", "recall", "density", "coverage")),
    "cka": _spaces("unbiased"),
    "cka-rbf": _spaces("unbiased"),
    "procrustes": _spaces("disparity"),
    "svcca": _spaces("kept_a", "kept_b"),
    "rsa": _spaces(),
    "knn-overlap": _spaces("jaccard"),
}


@dataclass(frozen=True)
class Request:
    """An aggregate that was asked for, with its parameters."""

    entry: Entry
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return self.entry.name

    @property
    def measure(self) -> Measure:
        """How it is computed and reported."""
        return MEASURES[self.name]

    @property
    def keys(self) -> tuple[str, ...]:
        """The summary keys of its numbers, its score first."""
        return keys_of(self.name)

    @property
    def weighs(self) -> tuple[bool, bool]:
        """Whether its function takes weights of A, and of B."""
        taken = signature(self.entry.load()).parameters
        return "weights_a" in taken, "weights_b" in taken

    def numbers(self, value: Any) -> dict[str, float]:
        """Return what its function returned by summary key."""
        parts = [getattr(value, "score", value), *(getattr(value, part) for part in self.measure.parts)]
        return dict(zip(self.keys, map(float, parts), strict=True))

    def call(self, x: Any, y: Any, **options: Any) -> Any:
        """Call its function with the options that it takes."""
        function = self.entry.load()
        taken = signature(function).parameters
        wanted = {name: option for name, option in options.items() if name in taken}
        return function(x, y, **wanted, **self.parameters)


def keys_of(name: str) -> tuple[str, ...]:
    """Return the summary keys of an aggregate, its score first."""
    return (name, *(f"{name}.{part}" for part in MEASURES[name].parts))


def named_aggregates(typed: Sequence[str]) -> list[str]:
    """Return the names in the catalogue of what was typed, each once; `all` is every one.

    Raises:
        ParameterError: a name is unknown, or `all` is not alone.
    """
    typed = [typed] if isinstance(typed, str) else typed
    if ALL in typed:
        if set(typed) != {ALL}:
            raise ParameterError("all has every aggregate in it", "«aggregates»", "leave the others out")
        return list(MEASURES)
    found = [find("aggregate", name).name for name in typed]
    if not found:
        raise ParameterError("no aggregate was asked for", "«aggregates»")
    return list(dict.fromkeys(found))


def read_requests(aggregates: Sequence[str], parameters: Mapping[str, float], seed: int) -> list[Request]:
    """Return the aggregates with their parameters.

    Args:
        aggregates: names of the catalogue.
        parameters: name -> value, for every aggregate that has it; `AGGREGATE.name` is for that one alone.
        seed: of those that draw.

    Raises:
        ParameterError: no aggregate has a parameter of that name, or it is not a number of its kind.
    """
    found, used = [], set()
    for name in aggregates:
        entry = find("aggregate", name)
        own = _own(entry)
        values: dict[str, Any] = {key: value for key, value in entry.parameters.items() if key in own}
        for key in own:
            for typed in (key, f"{name.replace('-', '_')}.{key}"):
                if typed in parameters:
                    values[key] = _value(key, parameters[typed])
                    used.add(typed)
        drawn = {"seed": seed} if "seed" in entry.parameters else {}
        found.append(Request(entry, {**values, **drawn}))
    known = sorted({key for each in found for key in _own(each.entry)})
    for typed in parameters:
        if typed not in used:
            raise _unknown(typed, known)
    return found


def _own(entry: Entry) -> list[str]:
    return [name for name in signature(entry.load()).parameters if name not in (*GIVEN, "seed")]


def _unknown(typed: str, known: list[str]) -> ParameterError:
    if not known:
        return ParameterError(f"no parameter is called {typed!r}", "«parameters»", "these aggregates have none")
    guess = closest(typed, known)
    hint = f"did you mean {guess}?" if guess else f"there is {', '.join(known)}"
    if typed == "seed":
        hint = "«seed» is an option of its own"
    return ParameterError(f"no aggregate here has a parameter {typed!r}", "«parameters»", hint)


def _value(name: str, value: float) -> float | int | bool:
    if name == "unit":
        return bool(value)
    if name in WHOLE:
        if value != int(value):
            raise ParameterError(f"{name} is {value:g}, expected a whole number", f"«parameters={name}={value:g}»")
        return int(value)
    return value
