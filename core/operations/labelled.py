"""The inputs of losses: vectors by role with their labels, from whatever a caller hands over."""

from collections.abc import Mapping, Sequence
from typing import Any

from .. import checks
from ..catalogue import Entry, check_parameter
from ..errors import ParameterError
from ..io import LabelledVectors, open_examples, read_values
from ..io.vectors import LABEL_NAMES

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
    *,
    or_one_set: bool,
    nonfinite: str,
    header: str,
    max_memory: str | int | None,
) -> LabelledVectors:
    """Return the inputs of losses and their labels, opened where they are sources.

    Args:
        vectors: one input per role, or a table with all of them.
        entries: the losses; none where examples are only projected.
        labels: one per row, a source of them, or None.
        labels_name: what messages call labels that are no source.
        ids: a source of one per row; of arrays an array too.
        or_one_set: a single source may be one set with classes.
        nonfinite: anything but `error` reads rows that are null.
        header: whether the first line of a CSV names its columns.
        max_memory: as for `open_vectors`.
    """
    reading: dict[str, Any] = {"nulls": nonfinite != "error", "header": header, "max_memory": max_memory}
    if not vectors or not all(isinstance(side, str) for side in vectors):
        sides = tuple(
            checks.given(side, f"input {number}", ids=ids, **reading)
            if ids is not None or isinstance(side, str)
            else side
            for number, side in enumerate(vectors)
        )
        if isinstance(labels, str):
            return LabelledVectors(sides, read_values(labels, header=header, max_memory=max_memory), labels)
        return LabelledVectors(sides, labels, labels_name)
    from .loss import label_columns

    roles = entries[0].roles if entries else TRIPLETS if len(vectors) > 2 else ("a", "b")
    typed = labels if isinstance(labels, str) else None
    found = open_examples(
        vectors,
        roles,
        labels=typed,
        ids=ids,
        wanted=label_columns(entries) if entries else LABEL_NAMES,
        or_one_set=or_one_set,
        **reading,
    )
    if labels is not None and typed is None:
        return LabelledVectors(found.vectors, labels, labels_name)
    # the column `label` of a table of triplets is none of theirs, unless another loss takes it
    if typed is None and len(found.vectors) > 2 and all(entry.labels == "none" for entry in entries):
        return LabelledVectors(found.vectors, None, found.labels_name)
    return found
