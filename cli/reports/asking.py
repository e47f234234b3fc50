"""The options of reports, which every command takes, and what was typed for them."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="PATH",
        help="Write a report too: .html (a page), .md, .json or .xml (JUnit: each gate a test case). Repeatable.",
        show_default=False,
    ),
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="PATH",
        help="Show how far the numbers moved since an earlier run: its .json, .html or .parquet. A gate on it is "
        "`delta.KEY OP NUMBER`.",
        show_default=False,
    ),
]
GithubSummaryOption = Annotated[
    bool,
    typer.Option(
        "--github-summary", help="In GitHub Actions: add the result to the job's summary, and annotate failed gates."
    ),
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", help="Say on stderr what was chosen and why, and how long each phase took.")
]
_ADDED = {
    "report": (ReportOption, None),
    "baseline": (BaselineOption, None),
    "github_summary": (GithubSummaryOption, False),
    "verbose": (VerboseOption, False),
}


@dataclass(frozen=True)
class Asked:
    """What was typed for the options of reports.

    Args:
        paths: for --report.
        others: the real paths of all else that was typed, in case it names a file that is written too.
    """

    command: str = ""
    paths: Sequence[str] = ()
    baseline: str | None = None
    github: bool = False
    verbose: bool = False
    others: frozenset[str] = frozenset()


_NOTHING = Asked()
_asked: ContextVar[Asked] = ContextVar("asked", default=_NOTHING)


def asked() -> Asked:
    """Return what the command that is running was asked for."""
    return _asked.get()


@contextmanager
def _explaining(*, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    from ..verbose import explaining

    with explaining():
        yield


def reporting(name: str, command: Callable[..., None]) -> Callable[..., None]:
    """Give the command of a name the options of reports, which its session takes from here."""
    own = signature(command, eval_str=True)

    @wraps(command)
    def run(
        *,
        report: list[str] | None = None,
        baseline: str | None = None,
        github_summary: bool = False,
        verbose: bool = False,
        **typed: Any,
    ) -> None:
        others = frozenset(
            os.path.realpath(text) for text in (baseline, *typed.values()) if isinstance(text, str) and "\0" not in text
        )
        token = _asked.set(Asked(name, report or (), baseline, github_summary, verbose, others))
        try:
            with _explaining(wanted=verbose):
                command(**typed)
        finally:
            _asked.reset(token)

    extra = [
        Parameter(added, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for added, (annotation, default) in _ADDED.items()
    ]
    kept = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own.parameters.values()]
    run.__signature__ = own.replace(parameters=[*kept, *extra])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in (*kept, *extra)}
    return run
