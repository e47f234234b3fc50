"""`loss`: the losses of metric learning, one by one and together, and what they mean."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..backend import choose_backend
from ..catalogue import Entry, find
from ..delivery import delivery
from ..engine import budget_of
from ..errors import LabelError, ParameterError, ShapeError
from ..io import Vectors, select, with_ids
from ..io.vectors import LABEL_NAMES, SCORE_NAMES
from ..labels import ClassLabels, binary_labels, class_labels, score_labels
from ..metrics import EPS
from ..results import Column, Progress, Result
from ..scoring import batch_report, example_report
from ..scoring.examples import Sink, among_all
from ..scoring.job import LossJob
from ..scoring.spec import REDUCTIONS, LossSpec, read_specs, swept
from .labelled import check_parameters, open_labelled

OpenSink = Callable[[Mapping[str, Vectors], Column | None], Sink]


def loss(
    *vectors: Any,
    kind: str | Sequence[str],
    labels: Any = None,
    labels_name: str = "labels",
    weights: Any = None,
    variant: str | None = None,
    distance: str | None = None,
    reduction: str | None = None,
    sweep: tuple[str, Sequence[float]] | None = None,
    batch_size: int | None = None,
    shuffle: bool = False,
    seed: int = 0,
    gradients: Sink | None = None,
    eps: float = EPS,
    top: int | None = None,
    max_memory: str | int | None = None,
    all_items: bool = False,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    ids: Any = None,
    header: str = "auto",
    gradients_to: OpenSink | None = None,
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    parameters: Mapping[str, float | None] = {},
    **named: float | None,
) -> Result:
    """Compute losses of pairs, triplets or whole batches, what makes them up and what is still active.

    Args:
        *vectors: Vectors or numpy arrays (n, d) of real numbers: A and B for pairs, views and a teacher; anchor,
            positive and negative for triplets; one set for losses of classes and of a classifier.
        kind: a loss of the catalogue, or several that take the same inputs.
        labels: (n,) what the loss takes: 0/1, false/true or -1/1, scores, or classes; None for a loss without.
        labels_name: the file and column of the labels, for messages.
        weights: (classes, d) the weight matrix of a classifier.
        variant: the loss as that library computes it.
        distance: the metric to compute it on, where the loss is defined for several.
        reduction: what `loss` in the summary is: `mean`, `sum`, `none` (undefined), `active-mean`, the mean over the
            items that are not zero, or `active-mean-by-label`, the sum of that of positives and of negatives.
        sweep: a parameter and its values; the result has a row for each.
        batch_size: rows per batch, for losses of a batch; None is one batch of all.
        shuffle: cut the batches from the rows in a random order.
        seed: of that order.
        gradients: takes the number of the first row and the (rows, d) float64 gradients of the reduced loss by each
            input, range by range; those by the weights of a classifier come last.
        eps: eps >= 0, the least norm that a cosine divides by.
        top: list only this many items, largest loss first.
        max_memory: as for `pairwise`.
        all_items: hold all items, however many: else of more than four million positive pairs only the largest.
        nonfinite: `error`, `propagate` (pairs and triplets) or `drop`.
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        progress: called with the rows that are done and their total.
        ids: one per row, a source of them, or of arrays an array.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        gradients_to: called once the inputs are open, with them by their roles and the ids of the rows; returns what
            takes the gradients, instead of `gradients`.
        require_keys: keys that the summary must have, checked before any input is read.
        parameters: of the losses by name; the catalogue has the defaults.
        **named: the same, as in `margin=0.5`.

    Returns:
        A result with the summary `loss`, `total`, `mean`, `active_mean`, `items`, `active`, `active_share`, and as
        the loss has them `positives`, `negatives`, `positive_loss`, `negative_loss`, `positive_similarity`,
        `negative_similarity`, `gradient_norm`; with a row per item, or per loss and value of a sweep. `array` holds
        the (items,) losses, where they are all held.

    Raises:
        ShapeError: the inputs are not (n, d) alike, or too many or too few.
        LabelError: labels that are missing, not wanted or not of the loss's kind.
        ParameterError: an unknown name, or a parameter outside its range.
        DataError: rows that are not finite.
        ResourceError: all items are wanted, and there is not the memory for them.

    Source:
        The catalogue rows of the losses.

    Example:
        >>> x, y = np.asarray([[1.0, 2, 3]]), np.asarray([[4.0, 5, 6]])
        >>> loss(x, y, labels=np.asarray([1]), kind="cosine").summary["loss"]
        0.025368153802923787
    """
    kinds = [kind] if isinstance(kind, str) else list(kind)
    entries, parameters = [find("loss", name) for name in kinds], {**parameters, **named}
    keys_of = partial(loss_keys, kinds, swept=sweep is not None)
    known = keys_of(gradient=(gradients or gradients_to) is not None)
    checks.check_keys(require_keys, known, {"«gradients=PATH»": keys_of(gradient=True)})
    check_parameters(entries, parameters)
    reading: dict[str, Any] = {"header": header, "max_memory": max_memory}
    or_one_set = bool(entries[0].of_classes)
    with delivery():
        opened = open_labelled(
            vectors, entries, labels, labels_name, ids, or_one_set=or_one_set, nonfinite=nonfinite, **reading
        )
        matrix = None if weights is None else checks.given(weights, "weights", **reading)
        if gradients_to is not None:
            gradients = gradients_to(*_gradient_shapes(entries[0], opened.vectors, matrix))
        return _report(
            opened.vectors,
            kind=kinds,
            labels=opened.labels,
            labels_name=opened.labels_name,
            weights=matrix,
            variant=variant,
            distance=distance,
            reduction=reduction,
            sweep=sweep,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            gradients=gradients,
            eps=eps,
            top=top,
            max_memory=max_memory,
            all_items=all_items,
            nonfinite=nonfinite,
            device=device,
            backend=backend,
            progress=progress,
            parameters=parameters,
        )


def _gradient_shapes(
    entry: Entry, sides: Sequence[Vectors], weights: Vectors | None
) -> tuple[dict[str, Vectors], Column | None]:
    """Return what the gradients are by, by role, and the ids of their rows."""
    roles = entry.roles
    roles = roles if len(sides) == len(roles) else ("vectors",)
    shaped = dict(zip(roles, sides, strict=True)) | ({} if weights is None else {"weights": weights})
    return shaped, next((side.ids for side in sides if side.ids is not None), None)


def _report(
    vectors: Sequence[Any],
    *,
    kind: Sequence[str],
    labels: Any,
    labels_name: str,
    weights: Any,
    variant: str | None,
    distance: str | None,
    reduction: str | None,
    sweep: tuple[str, Sequence[float]] | None,
    batch_size: int | None,
    shuffle: bool,
    seed: int,
    gradients: Sink | None,
    eps: float,
    top: int | None,
    max_memory: str | int | None,
    all_items: bool,
    nonfinite: str,
    device: str,
    backend: str,
    progress: Progress | None,
    parameters: Mapping[str, float | None],
) -> Result:
    specs = _specs(kind, len(vectors) == 1, variant, distance, reduction, sweep, parameters)
    _check_options(specs, top, eps, nonfinite, gradients, sweep is not None)
    _check_batches(specs, batch_size, shuffle, seed)
    inputs, weights = _checked(specs, vectors, weights)
    notes: list[str] = []
    if nonfinite == "drop":
        rows = inputs[0].shape[0]
        inputs, labels, kept = _drop(inputs, labels, notes)
        gradients = None if gradients is None else among_all(gradients, kept, rows, len(inputs))
    read = _read_labels(specs, labels, inputs[0].shape[0], labels_name, weights, notes)
    job = LossJob(
        specs=specs,
        sweep=None if sweep is None else sweep[0],
        inputs=inputs,
        weights=weights,
        labels=read[0],
        similar=read[1],
        classes=read[2],
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        eps=eps,
        top=top,
        all_items=all_items,
        gradients=gradients,
        nonfinite=nonfinite,
        device=device,
        backend=backend,
        progress=progress,
        notes=notes,
        budget=budget_of(max_memory, *inputs, weights),
    )
    choose_backend(backend, device)  # a device that is missing is an error before any work
    return example_report.report(job) if _is_of_examples(specs[0].entry) else batch_report.report(job)


def loss_keys(kinds: Sequence[str], *, swept: bool = False, gradient: bool = False) -> list[str]:
    """Return the summary keys of `loss`.

    Raises:
        ParameterError: an unknown loss.
    """
    known: dict[str, None] = {}
    refused: list[ParameterError] = []
    for one_set in (False, True):  # a triplet loss takes triplets, or one set with classes
        try:
            specs = read_specs(kinds, one_set=one_set, variant=None, metric=None, reduction=None, parameters={})
        except ParameterError as error:
            refused.append(error)
            continue
        keys = example_report.keys if _is_of_examples(specs[0].entry) else batch_report.keys
        known |= dict.fromkeys(keys(specs, swept=swept, gradient=gradient))
    if len(refused) == 2:
        raise refused[0]
    return list(known)


def label_columns(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the names of a table's column that holds what losses of one kind of labels take; none looks for none."""
    kinds = {"class" if entry.of_classes else entry.labels for entry in entries} - {"none"}
    return {"score": SCORE_NAMES, "binary": LABEL_NAMES, "class": LABEL_NAMES}[kinds.pop()] if kinds else ()


