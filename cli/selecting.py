"""The options that select rows and columns of inputs, for every command that takes vectors."""

from collections.abc import Callable, Sequence
from functools import cache, wraps
from inspect import Parameter, signature
from os.path import splitext
from typing import Annotated, Any

import typer

from .options import OutputOption, SeedOption
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

        is_listing = keeps and own.parameters["output"].annotation == OutputOption  # not the rows themselves

        @wraps(command)
        def run(**typed: Any) -> None:
            selected = {name: typed.pop(name) for name in added}
            seed = typed["seed"] if "seed" in own.parameters else typed.pop("seed", 0)
            if seed and "seed" not in own.parameters:
                _check_seed(seed, selected)
            if any(value is not None for value in selected.values()):
                _select(typed, inputs, selected, seed, apart, is_listing=is_listing)
            command(**typed)

        extra = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=0 if name == "seed" else None, annotation=annotation)
            for name, annotation in mine.items()
        ]
        kept = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own.parameters.values()]
        run.__signature__ = own.replace(parameters=[*kept, *extra])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*kept, *extra)}
        return run

    return decorated


def _check_seed(seed: int, selected: dict[str, Any]) -> None:
    from simtool.io import check_seed

    check_seed(seed, selected)


def _select(
    typed: dict[str, Any],
    inputs: Sequence[str],
    selected: dict[str, Any],
    seed: int,
    apart: Sequence[str],
    *,
    is_listing: bool,
) -> None:
    """Put selections in the place of the sources that were typed."""
    from simtool.io import select_of

    names = [name for text in selected.get("keep_columns") or () for name in text.split(",") if name]
    if names and is_listing:
        _refuse_array(", ".join(names), typed["output"], typed["format"])
    if "vectors" in inputs and typed.get("vectors") is None and typed.get("scores") is None:
        typed["vectors"] = sources_or_stdin(None)
    select_of(typed, inputs, {**selected, "keep_columns": names or None}, seed, apart)


def _refuse_array(names: str, output: str | None, format: str | None) -> None:
    """Refuse columns to keep where the output is one array."""
    from simtool.errors import ParameterError
    from simtool.io import ARRAYS, FORMAT_OF_SUFFIX

    if format in ARRAYS or FORMAT_OF_SUFFIX.get(splitext(output or "")[1].lower()) in ARRAYS:
        what = f"a file of one array holds no columns, and {names} were to be kept"
        raise ParameterError(what, "«keep_columns»", "write .parquet, .arrow, .jsonl or .csv")
