"""The reports of a run: paths checked before the work, files that appear with the other outputs.

Accepted: .html, .md (the document of --format markdown), .json (that of --format json) and .xml (JUnit).
Refused: any other suffix, and a path that an input or another output has.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from simtool.errors import OutputError
from simtool.io import check_output, replacing
from simtool.results import Result, Verdict

from ..output.render import REPORTS, Output, write_as
from ..output.terminal import say_once_delivered
from .asking import Asked


@dataclass(frozen=True)
class Reports:
    """What is written beside the normal output.

    Args:
        github: whether GitHub is to show the run.
    """

    paths: Sequence[str] = ()
    github: bool = False

    @classmethod
    def check(cls, asked: Asked, *, force: bool, inputs: Iterable[str]) -> Self:
        """Refuse, before any work, reports that could not be written after it.

        Args:
            inputs: what was typed for each input; a report may be none of them.

        Raises:
            OutputError: a suffix is none of a report, a file may not be written, or GitHub has named none.
        """
        taken = set(asked.others)
        for path in asked.paths:
            if _suffix(path) not in REPORTS:
                found = f"the suffix {_suffix(path)!r}" if _suffix(path) else "no suffix"
                what = f"a report's suffix names its format, and this path has {found}"
                raise OutputError(what, path, f"use {', '.join(REPORTS)}")
            check_output(path, force=force, inputs=inputs)
            if (real := os.path.realpath(path)) in taken:
                raise OutputError(
                    "the report and another file have one path", path, "name another file for one of them"
                )
            taken.add(real)
        if asked.github:
            from .github import check_summary

            check_summary()
        return cls(asked.paths, asked.github)

    def write(self, result: Result, verdicts: Sequence[Verdict], output: Output) -> None:
        """Write all of them.

        Args:
            output: whether files are replaced and said to be written, and how many rows a summary lists.
        """
        for path in self.paths:
            with replacing(path, force=output.force) as temporary, open(temporary, "wb") as file:
                write_as(REPORTS[_suffix(path)], result, file, verdicts, output)
            if not output.quiet:
                say_once_delivered(f"wrote {path} (report)")
        if self.github:
            from .github import annotate, append_summary

            annotate(result, verdicts)
            append_summary(result, verdicts, output)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()