def _specs(
    kind: str | Sequence[str],
    one_set: bool,
    variant: str | None,
    distance: str | None,
    reduction: str | None,
    sweep: tuple[str, Sequence[float]] | None,
    parameters: Mapping[str, float | None],
) -> list[LossSpec]:
    kinds = [kind] if isinstance(kind, str) else list(kind)
    if reduction is not None:
        checks.check_choice("reduction", reduction, REDUCTIONS)
    if sweep is not None and parameters.get(sweep[0]) is not None:
        what = f"{sweep[0]} is swept and has a value of its own too"
        raise ParameterError(what, "«sweep»", "leave one of them out")
    specs = read_specs(
        kinds, one_set=one_set, variant=variant, metric=distance, reduction=reduction, parameters=parameters
    )
    return specs if sweep is None else swept(specs, *sweep)


def _checked(
    specs: Sequence[LossSpec], vectors: Sequence[Any], weights: Any
) -> tuple[tuple[Vectors, ...], Vectors | None]:
    """Return the inputs and the weight matrix as vectors that fit the losses."""
    inputs = _given(specs[0].entry, vectors)
    weights = None if weights is None else checks.given(weights, "weights")
    _check_weights(specs[0].entry, weights, inputs[0])
    for measure in dict.fromkeys(spec.metric or spec.entry.name for spec in specs):
        for side in inputs:
            checks.refuse_rounded(side, measure)
    return inputs, weights


