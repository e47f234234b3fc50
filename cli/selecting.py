"""The options that select rows and columns of inputs, for every command that takes vectors."""

from collections.abc import Callable, Sequence
from functools import cache, partial, wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from .options import SeedOption
from .parsing import sources_or_stdin

WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Only rows (of A, or of all inputs whose rows belong together) for which it holds: `lang = 'en'`.",
        show_default=False,
    ),
]
RowsOption = Annotated[
    str | None,
    typer.Option(
        "--rows",
        metavar="START:STOP",
        help="Only rows from START, counted from 0, up to but without STOP: `0:1000`.",
        show_default=False,
    ),
]
SampleOption = Annotated[
    int | None,
    typer.Option("--sample", metavar="N", help="Only N rows at random, the same for the same --seed."),
]
ColumnsOption = Annotated[
    list[str] | None,
    typer.Option("--columns", metavar="PATTERN", help="Columns that make the vectors: `dim_*`. Repeatable."),
]
ColumnsAOption = Annotated[
    list[str] | None,
    typer.Option("--columns-a", metavar="PATTERN", help="Columns of A that make its vectors: `dim_*`. Repeatable."),
]
ColumnsBOption = Annotated[
    list[str] | None,
    typer.Option("--columns-b", metavar="PATTERN", help="Columns of B that make its vectors: `dim_*`. Repeatable."),
]
QueryOption = Annotated[
    list[str] | None,
    typer.Option("--query", metavar="ID", help="Only this row of A as a query; without B, among all of A. Repeatable."),
]
KeepColumnsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-columns",
        metavar="NAME[,NAME...]",
        help="Columns to list too: of A and B as text_a and text_b, of one table as text.",
    ),
]
ROWS = {"where": WhereOption, "rows": RowsOption, "sample": SampleOption}
COLUMNS = {"columns": ColumnsOption}
COLUMNS_OF_TWO = {"columns_a": ColumnsAOption, "columns_b": ColumnsBOption}
KEEP = {"keep_columns": KeepColumnsOption}

Command = Callable[..., None]


@cache
def rows_of(side: str) -> dict[str, Any]:
    """Return the options that select rows of one of two sets, such as --where-b."""

    def option(name: str, metavar: str, text: str) -> Any:
        return typer.Option(f"--{name}-{side}", metavar=metavar, help=text, show_default=False)

    where = option("where", "CONDITION", f"Only rows of {side.upper()} for which it holds: `lang = 'en'`.")
    rows = option("rows", "START:STOP", f"Only these rows of {side.upper()}: `0:1000`.")
    sample = option("sample", "N", f"Only N rows of {side.upper()} at random.")
    return {
        f"where_{side}": Annotated[str | None, where],
        f"rows_{side}": Annotated[str | None, rows],
        f"sample_{side}": Annotated[int | None, sample],
    }


def selecting(
    *inputs: str, rows: bool = True, apart: Sequence[str] = (), keeps: bool = False, queries: bool = False
) -> Callable[..., Command]:
    """Give a command the options that select rows and columns of its inputs, which reach it as selections.

    Args:
        *inputs: the names of its parameters that take sources. Row i of the first belongs to row i of the others.
        rows: it takes options that select rows.
        apart: what ends the names of options that select rows of the second of two sets alone; or those of both.
        keeps: its listing can carry columns.
        queries: it takes `--query`.
    """
    added: dict[str, Any] = {**(COLUMNS_OF_TWO if "b" in inputs else COLUMNS)}
    added |= ROWS if rows and len(apart) < 2 else {}
    for side in apart:
        added |= rows_of(side)
    added |= KEEP if keeps else {}
    if queries:
        added["query"] = QueryOption

    def decorated(command: Command) -> Command:
        own = signature(command, eval_str=True)
        mine = {**added, "seed": SeedOption} if rows and "seed" not in own.parameters else added

        @wraps(command)
        def run(**typed: Any) -> None:
            selected = {name: typed.pop(name) for name in added}
            seed = typed["seed"] if "seed" in own.parameters else typed.pop("seed", 0)
            if all(value is None for value in selected.values()):
                return command(**typed)
            _select(typed, inputs, selected, seed, apart)
            return _of_selected_rows(partial(command, **typed), selected)

        extra = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=0 if name == "seed" else None, annotation=annotation)
            for name, annotation in mine.items()
        ]
        kept = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own.parameters.values()]
        run.__signature__ = own.replace(parameters=[*kept, *extra])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*kept, *extra)}
        return run

    return decorated


