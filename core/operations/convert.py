"""`convert`: vectors from any format that is read to any that is written, piece by piece.

Accepted: one vector per row, or several, as of texts of tokens, equally many or not; of one file or of several with
the same columns; ids go along where a file has columns.
Refused: numbers that leave the range of the new type, rows that are not finite unless they are asked for, several
columns of vectors of which none is named, an output that does not read back as it was written.
Lost: columns that are not kept, which a note names; in files of one array the ids too.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..argument_types import AnyPath, check_types, path_of
from ..delivery import delivery
from ..errors import ParameterError
from ..io import Selecting, Vectors, as_table, selects
from ..io.named_columns import own_column
from ..io.quantized import WRITTEN, UnitVectors
from ..io.quantized import quantize as quantized
from ..io.split_rows import check_shares, split_rows
from ..io.truncated import truncate as truncated
from ..io.written_vectors import Form
from ..results import Progress, Result
from ..settings import Settings
from .convert_inputs import open_input
from .convert_plan import ConvertPlan

KEYS = ("rows", "width", "dtype", "parts", "bytes", "rounded", "zero")
DTYPES = ("float16", "float32", "float64")


@selects("sources", keeps=True)
def convert(
    *sources: Any,
    output: AnyPath,
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
    **select: Unpack[Selecting],
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
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

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
    check_types(convert, locals())
    output = path_of(output)
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
    by = None if by is None else own_column(by, *taken)
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
        return ConvertPlan.of(given, form, paths, parts, how, settings).run(force=force, progress=progress)


def _quantized(vectors: Vectors, precision: str, *, normalize: bool) -> Vectors:
    """Return the vectors in a precision, after they are made unit vectors where that is asked for."""
    return quantized(UnitVectors(vectors) if normalize else vectors, precision)


def _path_of(output: str, part: str) -> str:
    stem, suffix = os.path.splitext(output)
    return f"{stem}-{part}{suffix}"
