"""The inputs of losses: vectors by role with their labels and weights, from whatever a caller hands over, checked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import checks, given_inputs
from ..catalogue import Entry, check_parameter
from ..errors import InputNotFoundError, LabelError, ParameterError, ShapeError
from ..io import (
    LabelledVectors,
    Vectors,
    as_source,
    as_values,
    of_selected,
    open_examples,
    open_table,
    read_values,
    with_ids,
)
from ..io.pairs import table_labels
from ..io.selected import SelectedTable
from ..io.table import LABEL_NAMES, SCORE_NAMES
from ..joining import Joined, join_rows, looked_up
from ..labels import ClassLabels, SelectedName
from ..nonfinite import refuse_nonfinite
from ..scoring.spec import LossSpec
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
    examples: Any = None,
) -> LabelledVectors:
    """Return the inputs of losses and their labels, opened where they are sources; one may be a set with classes."""
    if examples is not None:
        return open_examples_by_id(vectors, examples, entries, labels, ids, settings)
    vectors = [as_source(side, f"input {number}") for number, side in enumerate(vectors)]
    if vectors:
        labels, ids = as_values(labels, vectors[0], "«labels»"), as_values(ids, vectors[0], "«ids»")
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


def open_examples_by_id(
    vectors: Sequence[Any], examples: Any, entries: Sequence[Entry], labels: Any, ids: Any, settings: Settings
) -> LabelledVectors:
    """Return examples whose roles are ids in a table, as `mine` writes it, looked up in one input or in several.

    Args:
        vectors: one input for all roles; or one for the first and one for the others, or one each.
        examples: a table with a column of ids for each role, called like it, or `anchor`, `positive` and `negative`;
            other columns as a table of vectors has them.
        entries: the losses.
        labels: (n,) of the examples, or their source, or a column of the table.
        ids: of the vectors.
        settings: of the door.

    Raises:
        ParameterError: a loss of one set, or more inputs than roles.
        InputNotFoundError: the table has no such columns.
        DataError: an id that is not there, or comes twice.
    """
    roles = entries[0].roles if entries else ()
    if not 1 <= len(vectors) <= len(roles) or len(roles) == 1:
        what = f"the examples have the roles {', '.join(roles)}, and there are {len(vectors)} inputs"
        what = what if len(roles) > 1 else "examples are pairs or triplets, which nothing here takes"
        raise ParameterError(what, "«examples»", "name one file of vectors, or leave «examples» out")
    sides = [settings.open(as_source(side, "vectors"), f"input {number}", ids) for number, side in enumerate(vectors)]
    source = as_source(examples, "examples")
    table = open_table(source, **settings.reading)
    columns = next((each for each in (roles, TRIPLETS[: len(roles)]) if set(each) <= set(table.value_columns)), None)
    if columns is None:
        listed = ", ".join(name for name in table.columns if name) or "no names"
        what = f"expected a table with columns {', '.join(roles)}, which hold ids, but its columns are {listed}"
        raise InputNotFoundError(what, table.name, "name the columns so, as a table of `mine` does, not an npy")
    rows = [looked_up(sides[min(place, len(sides) - 1)], table, name) for place, name in enumerate(columns)]
    named = (table.ids(), rows[0].ids, table.index if isinstance(table, SelectedTable) else None)
    own = next((each for each in named if each is not None), None)  # an example goes by its id, or by its anchor's
    rows = [with_ids(each, own) for each in rows]
    if labels is not None and not isinstance(labels, str):
        return LabelledVectors(tuple(rows), labels, "labels", table.name)
    reading = {"header": settings.header, "max_memory": settings.max_memory}
    values, name = table_labels(table, labels, _label_columns(entries), **reading)
    return LabelledVectors(tuple(rows), values, of_selected(name, source), table.name)


def _label_columns(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the names of a table's column that holds what losses of one kind of labels take; none looks for none."""
    kinds = {"class" if entry.of_classes else entry.labels for entry in entries} - {"none"}
    return {"score": SCORE_NAMES, "binary": LABEL_NAMES, "class": LABEL_NAMES}[kinds.pop()] if kinds else ()


def check_inputs(entry: Entry, sides: Sequence[Any], measures: Sequence[str]) -> tuple[Vectors, ...]:
    """Return the inputs of a loss as vectors, one per role, that fit each other and what is computed on them."""
    checks.check_roles(entry, len(sides))
    roles = entry.roles
    names = [role.upper() for role in roles] if len(roles) == 2 else roles
    inputs = tuple(given_inputs.given(side, name) for side, name in zip(sides, names, strict=True))
    checks.check_aligned(inputs, joins=len(inputs) == 2)
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


def join_pairs(opened: LabelledVectors) -> tuple[LabelledVectors, Joined]:
    """Return pairs of rows of the same id, with the labels of those of A."""
    if len(opened.vectors) != 2:
        what = f"pairs are joined by id, of two inputs; there {'is' if len(opened.vectors) < 2 else 'are'}"
        raise ParameterError(f"{what} {len(opened.vectors)}", "«join=id»", "name A and B, or leave it out")
    a, labels = opened.vectors[0], opened.labels
    if labels is not None and len(labels) != a.shape[0]:
        what = f"expected {a.shape[0]} labels, one per row of A, got {len(labels)}"
        raise ShapeError(what, opened.labels_name, "labels follow the rows of A")
    *sides, joined = join_rows(*opened.vectors)
    if labels is None or joined.a is None:
        return LabelledVectors(tuple(sides), labels, opened.labels_name), joined
    name = SelectedName(opened.labels_name, joined.a)
    return LabelledVectors(tuple(sides), np.asarray(labels)[joined.a], name), joined


def check_together(
    specs: Sequence[LossSpec], nonfinite: str, batch_size: int | None, *, is_graded: bool, is_swept: bool, shuffle: bool
) -> None:
    """Refuse options that do not go together, or with these losses."""
    entry = specs[0].entry
    if is_graded and len(specs) > 1:
        raise ParameterError("gradients are those of one loss", "«grad»", "ask for one «kind», without «sweep»")
    if (is_graded or is_swept) and specs[0].reduction == "none":
        noun = "sweep compares numbers" if is_swept else "gradient is that of one number"
        raise ParameterError(f"a {noun}, and `none` gives none", "«reduction»", "mean or sum")
    if nonfinite == "propagate" and not entry.is_of_examples:
        raise ParameterError(f"a row of NaN would spoil every item of {entry.name}", "«nonfinite»", "use drop")
    singles = [spec.entry.name for spec in specs if not spec.entry.takes_batches]
    if singles and (batch_size is not None or shuffle):
        what = f"the loss {singles[0]} is one of single examples, batches do not change it"
        raise ParameterError(what, "«batch_size»" if batch_size is not None else "«shuffle»", "leave it out")
