"""The second output of `channels`: B with each channel multiplied by its score."""

from collections.abc import Iterable

from simtool.errors import OutputError
from simtool.feature_maps import weighted
from simtool.io import Vectors
from simtool.io.output import check_output, output_format, replacing
from simtool.io.writers import write_array
from simtool.results import Result

from .terminal import say


def check_weighted_output(path: str | None, *, force: bool, inputs: Iterable[str]) -> None:
    """Refuse, before any work, a path that could not be written after it."""
    if path is None:
        return
    check_output(path, force=force, inputs=inputs)
    if output_format(path) != "npy":
        raise OutputError("weighted maps are one array", path, "use a path that ends in .npy")


def write_weighted(path: str | None, maps: Vectors, result: Result, *, force: bool, quiet: bool) -> None:
    """Write the weighted maps, if a path was asked for."""
    if path is None or result.array is None:
        return
    product = weighted(maps, result.array)
    with replacing(path, force=force) as temporary:
        write_array(temporary, product)
    if not quiet:
        say(f"wrote {path} ({' × '.join(map(str, product.shape))}, {product.dtype})")
