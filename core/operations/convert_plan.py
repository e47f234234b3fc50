"""What `convert` writes: every part in one pass, in bounded memory, and read back."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from .. import checks, nonfinite
from ..engine import resident
from ..io import as_vectors, select, with_ids
from ..io.origins import provenance
from ..io.output import replacing
from ..io.ragged import without_padding
from ..io.recast import Recast, recast_dtype
from ..io.written_vectors import TEXT, Checksum, Form, Write, check_written, open_written
from ..results import Column, Columns, Progress, Result, begin
from ..settings import Settings
from .convert_inputs import ConvertInput

PIECE_BYTES, TEXT_BYTES = 8 << 20, 1 << 20  # of rows widened to 64 bits; text takes many times as much


@dataclass(frozen=True)
class ConvertPlan:
    """What is written where: checked, and not yet read.

    Args:
        given: the input.
        form: of the outputs.
        dtype: of the numbers.
        paths: part -> its file.
        part_of: (rows,) the number of the part of each row.
        order: (rows,) the rows as they are written, or None for their own order.
        how: the other parameters.
        settings: of the door.
    """

    given: ConvertInput
    form: Form
    dtype: np.dtype[Any]
    paths: Mapping[str, str]
    part_of: Column
    order: Column | None
    how: Mapping[str, Any]
    settings: Settings

    @classmethod
    def of(
        cls,
        given: ConvertInput,
        form: Form,
        paths: Mapping[str, str],
        part_of: Column,
        how: Mapping[str, Any],
        settings: Settings,
    ) -> Self:
        """Return what is written where, and in which order."""
        dtype = recast_dtype(given.vectors.dtype, form.dtype, normalize=how["normalize"])
        order = np.random.default_rng(how["seed"]).permutation(len(part_of)) if how["shuffle"] else None
        return cls(given, form, dtype, paths, part_of, order, how, settings)

    def run(self, *, force: bool, progress: Progress | None) -> Result:
        """Write all parts in one pass, and read them back."""
        recast, dims = (
            Recast(self.dtype, self.how["normalize"] and self.how["quantize"] is None),
            self.given.vectors.shape[1:],
        )
        sums = [Checksum(self.dtype) for _ in self.paths]
        with ExitStack() as stack:
            files = [stack.enter_context(replacing(path, force=force)) for path in self.paths.values()]
            self._write(files, sums, recast, progress)
            begin(progress, "check what was written", "files")
            most = self.settings.budget(self.given.vectors).mapped
            for number, (file, path) in enumerate(zip(files, self.paths.values(), strict=True)):
                lengths = self._lengths(number)
                of_part = dims if lengths is None else (int(lengths.max(initial=0)), dims[-1])
                check_written(file, path, self.form, sums[number], of_part, lengths, self._ids(number), most)
                if progress is not None:
                    progress(number + 1, len(files))
            sizes = [os.path.getsize(file) for file in files]
        return self._result(sums, sizes, recast)

    def _lengths(self, part: int) -> Column | None:
        """Return the tokens of the items of a part, in the order in which they are written."""
        lengths = self.given.lengths
        return None if lengths is None else lengths[self._rows(part)]

    def _rows(self, part: int) -> Column:
        rows = np.arange(len(self.part_of)) if self.order is None else self.order
        chosen: Column = rows[self.part_of[rows] == part]
        return chosen

    def _ids(self, part: int) -> dict[str, Column]:
        """Return the ids that a part has to hold; text that is escaped is other text."""
        if not self.form.has_columns or self.form.escape:
            return {}
        return {name: values[self._rows(part)] for name, values in self.given.ids.items()}

    def _write(self, files: Sequence[str], sums: Sequence[Checksum], recast: Recast, progress: Progress | None) -> None:
        vectors = self.given.vectors
        if self.order is not None:
            begin(progress, "read", "rows")
            held = as_vectors(resident(vectors, self.settings.budget(vectors).mapped), vectors.name)
            vectors = select(with_ids(held, vectors.ids), self.order)
        rows, *dims = vectors.shape
        begin(progress, "write", "rows")
        step = max(1, (TEXT_BYTES if self.form.file_format in TEXT else PIECE_BYTES) // (8 * math.prod(dims)))
        counts = np.bincount(self.part_of, minlength=len(files)).tolist()
        with ExitStack() as stack:
            writers = [
                stack.enter_context(open_written(file, self.form, self.given.column, (count, *dims), self.dtype))
                for file, count in zip(files, counts, strict=True)
            ]
            for start in range(0, rows, step):
                stop = min(start + step, rows)
                made = recast.rows(vectors, start, stop)
                if self.settings.nonfinite == "error" and made.dtype.kind == "f" and not np.isfinite(made).all():
                    nonfinite.refuse_nonfinite(self.given.vectors)
                numbers = np.arange(start, stop) if self.order is None else self.order[start:stop]
                self._hand_out(made, numbers, writers, sums)
                if progress is not None:
                    progress(stop, rows)

    def _hand_out(self, made: Column, numbers: Column, writers: Sequence[Write], sums: Sequence[Checksum]) -> None:
        """Give each row to the file of its part."""
        parts = self.part_of[numbers]
        for part, (write, checksum) in enumerate(zip(writers, sums, strict=True)):
            mine = slice(None) if len(writers) == 1 else np.flatnonzero(parts == part)
            if len(rows := made[mine]):
                if self.given.lengths is not None:
                    rows = without_padding(rows, self.given.lengths[numbers[mine]])
                write(rows, self.given.others(numbers[mine]) if self.form.has_columns else {})
                checksum.add(rows)

    def _result(self, sums: Sequence[Checksum], sizes: Sequence[int], recast: Recast) -> Result:
        given, paths = self.given, list(self.paths.values())
        columns = {"part": list(self.paths), "file": paths, "checksum": list(map(str, sums))}
        table = {name: np.asarray(values, dtype=object) for name, values in columns.items()}
        counts = np.asarray([each.rows for each in sums])
        rows = Columns({**table, "rows": counts, "bytes": np.asarray(sizes)})
        total = int(counts.sum())
        return Result(
            command="convert",
            inputs={"vectors": given.table.name},
            parameters={"dtype": self.dtype.name, "nonfinite": self.settings.nonfinite, **self.how},
            summary={
                "rows": total,
                "width": given.vectors.shape[-1],
                "dtype": self.dtype.name,
                "parts": len(paths),
                "bytes": sum(sizes),
                "rounded": recast.rounded,
                "zero": recast.zero,
            },
            rows=rows,
            notes=(*given.notes, *given.left_out(self.form), *_said(recast), *_ranged(self.how["quantize"])),
            provenance=provenance({"vectors": given.vectors}),
            written={path: f"{count:,} rows" for path, count in zip(paths, counts.tolist(), strict=True)},
        )


def _said(recast: Recast) -> Iterator[str]:
    if recast.rounded:
        yield f"{checks.plural(recast.rounded, 'row')} with numbers that {recast.dtype.name} rounds"
    if recast.vanished:
        yield f"{checks.plural(recast.vanished, 'row')} became zero: the numbers are too small for {recast.dtype.name}"
    if recast.normalize and recast.zero:
        yield f"{checks.plural(recast.zero, 'zero row')} without a direction, kept as zero"


def _ranged(precision: str | None) -> Iterator[str]:
    if precision in ("int8", "uint8"):
        yield f"{precision}: 256 steps between the least and the largest number of each dim, over all rows"
