"""What is written of groups: the rows that are kept, those that are dropped, and which row is of which group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import checks
from ..engine import Input
from ..errors import OutputError
from ..io import open_rows, output_format, replacing
from ..io.listed_columns import with_carried
from ..results import Column, Columns, in_batches
from .groups import Groups
from .table_rows import check_form

TABLES = ("parquet", "arrow", "arrow-stream", "csv", "jsonl")


@dataclass(frozen=True)
class GroupOutputs:
    """Where rows and groups are written.

    Args:
        kept: a file for the rows that are kept, or None.
        groups: one for the table of groups.
        dropped: one for the other rows.
        force: existing files may be replaced.
        escape: in CSV, put ' before text that a spreadsheet would run as a formula.
    """

    kept: str | None
    groups: str | None
    dropped: str | None
    force: bool
    escape: bool

    @property
    def paths(self) -> list[str]:
        """Those that are asked for."""
        return [path for path in (self.kept, self.groups, self.dropped) if path is not None]

    def check(self, inputs: Sequence[Any]) -> None:
        """Refuse what could not be written at the end."""
        check_form(self.kept)
        check_form(self.dropped)
        if self.groups is not None and output_format(self.groups) not in TABLES:
            raise OutputError("the groups are a table", self.groups, "write .parquet, .arrow, .csv or .jsonl")
        checks.check_outputs(*self.paths, force=self.force, inputs=inputs)

    def write(self, rows: Any, side: Input, groups: Groups, scores: Column) -> dict[str, str]:
        """Write the files, and return what each holds.

        Args:
            scores: (n,) of each row with the one that is kept.
        """
        written = {}
        for path, wanted in ((self.kept, groups.kept), (self.dropped, ~groups.kept)):
            if path is not None:
                written[path] = rows.write(path, side.numbers[wanted], force=self.force, escape=self.escape)
        if self.groups is not None:
            own = Columns({"id": side.ids, "group": groups.numbers, "kept": groups.kept, "score": scores})
            table = with_carried(own, {"vectors": side.vectors}, side.numbers)
            with (
                replacing(self.groups, force=self.force) as temporary,
                open_rows(temporary, output_format(self.groups), escape_formulas=self.escape) as writer,
            ):
                for batch in in_batches(table):
                    writer.write(batch)
            written[self.groups] = f"{len(table):,} rows"
        return written
