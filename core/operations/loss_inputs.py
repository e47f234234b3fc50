"""The inputs of losses: vectors by role with their labels and weights, from whatever a caller hands over, checked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..catalogue import Entry, check_parameter
from ..errors import LabelError, ParameterError, ShapeError
from ..io import LabelledVectors, Vectors, as_source, as_values, open_examples, read_values
from ..io.table import LABEL_NAMES, SCORE_NAMES
from ..labels import ClassLabels
from ..nonfinite import refuse_nonfinite
from ..settings import Settings

TRIPLETS = ("anchor", "positive", "negative")
OPTIONS = ("margin", "temperature", "scale")  # parameters that are arguments of their own wherever they are typed


def check_parameters(entries: Sequence[Entry], parameters: Mapping[str, float | None]) -> None:
    """Refuse parameters that none of the losses has."""
    for name, value in parameters.items():
        if value is None:
            continue
        where = f"«{name}»" if name in OPTIONS else "«parameters»"
        if not entries:
            raise ParameterError(f"there is no loss that {name} belongs to", where, "leave it out")
        check_parameter(entries, name, where)


def open_labelled(
    vectors: Sequence[Any],
    entries: Sequence[Entry],
    labels: Any,
    labels_name: str,
    ids: Any,
    settings: Settings,
    *,
    or_one_set: bool,
) -> LabelledVectors:
    """Return the inputs of losses and their labels, opened where they are sources; one may be a set with classes."""
    vectors = [as_source(side, f"input {number}") for number, side in enumerate(vectors)]
    if vectors:
        labels, ids = as_values(labels, vectors[0]), as_values(ids, vectors[0])
    if not vectors or not all(isinstance(side, str) for side in vectors):
        sides = tuple(
            settings.open(side, f"input {number}", ids) if ids is not None or isinstance(side, str) else side
            for number, side in enumerate(vectors)
        )
        if isinstance(labels, str):
            read = read_values(labels, header=settings.header, max_memory=settings.max_memory)
            return LabelledVectors(sides, read, labels)
        return LabelledVectors(sides, labels, labels_name)
    roles = entries[0].roles if entries else TRIPLETS if len(vectors) > 2 else ("a", "b")
    typed = labels if isinstance(labels, str) else None
    found = open_examples(
        vectors,
        roles,
        labels=typed,
        ids=ids,
        wanted=_label_columns(entries) if entries else LABEL_NAMES,
        or_one_set=or_one_set,
        **settings.reading,
    )
    if labels is not None and typed is None:
        return LabelledVectors(found.vectors, labels, labels_name)
    # the column `label` of a table of triplets is none of theirs, unless another loss takes it
    if typed is None and len(found.vectors) > 2 and all(entry.labels == "none" for entry in entries):
        return LabelledVectors(found.vectors, None, found.labels_name)
    return found


def _label_columns(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the names of a table's column that holds what losses of one kind of labels take; none looks for none."""
    kinds = {"class" if entry.of_classes else entry.labels for entry in entries} - {"none"}
    return {"score": SCORE_NAMES, "binary": LABEL_NAMES, "class": LABEL_NAMES}[kinds.pop()] if kinds else ()


def check_inputs(entry: Entry, sides: Sequence[Any], measures: Sequence[str]) -> tuple[Vectors, ...]:
    """Return the inputs of a loss as vectors, one per role, that fit each other and what is computed on them."""
    checks.check_roles(entry, len(sides))
    roles = entry.roles
    names = [role.upper() for role in roles] if len(roles) == 2 else roles
    inputs = tuple(checks.given(side, name) for side, name in zip(sides, names, strict=True))
    checks.check_aligned(inputs)
    for measure in dict.fromkeys(measures):
        for side in inputs:
            checks.refuse_rounded(side, measure)
    return inputs


def check_weights(entry: Entry, weights: Vectors | None, vectors: Vectors) -> None:
    """Refuse a weight matrix that does not fit the loss and its vectors, or that is missing."""
    if entry.inputs != "classifier":
        if weights is not None:
            raise ParameterError(f"the loss {entry.name} takes no weight matrix", "«weights»", "leave it out")
        return
    if weights is None:
        what = f"the loss {entry.name} needs the classifier's weight matrix, one row per class"
        raise ParameterError(what, "«weights»", "«weights» W.npy, of shape (classes, d)")
    if len(weights.shape) != 2 or weights.shape[1] != vectors.shape[1]:
        what = f"expected weights of shape (classes, {vectors.shape[1]}), got {weights.shape}"
        raise ShapeError(what, weights.name, "transpose it if it is (d, classes)")
    checks.check_not_empty(weights)
    refuse_nonfinite(weights, "mend the weights")


def classes_of_weights(classes: ClassLabels, weights: Vectors, name: str) -> ClassLabels:
    """Return classes whose codes are rows of the weight matrix: by id where it has ids, else by number."""
    count = weights.shape[0]
    ids = np.arange(count) if weights.ids is None else weights.ids
    places = {str(key): place for place, key in enumerate(ids.tolist())}
    missing = [value for value in classes.names.tolist() if str(value) not in places]
    if missing:
        known = f"rows 0 to {count - 1}" if weights.ids is None else f"{count} ids"
        what = f"class {missing[0]!r} has no row in the weights, which have {known}"
        raise LabelError(
            what, name, "the weights need one row per class, in the order of the class numbers or with ids"
        )
    codes = np.asarray([places[str(value)] for value in classes.names.tolist()], dtype=np.int64)
    return ClassLabels(codes[classes.codes], ids)
