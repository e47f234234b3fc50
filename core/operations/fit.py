"""`fit`: a projection of frozen embeddings trained with a loss, and what it made better on held-out data."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import checks
from ..addresses import is_address
from ..argument_types import AnyPath, check_types, path_of
from ..backend import choose_backend
from ..catalogue import Entry, find
from ..delivery import delivery
from ..errors import OutputError, ParameterError
from ..fitting.checkpoint import SUFFIX, unfinished
from ..fitting.examples import read_examples
from ..fitting.heads import check_head
from ..fitting.objective import MINERS, Objective, check_fittable
from ..fitting.optimizers import OPTIMIZERS
from ..fitting.parts import parts_of
from ..fitting.plan import FitPlan, check_plan
from ..fitting.report import fit_keys
from ..fitting.run import OnEpoch, Run
from ..io import selects
from ..io.origins import provenance
from ..io.output import output_format
from ..metrics import EPS
from ..results import Result
from ..scoring.spec import LossSpec, read_specs
from ..settings import Settings
from .fit_run import run_fit
from .loss_inputs import check_parameters, open_labelled

TABLES = ("csv", "jsonl", "parquet", "arrow")


@selects("vectors")
def fit(
    *vectors: Any,
    kind: str | None = None,
    labels: Any = None,
    examples: Any = None,
    labels_name: str = "labels",
    variant: str | None = None,
    distance: str | None = None,
    head: str = "linear",
    rank: int | None = None,
    init: str | None = None,
    head_bias: bool = False,
    optimizer: str = "adam",
    lr: float | None = None,
    epochs: int = 100,
    batch_size: int = 256,
    per_class: int = 8,
    miner: str = "all",
    weight_decay: float = 0.0,
    patience: int | None = None,
    held_out: float = 0.2,
    held_out_ids: AnyPath | None = None,
    seed: int = 0,
    output: AnyPath | None = None,
    force: bool = False,
    resume: bool = False,
    eps: float = EPS,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    ids: Any = None,
    header: str = "auto",
    on_epoch: OnEpoch | None = None,
    require_keys: Collection[str] = (),
    where: str | None = None,
    rows: str | None = None,
    sample: int | None = None,
    columns: str | Sequence[str] | None = None,
    parameters: Mapping[str, float | None] = {},
    **named: float | None,
) -> Result:
    """Train a projection of embeddings with a loss, and evaluate it on data that is held out.

    With W the weight of the head, m its mean, 0 for all kinds but `whiten`, and b its bias, 0 unless it has one::

        y = W (x - m) + b

    Losses that see lengths are trained on rows divided by u, the power of two next to their mean length, and W is
    divided by u in the end: their margins and learning rates are made for rows of length 1.

    Args:
        *vectors: Vectors, numpy arrays or sources as for `open_vectors`, (n, d) of real numbers: A and B for pairs and
            views; anchor, positive and negative for triplets; one set with classes for losses of classes, and for pair
            losses over the pairs of each batch. Or the source of one table with a column for each.
        kind: a loss of the catalogue; None only with a `whiten` head.
        labels: (n,) what the loss takes: 0/1, false/true or -1/1, scores, or classes; or their source. A column `label`
            or `score` of the table is found by itself.
        examples: a table of ids of rows of the vectors that make the examples, as for `loss`.
        labels_name: what messages call labels that are no source.
        variant: the loss as that library computes it.
        distance: the metric to compute it on.
        head: `linear` (d to d), `low-rank` (d to rank), `orthogonal` (orthonormal rows), `diagonal` (a factor per
            dim), or `whiten`, which no loss shapes: the covariance of the training rows becomes the identity.
        rank: dims that are left, of `low-rank`, `orthogonal` and `whiten`.
        init: `identity`, `pca` or `random`; by default `pca` where the rank is below d. `random` begins as
            `torch.nn.Linear(d, rank)` does right after `torch.manual_seed(seed)`, and leaves rows of any length as
            they are: with one batch an epoch the losses are those of the loop that everybody writes with it.
        head_bias: train a bias beside the weight, which the decay takes in too.
        optimizer: sgd, adam or lbfgs.
        lr: the learning rate; by default 0.01, and 1 for lbfgs.
        epochs: passes over the training examples.
        batch_size: examples of a step at most.
        per_class: rows of each class in a batch of classes; 0 draws rows without regard to their class.
        miner: `all`, or `hard`: of the pairs of a batch with classes only those that are not yet in order.
        weight_decay: of the L2 penalty, whose gradient weight_decay × W is added.
        patience: stop after so many epochs without a better score on a second share of the data, as large as the
            one held out, and keep the best epoch; that share takes no part in the evaluation.
        held_out: the share of the examples that is held out for the evaluation; it shares no vector and no id with the
            others. 0 holds out nothing.
        held_out_ids: write the numbers and ids of the examples held out, to .csv, .jsonl, .parquet or .arrow.
        seed: of the split, the batches and the resamples.
        output: write the head, to .safetensors; it is there, with all that training needs to go on, from the first
            epoch on. A head that is replaced stays until the new one is finished; the states of that lie beside it,
            in NAME.unfinished.safetensors.
        force: an existing output may be replaced.
        resume: go on from the output where it is there.
        nonfinite: `error`, or `drop` the examples.
        ids: (n,) ids; examples of one id stay together. An array, or a source as for `open_vectors`.
        on_epoch: called after each epoch with its number, their number, the mean loss of its batches and the score.
        parameters: of the loss by name.
        **named: the same, as in `margin=0.5`; the catalogue has the defaults.
        eps, max_memory, device, header, require_keys: as for `pairwise`.
        where, rows, sample, columns: rows and columns of the inputs; as `Selection` takes them.

    Returns:
        A result with a row per measure and `before`, `after` and `difference`. The summary has the counts,
        `loss.before` and `loss.after`, of pairs with labels `roc_auc`, `eer` and `best_accuracy`, of pairs with
        scores `spearman`, each as `NAME.before`, `NAME.after`, `NAME.difference` with `.low` and `.high` of a
        bootstrap interval of 95 %, and `verdict`: gained, lost, nothing gained or undefined. `array` holds the
        weight, and `history` the mean loss of the batches of each epoch.

    Raises:
        ParameterError: an unknown name, options that do not go together, or a loss that does not stay finite.
        ShapeError, LabelError, DataError: as `loss`; or a split without a leak is not possible.

    Source:
        Weinberger and Saul 2009, section 2: a linear map trained by descent on a loss of distances.

    Example:
        >>> import numpy as np
        >>> points = np.asarray([[i % 2 - 0.5, i * 37 % 100 / 25 - 2] for i in range(100)])
        >>> found = fit(points, kind="sup-con", labels=np.arange(100) % 2, head="diagonal", lr=0.1)
        >>> found.summary["verdict"], found.summary["roc_auc.after"]
        ('gained', 1.0)
    """
    check_types(fit, locals())
    held_out_ids, output = path_of(held_out_ids), path_of(output)
    checks.check_keys(require_keys, fit_keys())
    checks.check_outputs(output, held_out_ids, force=force or resume, inputs=[*vectors, labels, ids])
    _check_outputs(output, held_out_ids, force=force, resume=resume)
    checks.check_choice("optimizer", optimizer, tuple(OPTIMIZERS))
    checks.check_choice("miner", miner, MINERS)
    entry, parameters = _loss_of(kind, head), {**parameters, **named}
    check_parameters([] if entry is None else [entry], parameters)
    settings = Settings(nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, header=header).checked(
        ("error", "drop")
    )
    or_one_set = entry is None or entry.inputs in ("pairs", "triplets")
    with delivery():
        entries = [] if entry is None else [entry]
        opened = open_labelled(
            vectors, entries, labels, labels_name, ids, settings, or_one_set=or_one_set, examples=examples
        )
        one_set, notes = len(opened.vectors) == 1, list[str]()
        request = None if entry is None else _request(entry, variant, distance, parameters, one_set=one_set)
        given = read_examples(opened.vectors, request, opened.labels, opened.labels_name, settings, notes)
        rank, start = check_head(head, rank, init, given.examples.width, bias=head_bias)
        plan = FitPlan(
            kind=None if request is None else request.entry.name,
            variant=variant,
            distance=None if request is None else request.metric or None,
            parameters={} if request is None else dict(request.parameters),
            head=head,
            rank=rank,
            init=start,
            head_bias=head_bias,
            optimizer=optimizer,
            lr=OPTIMIZERS[optimizer] if lr is None else lr,
            epochs=epochs,
            batch_size=batch_size,
            per_class=per_class,
            miner=miner,
            weight_decay=weight_decay,
            patience=patience,
            held_out=held_out,
            seed=seed,
            eps=eps,
            nonfinite=nonfinite,
        )
        check_plan(plan, request, given)
        objective = None if request is None else Objective(request, miner, eps)
        backend = choose_backend("torch", device)
        run = Run(given, parts_of(given, plan, notes), plan, objective, backend, output, force, notes, on_epoch)
        result = run_fit(run, held_out_ids, resume=resume, force=force)
    formed = provenance(dict(zip(given.names, opened.vectors, strict=True)))
    return replace(result, inputs={**result.inputs, **opened.named}, provenance=formed)


def _request(
    entry: Entry, variant: str | None, distance: str | None, parameters: Mapping[str, float | None], *, one_set: bool
) -> LossSpec:
    asked: Any = {"variant": variant, "metric": distance, "reduction": None, "parameters": parameters}
    (request,) = read_specs([entry.name], one_set=one_set, **asked)
    check_fittable(request, one_set=one_set)
    return request


def _loss_of(kind: str | None, head: str) -> Entry | None:
    if kind is None and head != "whiten":
        raise ParameterError(f"a {head} head is trained with a loss", "«kind»", "as in «kind=sup-con»")
    return None if kind is None else find("loss", kind)


def _check_outputs(output: str | None, held_out_ids: str | None, *, force: bool, resume: bool) -> None:
    if output is not None:
        if not output.lower().endswith(SUFFIX):
            raise OutputError("a head is kept as safetensors", output, f"use a path that ends in {SUFFIX}")
        if resume and is_address(output):
            raise ParameterError("no state is kept far away", "«resume»", "fit to a file here, and copy it")
        beside = unfinished(output)
        if os.path.exists(beside) and not (force or resume):
            raise OutputError("an interrupted fit left its state", beside, "«resume» goes on, «force» replaces it")
    elif resume:
        raise ParameterError("there is no head to go on from", "«resume»", f"name it: «output=head{SUFFIX}»")
    if held_out_ids is not None and output_format(held_out_ids) not in TABLES:
        raise OutputError("the examples held out are a table", held_out_ids, "use .csv, .jsonl, .parquet or .arrow")
