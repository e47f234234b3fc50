"""The parameters by which the doors and the shell select rows and columns of inputs, and the selections they make."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from inspect import Parameter, signature
from typing import Any, TypedDict, TypeVar, get_type_hints

from ..argument_types import check_argument
from ..errors import ParameterError
from ..suggestions import closest
from .keep import Keep
from .selection import Selection

ROWS = ("where", "rows", "sample")
COLUMNS_OF_TWO = ("columns_a", "columns_b")
SEVERAL = ("vectors", "files", "sources", "against")  # parameters that may take a list of inputs

Door = TypeVar("Door", bound=Callable[..., Any])


class Selecting(TypedDict, total=False):
    """What `Selection` takes, by the names that the options of the shell have; `_b` is of the second of two sets."""

    where: str | None
    rows: str | None
    sample: int | None
    columns: str | Sequence[str] | None
    columns_a: str | Sequence[str] | None
    columns_b: str | Sequence[str] | None
    query: str | Sequence[str] | None
    keep_columns: str | Sequence[str] | None
    where_b: str | None
    rows_b: str | None
    sample_b: int | None
    where_train: str | None
    rows_train: str | None
    sample_train: int | None
    where_test: str | None
    rows_test: str | None
    sample_test: int | None


class SelectingBySeed(Selecting, total=False):
    """The same of a door that draws nothing but samples of rows."""

    seed: int


def parameters_of(
    inputs: Sequence[str],
    apart: Sequence[str] = (),
    *,
    rows: bool = True,
    keeps: bool = False,
    queries: bool = False,
) -> tuple[str, ...]:
    """Return the names of the parameters that select of inputs, which `selects` explains."""
    columns = COLUMNS_OF_TWO if tuple(inputs[:2]) == ("a", "b") else ("columns",)
    of_all = ROWS if rows and len(apart) < 2 else ()
    of_sides = (f"{name}_{side}" for side in apart for name in ROWS)
    return (*columns, *of_all, *of_sides, *("keep_columns",) * keeps, *("query",) * queries)


def selects(*inputs: str, apart: Sequence[str] = (), **facts: bool) -> Callable[[Door], Door]:
    """Give a door the parameters that select rows and columns of its inputs, which reach it as selections.

    Args:
        *inputs: the names of its parameters that take inputs. Row i of the first belongs to row i of the others.
        apart: what ends the names of parameters that select rows of the second of two sets alone; or those of both.
        **facts: `rows`: it takes what selects rows, as most do. `keeps`: its listing can carry columns.
            `queries`: it takes `query`.
    """
    names = parameters_of(inputs, apart, **facts)

    def decorated(door: Door) -> Door:
        form = signature(door)
        own = [each.name for each in form.parameters.values() if each.kind != Parameter.VAR_KEYWORD]
        added = (*names, "seed") if facts.get("rows", True) and "seed" not in own else names

        @wraps(door)
        def run(*args: Any, **named: Any) -> Any:
            selected = {name: named.pop(name) for name in added if name in named}
            if "select" in form.parameters:  # losses name their own parameters
                _refuse_unknown(named, (*own, *added), door.__name__)
            for name, value in selected.items():
                check_argument(name, value, _kinds()[name])
            drawn_with = selected.pop("seed", 0)
            check_seed(drawn_with, selected)
            if all(value is None for value in selected.values()):
                return door(*args, **named)
            bound = form.bind(*args, **named)
            bound.apply_defaults()
            given = bound.arguments
            select_of(given, inputs, selected, given.get("seed", drawn_with), apart)
            return door(*bound.args, **bound.kwargs)

        return run  # type: ignore[return-value]

    return decorated


def check_seed(seed: int, selected: Mapping[str, Any]) -> None:
    """Refuse the seed of samples where there is no sample."""
    if seed and not any(value is not None for name, value in selected.items() if name.startswith("sample")):
        raise ParameterError("nothing random was asked for", "«seed»", "ask for a «sample», or leave «seed» out")


def select_of(
    given: dict[str, Any], inputs: Sequence[str], selected: Mapping[str, Any], seed: int, apart: Sequence[str]
) -> None:
    """Put selections in the place of inputs.

    Args:
        given: the arguments of a command or a door.
        inputs: as for `selects`, and so is `apart`.
        selected: what was asked for, by the names of the parameters; None of what was not.
        seed: of samples.

    Raises:
        ParameterError: there is no B to select from, an input is a selection already, or relevance is of whole files.
    """
    if given.get("b", "") is None:
        _refuse_of_b(selected)
    if given.get("qrels") is not None:
        what = "rows and columns are selected of pairs, and relevance is of whole files"
        raise ParameterError(what, "«qrels»", "convert selects rows and columns into a file")
    if given.get("pairs") is not None:
        inputs = ("pairs",)  # of ids, which are looked up in all vectors
    sources = [each for name in inputs for each in _inputs_of(name, given.get(name))]
    if any(isinstance(each, Selection) for each in sources):
        raise ParameterError("an input is a `Selection` already", "", "name there what is to be selected")
    first_name, other_name = f"_{apart[0]}" if len(apart) == 2 else "", f"_{apart[-1]}" if apart else ""
    rows: dict[str, Any] = {name: selected.get(f"{name}{first_name}") for name in ROWS}
    columns, of_b = (selected.get(name) or selected.get("columns") or () for name in COLUMNS_OF_TWO)
    query, names = selected.get("query") or (), selected.get("keep_columns") or ()
    if query and given["b"] is None:
        source = given["a"]
        given["a"] = Selection(source, query=query, columns=columns, keep=names)
        given["b"] = Selection(source, **rows, seed=seed, columns=columns, keep=names, same=given["a"])
        if given["exclude_self"] is None:
            given["exclude_self"] = True
        return
    if given.get("examples") is not None:  # of ids: they have rows, and the vectors columns
        given["examples"] = Selection(given["examples"], **rows, seed=seed)
        rows = dict.fromkeys(ROWS)
    keep = Keep((names,) if isinstance(names, str) else tuple(names), len(sources))
    first: Selection | None = None

    def chosen(source: Any) -> Selection:
        nonlocal first
        if first is None:
            first = Selection(source, **rows, seed=seed, query=query, columns=columns, keep=keep, ending=first_name)
            return first
        # rows of the others have an order of their own, and ids say which belong together
        if given.get("join") == "id" or given.get("examples") is not None or "corpus" in inputs:
            return Selection(source, columns=of_b, keep=keep)
        if apart:
            rows_of_other: dict[str, Any] = {name: selected.get(f"{name}{other_name}") for name in ROWS}
            return Selection(source, **rows_of_other, seed=seed, columns=of_b, keep=keep, ending=other_name)
        return Selection(source, along=first, columns=of_b, keep=keep)

    for name in inputs:
        taken = [chosen(source) for source in _inputs_of(name, given.get(name))]
        if name in SEVERAL and isinstance(given.get(name), list | tuple):
            given[name] = type(given[name])(taken)
        elif taken:
            (given[name],) = taken


def _inputs_of(name: str, source: Any) -> Sequence[Any]:
    """Return the inputs that a parameter holds; of most, a list is one input."""
    if name in SEVERAL and isinstance(source, list | tuple):
        return source
    return () if source is None else (source,)


def _refuse_of_b(selected: Mapping[str, Any]) -> None:
    """Refuse what selects from B where there is none."""
    for name, value in selected.items():
        if name.endswith("_b") and value is not None:
            raise ParameterError("there is no B to select from", f"«{name}»", f"name B too, or leave «{name}» out")


def _refuse_unknown(named: Mapping[str, Any], known: Sequence[str], door: str) -> None:
    """Refuse a parameter that a door does not have."""
    for name in named:
        if name not in known:
            match = closest(name, known)
            raise ParameterError(f"{door} has no parameter {name!r}", "", f"did you mean {match}?" if match else "")


@cache
def _kinds() -> Mapping[str, Any]:
    return get_type_hints(SelectingBySeed)
