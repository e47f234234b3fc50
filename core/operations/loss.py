"""`loss`: the losses of metric learning, one by one and together, and what they mean."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

from .. import checks, estimates
from ..argument_types import check_types
from ..catalogue import DEVICE, Entry, find
from ..delivery import delivery
from ..errors import ParameterError
from ..io import Vectors, selects
from ..joining import Joined, check_join, stated
from ..metrics import EPS
from ..named_values import swept_numbers
from ..nonfinite import DROP_HINT, NONFINITE_HINT
from ..results import Column, Progress, Result
from ..scoring.examples import Sink
from ..scoring.job import LossJob
from ..scoring.spec import REDUCTIONS, LossSpec, read_specs, swept
from ..settings import Settings
from .loss_inputs import check_inputs, check_parameters, check_together, check_weights, join_pairs, open_labelled
from .loss_plan import gradient_shapes, plan_losses

OpenSink = Callable[[Mapping[str, Vectors], Column | None], Sink]


@selects("vectors", keeps=True)
def loss(
    *vectors: Any,
    kind: str | Sequence[str],
    join: str = "row",
    labels: Any = None,
    examples: Any = None,
    labels_name: str = "labels",
    weights: Any = None,
    variant: str | None = None,
    distance: str | None = None,
    reduction: str | None = None,
    sweep: Any = None,
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
    dry_run: bool = False,
    device_name: str = DEVICE,
    where: str | None = None,
    rows: str | None = None,
    sample: int | None = None,
    columns: str | Sequence[str] | None = None,
    keep_columns: str | Sequence[str] | None = None,
    parameters: Mapping[str, float | None] = {},
    **named: float | None,
) -> Result:
    """Compute losses of pairs, triplets or whole batches, what makes them up and what is still active.

    Args:
        *vectors: Vectors or numpy arrays (n, d) of real numbers: A and B for pairs, views and a teacher; anchor,
            positive and negative for triplets; one set for losses of classes and of a classifier.
        kind: a loss of the catalogue, or several that take the same inputs.
        join: of pairs, `row` (row i with row i), or `id`: rows of the same id, in the order of the first input, whose
            rows the labels follow; others are left out, and said.
        labels: (n,) what the loss takes: 0/1, false/true or -1/1, scores, or classes; None for a loss without.
        examples: a table of ids, as `mine` writes it: its columns `anchor`, `positive`, `negative`, or `a`, `b`, hold
            ids of rows of the vectors, or row numbers of vectors without ids. One input has them all; of two the
            first has the anchors. Labels are those of the examples.
        labels_name: the file and column of the labels, for messages.
        weights: (classes, d) the weight matrix of a classifier.
        variant: the loss as that library computes it.
        distance: the metric to compute it on, where the loss is defined for several.
        reduction: what `loss` in the summary is: `mean`, `sum`, `none` (undefined), `active-mean`, the mean over the
            items that are not zero, or `active-mean-by-label`, the sum of that of positives and of negatives.
        sweep: a parameter and its values, `{"margin": [0.5, 1]}` or `"margin=0:1:0.1"`; the result has a row for each.
        batch_size: rows per batch, for losses of a batch; None is one batch of all.
        shuffle: cut the batches from the rows in a random order.
        seed: of that order.
        gradients: takes the number of the first row and the (rows, d) float64 gradients of the reduced loss by each
            input, range by range; those by the weights of a classifier come last.
        top: list only this many items, largest loss first.
        all_items: hold all items, however many: else of more than four million positive pairs only the largest.
        nonfinite: `error`, `propagate` (pairs and triplets) or `drop`.
        ids: one per row, a source of them, or of arrays an array.
        gradients_to: called once the inputs are open, with them by their roles and the ids of the rows; returns what
            takes the gradients, instead of `gradients`.
        parameters: of the losses by name; the catalogue has the defaults.
        **named: the same, as in `margin=0.5`.
        eps, max_memory, device, backend, header, progress, require_keys, dry_run, device_name: as for `pairwise`.
        where, rows, sample, columns, keep_columns: rows and columns of the inputs; as `Selection` takes them.

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
        >>> import numpy as np
        >>> x, y = np.asarray([[1.0, 2, 3]]), np.asarray([[4.0, 5, 6]])
        >>> loss(x, y, labels=np.asarray([1]), kind="cosine").summary["loss"]
        0.025368153802923787
    """
    check_types(loss, locals())
    kinds = [kind] if isinstance(kind, str) else list(kind)
    entries, parameters = [find("loss", name) for name in kinds], {**parameters, **named}
    is_graded = (gradients or gradients_to) is not None
    sweep = None if sweep is None else swept_numbers(sweep, "margin=0:1:0.1")
    keys_of = partial(loss_keys, kinds, swept=sweep is not None)
    required = estimates.keys_of_job(require_keys, device_name, dry_run=dry_run)
    checks.check_keys(required, keys_of(gradient=is_graded), {"«gradients=PATH»": keys_of(gradient=True)})
    check_parameters(entries, parameters)
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked()
    by_id = check_join(join)
    checks.check_least(1, top=top, batch_size=batch_size)
    checks.check_least(0, seed=seed)
    with delivery():
        one_or_more, joined = bool(entries[0].of_classes), Joined()
        opened = open_labelled(
            vectors, entries, labels, labels_name, ids, settings, or_one_set=one_or_more, examples=examples
        )
        if by_id and examples is not None:
            raise ParameterError("examples name rows by their ids already", "«join=id»", "leave it out")
        if by_id:
            opened, joined = join_pairs(opened)
        matrix = None if weights is None else settings.open(weights, "weights")
        specs = _specs(kinds, len(opened.vectors) == 1, variant, distance, reduction, sweep, parameters)
        check_together(specs, nonfinite, batch_size, is_graded=is_graded, is_swept=sweep is not None, shuffle=shuffle)
        entry = specs[0].entry
        inputs = check_inputs(entry, opened.vectors, [spec.metric or spec.entry.name for spec in specs])
        check_weights(entry, matrix, inputs[0])
        if gradients_to is not None and not dry_run:
            gradients = gradients_to(*gradient_shapes(entry, inputs, matrix))
        job = plan_losses(
            specs,
            inputs,
            matrix,
            opened.labels,
            opened.labels_name,
            settings,
            all_rows=dry_run,
            sweep=None if sweep is None else sweep[0],
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            top=top,
            all_items=all_items,
            gradients=(lambda start, parts: None) if dry_run and is_graded else gradients,
            progress=progress,
            said=joined.notes,
        )
        report = _reports(entry).report
        if not dry_run:
            result: Result = report(job)
            return stated(replace(result, inputs={**result.inputs, **opened.named}), by_id=by_id)
        sides = dict(zip(entry.roles, inputs, strict=False))
        hint = NONFINITE_HINT if entry.is_of_examples else DROP_HINT
        some = partial(_of_rows, job, report)
        return estimates.dry_run_of("loss", sides, some, settings=settings, device_name=device_name, hint=hint)


def _reports(entry: Entry) -> ModuleType:
    """Return what computes and reports losses of examples or of batches; neither needs what the other loads."""
    if entry.is_of_examples:
        from ..scoring import example_report

        return example_report
    from ..scoring import batch_report

    return batch_report


def _of_rows(
    job: LossJob, report: Callable[[LossJob], Result], rows: "Sequence[estimates.SomeRows]", within: Settings
) -> "estimates.Planned":
    """Plan the losses of some rows, for a dry run."""
    from ..scoring.phases import loss_phases, of_rows

    chosen = of_rows(job, [each.vectors for each in rows], rows[0].numbers)
    whole = [side.shape for side in job.inputs]
    return estimates.Planned(lambda shapes: loss_phases(job if shapes == whole else chosen), partial(report, chosen))


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
        keys = _reports(specs[0].entry).keys
        known |= dict.fromkeys(keys(specs, swept=swept, gradient=gradient))
    if len(refused) == 2:
        raise refused[0]
    return list(known)


def _specs(
    kinds: Sequence[str],
    one_set: bool,
    variant: str | None,
    distance: str | None,
    reduction: str | None,
    sweep: tuple[str, Sequence[float]] | None,
    parameters: Mapping[str, float | None],
) -> list[LossSpec]:
    if reduction is not None:
        checks.check_choice("reduction", reduction, REDUCTIONS)
    if sweep is not None and parameters.get(sweep[0]) is not None:
        what = f"{sweep[0]} is swept and has a value of its own too"
        raise ParameterError(what, "«sweep»", "leave one of them out")
    specs = read_specs(
        kinds, one_set=one_set, variant=variant, metric=distance, reduction=reduction, parameters=parameters
    )
    return specs if sweep is None else swept(specs, *sweep)