def _of_selected_rows(command: Callable[[], None], selected: dict[str, Any]) -> None:
    """Run a command; an error says where it counts labels of selected rows, which have no numbers of their own."""
    from simtool.errors import LabelError

    try:
        command()
    except LabelError as error:
        if not any(value is not None for name, value in selected.items() if name.partition("_")[0] in ROWS):
            raise
        raise LabelError(error.what, f"{error.where}, counted among the selected rows", error.hint) from error


def _select(
    typed: dict[str, Any], inputs: Sequence[str], selected: dict[str, Any], seed: int, apart: Sequence[str]
) -> None:
    """Put selections in the place of the sources that were typed."""
    from simtool.errors import ParameterError
    from simtool.io import Keep, Selection

    if typed.get("b", "") is None:
        _refuse_of_b(selected)
    names = tuple(name for text in selected.get("keep_columns") or () for name in text.split(",") if name)
    first_name, other_name = f"_{apart[0]}" if len(apart) == 2 else "", f"_{apart[-1]}" if apart else ""
    rows: dict[str, Any] = {name: selected.get(f"{name}{first_name}") for name in ROWS}
    columns, of_b = (selected.get(name) or selected.get("columns") or () for name in COLUMNS_OF_TWO)
    query = selected.get("query")
    if query and typed["b"] is None:
        source = typed["a"]
        typed["a"] = Selection(source, query=query, columns=columns, keep=names)
        typed["b"] = Selection(source, **rows, seed=seed, columns=columns, keep=names, same=typed["a"])
        if typed["exclude_self"] is None:
            typed["exclude_self"] = True
    if typed.get("qrels") is not None:
        what = "rows and columns are selected of pairs, and relevance is of whole files"
        raise ParameterError(what, "«qrels»", "convert selects rows and columns into a file")
    if typed.get("pairs") is not None:
        inputs = ("pairs",)  # of ids, which are looked up in all vectors
    if typed.get("examples") is not None:  # of ids: they have rows, and the vectors columns
        typed["examples"] = Selection(typed["examples"], **rows, seed=seed)
        rows = dict.fromkeys(ROWS)
    if "vectors" in inputs and typed.get("vectors") is None and typed.get("scores") is None:
        typed["vectors"] = sources_or_stdin(None)
    keep = Keep(names, sum(_count(typed.get(name)) for name in inputs))
    first: Selection | None = None

    def chosen(source: Any) -> Any:
        nonlocal first
        if isinstance(source, list | tuple):
            return type(source)(map(chosen, source))
        if source is None or isinstance(source, Selection):
            return source
        if first is None:
            first = Selection(
                source, **rows, seed=seed, query=query or (), columns=columns, keep=keep, ending=first_name
            )
            return first
        # rows of the others have an order of their own, and ids say which belong together
        if typed.get("join") == "id" or typed.get("examples") is not None or "corpus" in inputs:
            return Selection(source, columns=of_b, keep=keep)
        if apart:
            rows_of_other = {name: selected[f"{name}{other_name}"] for name in ROWS}
            return Selection(source, **rows_of_other, seed=seed, columns=of_b, keep=keep, ending=other_name)
        return Selection(source, along=first, columns=of_b, keep=keep)

    for name in inputs:
        typed[name] = chosen(typed.get(name))


def _refuse_of_b(selected: dict[str, Any]) -> None:
    """Refuse options that select from B where there is none."""
    from simtool.errors import ParameterError

    for name, value in selected.items():
        if name.endswith("_b") and value is not None:
            raise ParameterError("there is no B to select from", f"«{name}»", f"name B too, or leave «{name}» out")


def _count(source: Any) -> int:
    return len(source) if isinstance(source, list | tuple) else int(source is not None)
