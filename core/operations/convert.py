"""`convert`: vectors from any format that is read to any that is written, piece by piece.

Accepted: one vector per row, or several, as of texts of tokens, equally many or not; of one file or of several with
the same columns; ids go along where a file has columns.
Refused: numbers that leave the range of the new type, rows that are not finite unless they are asked for, several
columns of vectors of which none is named, an output that does not read back as it was written.
Lost: columns that are not kept, which a note names; in files of one array the ids too.
"""

import math
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import checks, nonfinite
from ..delivery import delivery
from ..engine import resident
from ..errors import ParameterError
from ..io import Vectors, as_table, as_vectors, select, with_ids
from ..io.origins import provenance
from ..io.output import replacing
from ..io.quantized import WRITTEN, UnitVectors
from ..io.quantized import quantize as quantized
from ..io.ragged import without_padding
from ..io.recast import Recast, recast_dtype
from ..io.split_rows import check_shares, split_rows
from ..io.truncated import truncate as truncated
from ..io.written_vectors import TEXT, Checksum, Form, Write, check_written, open_written
from ..results import Column, Columns, Progress, Result, begin
from ..settings import Settings
from .convert_inputs import ConvertInput, open_input

KEYS = ("rows", "width", "dtype", "parts", "bytes", "rounded", "zero")
DTYPES = ("float16", "float32", "float64")
PIECE_BYTES, TEXT_BYTES = 8 << 20, 1 << 20  # of rows widened to 64 bits; text takes many times as much


def convert(
    *sources: Any,
    output: str,
    force: bool = False,
    dtype: str | None = None,
    truncate: int | None = None,
    quantize: str | None = None,
    normalize: bool = False,
    shuffle: bool = False,
    split: Mapping[str, float] | None = None,
    by: str | None = None,
    seed: int = 0,
    ids: str | None = None,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    escape_formulas: bool = False,
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
) -> Result:
    """Write vectors in another format, in bounded memory, and read back what was written.

    Args:
        *sources: PATH, PATH::NAME, or `-` for standard input; several are one input, row after row. A `Selection` in
            the first place selects of all of them, and its columns `keep` are written too.
        output: a path whose suffix says the format: .npy, .safetensors, .fbin, .fvecs, .parquet, .arrow, .arrows, .csv
            or .jsonl. With a split, out.npy stands for out-train.npy, out-test.npy, ...; all of them appear, or none.
        force: existing outputs may be replaced.
        dtype: `float16`, `float32` or `float64`; by default that of the vectors, and float32 in fbin and fvecs.
        truncate: write the first numbers of every vector, this many, as of a Matryoshka model.
        quantize: `float32`, `float16`, `int8`, `uint8`, `binary` or `ubinary`, as sentence-transformers has them, after
            truncating and normalizing; the ranges of int8 and uint8 are those of all rows.
        normalize: write unit vectors, along the last dim; zero vectors stay zero. What is truncated is made a unit
            vector after that.
        shuffle: write the rows in a random order.
        split: part -> its share of the rows; they add up to 1. Rows with the same id go to the same part, which depends
            on the id and the seed alone; rows without ids are drawn, as many as the share says.
        by: a column instead of the ids: no two parts share one of its values.
        seed: of `shuffle` and `split`.
        nonfinite: `error`, `propagate` rows with NaN or infinity, or `drop` them.
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
        ids, max_memory, header, progress, require_keys: as for `pairwise`.

    Returns:
        A result whose summary has `rows`, `width`, `dtype`, `parts`, `bytes`, `rounded` (rows with a number that the
        dtype does not hold) and `zero` (rows), with a row per file: `part`, `file`, `rows`, `bytes`, `checksum`. The
        checksum is that of the numbers, whatever the format.

    Raises:
        ShapeError: the vectors are not (n, d), or (n, ..., d) where the format holds them.
        DataError: numbers that leave the range, rows that are not finite, a part without rows.
        ParameterError: shares or a dtype that are none.
        OutputError: the output may not be written, or it does not read back.

    Example:
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     source, output = (os.path.join(folder, name) for name in ("x.npy", "y.npy"))
        ...     np.save(source, np.asarray([[3.0, 4.0]]))
        ...     found = convert(source, output=output, normalize=True)
        ...     (np.load(output).tolist(), found.summary["dtype"])
        ([[0.6, 0.8]], 'float64')
    """
    checks.check_keys(require_keys, KEYS)
    settings = Settings(nonfinite=nonfinite, max_memory=max_memory, header=header).checked()
    if dtype is not None:
        checks.check_choice("dtype", dtype, DTYPES)
    if quantize is not None:
        checks.check_choice("quantize", quantize, tuple(WRITTEN))
        if dtype is not None:
            raise ParameterError("quantizing sets the dtype", "«dtype»", "leave it out, or «quantize»")
    form = Form.of(output, dtype if quantize is None else WRITTEN[quantize], escape=escape_formulas)
    checks.check_least(0, seed=seed)
    checks.check_least(1, truncate=truncate)
    if split is not None:
        check_shares(split)
    elif by is not None:
        raise ParameterError("nothing is split", "«by»", "«split=train=0.9,test=0.1» splits by it")
    paths = {name: _path_of(output, name) for name in split} if split is not None else {"all": output}
    taken = [as_table(source, f"input {number}") for number, source in enumerate(sources)]
    checks.check_outputs(*paths.values(), force=force, inputs=[*taken, ids])
    with delivery():
        given = open_input(taken, ids, by, form, settings)
        given = replace(given, vectors=truncated(given.vectors, truncate))
        if quantize is not None:
            if given.lengths is not None:
                what = "the range of each dim is that of all rows, and these hold different numbers of tokens"
                raise ParameterError(what, "«quantize»", "«dtype=float16» halves them")
            given = replace(given, vectors=_quantized(given.vectors, quantize, normalize=normalize))
        rows = given.vectors.shape[0]
        parts = np.zeros(rows, np.int64)
        if split is not None:
            parts = split_rows(split, given.groups(by), rows, seed, given.vectors.name)
        shares = None if split is None else ",".join(f"{name}={share:g}" for name, share in split.items())
        drawn = seed if shuffle or split is not None else None
        how = {
            "truncate": truncate,
            "quantize": quantize,
            "normalize": normalize,
            "shuffle": shuffle,
            "split": shares,
            "by": by,
            "seed": drawn,
        }
        return _plan(given, form, paths, parts, how, settings).run(force=force, progress=progress)


def _quantized(vectors: Vectors, precision: str, *, normalize: bool) -> Vectors:
    """Return the vectors in a precision, after they are made unit vectors where that is asked for."""
    return quantized(UnitVectors(vectors) if normalize else vectors, precision)


def _path_of(output: str, part: str) -> str:
    stem, suffix = os.path.splitext(output)
    return f"{stem}-{part}{suffix}"


def _plan(
    given: ConvertInput,
    form: Form,
    paths: Mapping[str, str],
    part_of: Column,
    how: Mapping[str, Any],
    settings: Settings,
) -> "ConvertPlan":
    """Return what is written where, and in which order."""
    dtype = recast_dtype(given.vectors.dtype, form.dtype, normalize=how["normalize"])
    order = np.random.default_rng(how["seed"]).permutation(len(part_of)) if how["shuffle"] else None
    return ConvertPlan(given, form, dtype, paths, part_of, order, how, settings)


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