def _is_of_examples(entry: Entry) -> bool:
    return entry.inputs in ("pairs", "triplets", "teacher")


def _check_options(
    specs: Sequence[LossSpec],
    top: int | None,
    eps: float,
    nonfinite: str,
    gradients: Sink | None,
    is_swept: bool,
) -> None:
    entry = specs[0].entry
    checks.check_choice("nonfinite", nonfinite, checks.NONFINITE)
    if top is not None and top < 1:
        raise ParameterError(f"top is {top}, expected at least 1", "«top»")
    checks.check_eps(eps)
    if gradients is not None and len(specs) > 1:
        raise ParameterError("gradients are those of one loss", "«grad»", "ask for one «kind», without «sweep»")
    if (gradients is not None or is_swept) and specs[0].reduction == "none":
        noun = "sweep compares numbers" if is_swept else "gradient is that of one number"
        raise ParameterError(f"a {noun}, and `none` gives none", "«reduction»", "mean or sum")
    if nonfinite == "propagate" and entry.inputs not in ("pairs", "triplets", "teacher"):
        raise ParameterError(f"a row of NaN would spoil every item of {entry.name}", "«nonfinite»", "use drop")


def _check_batches(specs: Sequence[LossSpec], batch_size: int | None, shuffle: bool, seed: int) -> None:
    singles = [spec.entry.name for spec in specs if not spec.entry.takes_batches]
    if singles and (batch_size is not None or shuffle):
        what = f"the loss {singles[0]} is one of single examples, batches do not change it"
        raise ParameterError(what, "«batch_size»" if batch_size is not None else "«shuffle»", "leave it out")
    if batch_size is not None and batch_size < 1:
        raise ParameterError(f"batch size is {batch_size}, expected at least 1", "«batch_size»")
    checks.check_seed(seed)


