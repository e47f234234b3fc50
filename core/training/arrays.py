"""What a loss to train with takes: embeddings as torch tensors on one device, and labels as the formulas take them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..backend import (
    Array,
    Backend,
    backend_of,
    choose_backend,
    is_tensor,
    namespace,
)
from ..catalogue import Entry
from ..errors import DataError, LabelError, ShapeError
from ..given_inputs import rows_of
from ..io import as_values
from ..loss_labels import check_labels, read_labels

PER = {"pairs": "pair", "triplets": "triplet"}


class Labels(NamedTuple):
    """Labels on the device.

    Args:
        numbers: (n,) which pairs are similar, or scores.
        codes: (n,) the classes; of a classifier, the rows of its weights.
    """

    numbers: Array | None = None
    codes: Array | None = None


def embeddings(entry: Entry, named: dict[str, Any]) -> list[Array]:
    """Return one (n, d) torch tensor per name, all on one device; arrays of other libraries go through numpy.

    Raises:
        ShapeError: not one vector per row, nothing at all, or arrays that do not fit each other.
        DataError: not real numbers.
    """
    arrays = {name: rows_of(value, name) for name, value in named.items()}
    for name, value in arrays.items():
        floating = is_tensor(value) and value.dtype.is_floating_point
        if not floating and not namespace(value).isdtype(value.dtype, ("integral", "real floating")):
            raise DataError(f"expected real numbers, got dtype {value.dtype}", name)
    tensors = [value for value in arrays.values() if is_tensor(value)]
    found = arrays
    if len(tensors) < len(arrays):
        put = backend_of(tensors[0]).put if tensors else choose_backend("torch").put
        found = {name: value if is_tensor(value) else put(value) for name, value in arrays.items()}
    (first, one), *_ = found.items()
    for name, value in found.items():
        if value.ndim != 2 or not all(value.shape):
            raise ShapeError(f"expected one vector per row, shape (n, d), got {tuple(value.shape)}", name)
        if name == "weights" and value.shape[1] != one.shape[1]:
            what = f"expected weights of shape (classes, {one.shape[1]}), got {tuple(value.shape)}"
            raise ShapeError(what, name, "transpose it if it is (d, classes)")
        if name != "weights" and value.shape != one.shape:
            what = f"{name} have shape {tuple(value.shape)}, {first} {tuple(one.shape)}"
            raise ShapeError(what, name, f"{entry.name} takes row i of each together")
    return list(found.values())


def labels_of(entry: Entry, labels: Any, rows: int, backend: Backend, classes: int = 0) -> Labels:
    """Return the labels of a loss on the device; `classes` is how many a classifier has.

    Raises:
        LabelError: labels that are missing, not wanted or not of the loss's kind.
    """
    check_labels(entry.name, entry.labels, labels, PER.get(entry.inputs, "row"))
    if labels is None:
        return Labels()
    values = as_values(labels, None, "labels")
    if not isinstance(values, np.ndarray):
        what = f"expected labels, one per row, got {type(labels).__name__}"
        raise LabelError(what, "labels", "pass a list or a column")
    low, high = entry.score_range
    read = read_labels(entry.labels, values, rows, "labels", low=low, high=high)
    if read.classes is None:
        numbers = read.similar if read.scores is None else read.scores
        return Labels(numbers=None if numbers is None else backend.put(numbers))
    codes, names = read.classes.codes, read.classes.names
    if entry.inputs == "classifier":
        if names.dtype.kind not in "iu" or names[0] < 0 or names[-1] >= classes:
            what = f"classes are {names[0]} to {names[-1]}, expected the numbers 0 to {classes - 1}"
            raise LabelError(what, "labels", "a class is the number of its row of the weights")
        codes = names.astype(np.int64)[codes]
    return Labels(codes=backend.put(codes))


def is_narrow(tensors: Sequence[Array]) -> bool:
    """Tell whether all tensors are of a float narrower than float64."""
    return all(x.dtype.is_floating_point and x.dtype.itemsize < 8 for x in tensors)
