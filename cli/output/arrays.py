"""The second outputs of `channels`: arrays in files of their own."""

from collections.abc import Iterable

from simtool.errors import OutputError
from simtool.io.output import check_output, output_format, replacing
from simtool.io.writers import write_array
from simtool.results import Column

from .terminal import say_once_delivered


def check_arrays(*paths: str | None, force: bool, inputs: Iterable[str]) -> None:
    """Refuse, before any work, paths that could not be written after it."""
    taken = list(inputs)
    for path in paths:
        if path is None:
            continue
        check_output(path, force=force, inputs=taken)
        if output_format(path) != "npy":
            raise OutputError("what is written is one array", path, "use a path that ends in .npy")
        if path in taken:
            raise OutputError("two outputs have one path", path, "write one of them elsewhere")
        taken.append(path)


def write_array_file(path: str, array: Column | None, *, force: bool, quiet: bool) -> None:
    """Write an array, which appears whole or not at all."""
    if array is None:
        return
    with replacing(path, force=force) as temporary:
        write_array(temporary, array)
    if not quiet:
        say_once_delivered(f"wrote {path} ({' × '.join(map(str, array.shape))}, {array.dtype})")