def _given(entry: Entry, vectors: Sequence[Any]) -> tuple[Vectors, ...]:
    roles = entry.roles
    if len(vectors) != len(roles):
        counted = f"{len(roles)} inputs ({', '.join(roles)})" if len(roles) > 1 else "one input"
        raise ShapeError(f"the loss {entry.name} takes {counted}, got {len(vectors)}")
    names = [role.upper() for role in roles] if len(roles) == 2 else roles
    inputs = tuple(checks.given(side, name) for side, name in zip(vectors, names, strict=True))
    for side in inputs:
        if len(side.shape) != 2:
            raise ShapeError(f"expected one vector per row, shape (n, d), got {side.shape}", side.name)
        checks.check_not_empty(side)
    for side in inputs[1:]:
        checks.check_same_rows(inputs[0], side)
        checks.check_same_ids(inputs[0], side)
        checks.check_same_width(inputs[0], side, inputs[0].shape[1], side.shape[1])
    return inputs


def _check_weights(entry: Entry, weights: Vectors | None, vectors: Vectors) -> None:
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
    checks.refuse_nonfinite(weights, "mend the weights")


def _drop(inputs: tuple[Vectors, ...], labels: Any, notes: list[str]) -> tuple[tuple[Vectors, ...], Any, Column]:
    """Return inputs and labels without the examples of which a row is not finite, and which are left."""
    rows = inputs[0].shape[0]
    noun = "row" if len(inputs) == 1 else "pair" if len(inputs) == 2 else "triplet"
    keep = checks.drop_nonfinite(inputs, noun, notes)
    if len(keep) == rows:
        return inputs, labels, keep
    ids = next((side.ids for side in inputs if side.ids is not None), None)
    kept_ids = keep if ids is None else ids[keep]
    if labels is not None:
        labels = np.asarray(labels)
        labels = labels[keep] if labels.ndim and len(labels) == rows else labels
    return tuple(with_ids(select(side, keep), kept_ids) for side in inputs), labels, keep


LabelsRead = tuple[Column | None, Column | None, ClassLabels | None]


def _read_labels(
    specs: Sequence[LossSpec], labels: Any, rows: int, name: str, weights: Vectors | None, notes: list[str]
) -> LabelsRead:
    """Return labels or scores as numbers, which pairs are similar, and the classes; each where the loss has them."""
    wanting = [spec.entry for spec in specs if spec.entry.labels != "none"]
    if not wanting:
        if labels is not None:
            what = f"the loss {specs[0].entry.name} takes no labels"
            raise LabelError(what, "«labels»", "leave them out, or choose a kind")
        return None, None, None
    entry = wanting[0]
    if labels is None:
        noun = {"binary": "binary label", "score": "score", "class": "class"}[entry.labels]
        per = {"pairs": "pair", "triplets": "triplet"}.get(entry.inputs, "row")
        columns = "`score`" if entry.labels == "score" else "`label`"
        what = f"the loss {entry.name} needs one {noun} per {per}"
        others = ", or three inputs: anchor, positive, negative" if entry.of_classes else ""
        raise LabelError(what, "«labels»", f"«labels» FILE, or a column {columns}{others}")
    if entry.labels == "binary":
        read = binary_labels(np.asarray(labels), rows, name)
        notes.append(read.convention)
        return read.similar, read.similar, None
    if entry.labels == "score":
        low, high = (limit([each.score_range[end] for each in wanting]) for end, limit in enumerate((max, min)))
        return score_labels(np.asarray(labels), rows, name, low=low, high=high), None, None
    classes = class_labels(np.asarray(labels), rows, name)
    notes.append(classes.balance)
    if weights is not None:
        classes = _numbers_of_weights(classes, weights, name)
    return None, None, classes


def _numbers_of_weights(classes: ClassLabels, weights: Vectors, name: str) -> ClassLabels:
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
