"""The second output of `loss`: the gradient by every input, with the same rows."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import PurePath

import numpy as np

from simtool.errors import OutputError
from simtool.io import (
    ARRAYS,
    FORMAT_OF_SUFFIX,
    MatrixWriter,
    Vectors,
    check_output,
    open_matrix,
    open_rows,
    output_format,
    replacing,
)
from simtool.results import Column
from simtool.results import GradientSink as Sink

from .terminal import say_once_delivered

OpenSink = Callable[[Mapping[str, Vectors], Column | None], Sink]
STEP = 1 << 14  # rows of a table that are written at a time


def check_gradient_output(
    path: str, roles: Sequence[str], *, force: bool, inputs: Sequence[str], output: str | None
) -> None:
    """Refuse, before any work, paths that could not be written after it.

    Args:
        roles: what the loss has gradients by.
    """
    file_format = FORMAT_OF_SUFFIX.get(os.path.splitext(path)[1].lower())
    if file_format not in (*ARRAYS, "parquet", "arrow"):
        raise OutputError("gradients are vectors in a file", path, "use a path that ends in .npy, .parquet or .arrow")
    if file_format not in ARRAYS and "weights" in roles:
        raise OutputError("the gradient by the weights has other rows than that by the vectors", path, "use .npy")
    for target in _paths(path, roles) if file_format in ARRAYS else [path]:
        check_output(target, force=force, inputs=inputs)
        if output is not None and os.path.realpath(target) == os.path.realpath(output):
            raise OutputError("the gradients and the result would be one file", target, "name another for --grad")


@contextmanager
def gradient_target(
    path: str | None, *, force: bool, quiet: bool, inputs: Sequence[str | None], output: str | None
) -> Iterator[OpenSink | None]:
    """Yield what opens the files of the gradients once the inputs are known; they appear when the body has ended well.

    Args:
        path: what was typed for --grad; None yields None.
    """
    if path is None:
        yield None
        return
    typed = [source for source in inputs if source is not None]
    with ExitStack() as stack:

        def open_sink(sides: Mapping[str, Vectors], ids: Column | None) -> Sink:
            check_gradient_output(path, list(sides), force=force, inputs=typed, output=output)
            return stack.enter_context(gradient_files(path, sides, ids, force=force, quiet=quiet))

        yield open_sink


@contextmanager
def gradient_files(
    path: str, inputs: Mapping[str, Vectors], ids: Column | None, *, force: bool, quiet: bool
) -> Iterator[Sink]:
    """Yield what takes the gradients; the files appear once the body has ended well.

    Args:
        inputs: role -> vectors that the gradient has the shape of.
        ids: (n,) of the rows, for a table.
    """
    dtypes = [np.float64 if side.dtype == np.float64 else np.float32 for side in inputs.values()]
    file_format = output_format(path)
    written = _paths(path, list(inputs)) if file_format in ARRAYS else [path]
    with ExitStack() as stack:
        temporary = [stack.enter_context(replacing(target, force=force)) for target in written]
        if file_format in ARRAYS:
            sides = zip(temporary, inputs.values(), dtypes, strict=True)
            writers = [
                stack.enter_context(open_matrix(target, side.shape, dtype, file_format))
                for target, side, dtype in sides
            ]
            yield _matrices(writers)
        else:
            rows = stack.enter_context(open_rows(temporary[0], file_format))

            def write(start: int, parts: list[Column]) -> None:
                count = len(parts[0])
                for first in range(0, count, STEP):
                    part = slice(first, min(first + STEP, count))
                    columns = {} if ids is None else {"id": ids[start + part.start : start + part.stop]}
                    sides = zip(inputs, parts, dtypes, strict=True)
                    rows.write(columns | {role: side[part].astype(dtype) for role, side, dtype in sides})

            yield write
    if not quiet:
        say_once_delivered(f"wrote {', '.join(written)} (gradients)")


def _matrices(writers: Sequence[MatrixWriter]) -> Sink:
    def write(start: int, parts: list[Column]) -> None:
        for writer, part in zip(writers, parts, strict=True):
            writer.write(start, part)

    return write


def _paths(path: str, roles: Sequence[str]) -> list[str]:
    """Return one path per role: of several `g.npy` becomes `g.a.npy`, `g.b.npy`."""
    if len(roles) == 1:
        return [path]
    whole = PurePath(path)
    return [str(whole.with_suffix(f".{role}{whole.suffix}")) for role in roles]
