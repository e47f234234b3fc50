"""`fit`: a projection of frozen embeddings learnt under a loss, and what it made better on data held out."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..backend import choose_backend
from ..delivery import delivery
from ..errors import OutputError, ParameterError
from ..fitting.checkpoint import SUFFIX, unfinished
from ..fitting.heads import check_head
from ..fitting.held_out import RANKS, RATES, SIDES, Judgement, judge, listed
from ..fitting.inputs import Given, check_learnable, read_inputs
from ..fitting.objective import MINERS, check_fittable, check_miner
from ..fitting.run import FitResult, Parts, Plan, Run, Told, parts_of
from ..fitting.training import OPTIMIZERS, Objective, project_rows
from ..io.output import check_output, output_format, replacing
from ..io.vectors import provenance
from ..io.writers import open_rows
from ..metrics.aligned import EPS
from ..results import Column, Columns, Result, Scalar
from ..scoring.spec import LossSpec, read_specs
from . import checks

COUNTS = ("epochs", "best_epoch", "train", "held_out", "train_loss", "verdict")
TURNED = ("manhattan", "angle")  # the metrics that see which way the axes point
TABLES = ("csv", "jsonl", "parquet", "arrow")


def fit(
    *vectors: Any,
    kind: str | None = None,
    labels: Any = None,
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
    held_out_ids: str | None = None,
    seed: int = 0,
    output: str | None = None,
    force: bool = False,
    resume: bool = False,
    eps: float = EPS,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    told: Told | None = None,
    **parameters: float | None,
) -> Result:
    """Learn a projection of embeddings under a loss, and compare it with the embeddings on data held out.

    With W the weight of the head, m its mean, 0 for all kinds but `whiten`, and b its bias, 0 unless it has one::

        y = W (x - m) + b

    Losses that see lengths are learnt from rows divided by u, the power of two next to their mean length, and W is
    divided by u in the end: their margins and learning rates are made for rows of length 1.

    Args:
        *vectors: Vectors or numpy arrays (n, d) of real numbers: A and B for pairs and views; anchor, positive and
            negative for triplets; one set with classes for losses of classes, and for pair losses over the pairs of
            each batch.
        kind: a loss of the catalogue; None only with a `whiten` head.
        labels: (n,) what the loss takes: 0/1, false/true or -1/1, scores, or classes.
        labels_name: the file and column of the labels, for messages.
        variant: the loss as that library computes it.
        distance: the metric to compute it on.
        head: `linear` (d to d), `low-rank` (d to rank), `orthogonal` (orthonormal rows), `diagonal` (a factor per
            dim), or `whiten`, which no loss shapes: the covariance of the training rows becomes the identity.
        rank: dims that are left, of `low-rank`, `orthogonal` and `whiten`.
        init: `identity`, `pca` or `random`; by default `pca` where the rank is below d. `random` begins as
            `torch.nn.Linear(d, rank)` does right after `torch.manual_seed(seed)`, and leaves rows of any length as
            they are: with one batch an epoch the losses are those of the loop that everybody writes with it.
        head_bias: learn a bias beside the weight, which the decay takes in too.
        optimizer: sgd, adam or lbfgs.
        lr: the learning rate; by default 0.01, and 1 for lbfgs.
        epochs: how often the training examples are gone through.
        batch_size: examples of a step at most.
        per_class: rows of each class in a batch of classes; 0 draws rows without regard to their class.
        miner: `all`, or `hard`: of the pairs of a batch with classes only those that are not yet in order.
        weight_decay: of the L2 penalty, whose gradient weight_decay × W is added.
        patience: stop after so many epochs without a better score on a second share of the data, as large as the
            one held out, and keep the best epoch; what stops does not judge.
        held_out: the share of the examples that judges; 0 judges nothing. No vector and no id is on both sides.
        held_out_ids: write the numbers and ids of the examples held out, to .csv, .jsonl, .parquet or .arrow.
        seed: of the split, the batches and the resamples.
        output: write the head, to .safetensors; it is there, with all that learning needs to go on, from the first
            epoch on. A head that is replaced stays until the new one is finished; the states of that lie beside it,
            in NAME.unfinished.safetensors.
        force: an existing output may be replaced.
        resume: go on from the output where it is there.
        eps: eps >= 0, the least norm that a cosine divides by.
        max_memory: as for `pairwise`.
        nonfinite: `error`, or `drop` the examples.
        device: where to compute: cpu, cuda, cuda:N or auto.
        told: called after each epoch with its number, their number, the mean loss of its batches and the score.
        **parameters: of the loss, as in `margin=0.5`; the catalogue has the defaults.

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
        Weinberger and Saul 2009, section 2: a linear map learnt by descent on a loss of distances.

    Example:
        >>> points = np.asarray([[i % 2 - 0.5, i * 37 % 100 / 25 - 2] for i in range(100)])
        >>> found = fit(points, kind="sup-con", labels=np.arange(100) % 2, head="diagonal", lr=0.1)
        >>> found.summary["verdict"], found.summary["roc_auc.after"]
        ('gained', 1.0)
    """
    notes: list[str] = []
    request = _request(kind, head, len(vectors), variant, distance, parameters)
    _check_outputs(output, held_out_ids, force=force, resume=resume)
    checks.check_choice("optimizer", optimizer, tuple(OPTIMIZERS))
    checks.check_choice("miner", miner, MINERS)
    given = read_inputs(vectors, request, labels, labels_name, nonfinite, notes, max_memory)
    rank, start = check_head(head, rank, init, given.examples.width, bias=head_bias)
    plan = Plan(
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
    _check_plan(plan, request, given)
    backend = choose_backend("torch", device)
    parts = parts_of(given, plan, notes)
    objective = None if request is None else Objective(request, miner, eps)
    run = Run(given, parts, plan, objective, backend, output, force, notes, told)
    if head == "whiten":
        learnt = run.whitened()
    else:
        check_learnable(parts.train, per_class, given.where)
        learnt = run.learnt(resume=resume)
    judgement, losses = _judged(run, learnt)
    summary = _summary(learnt, parts, judgement, losses)
    with delivery():
        run.finish(learnt, summary)
        if held_out_ids is not None:
            _write_ids(held_out_ids, given, parts, force=force or resume)
    notes.append(_verdict(run, learnt, judgement))
    return Result(
        command="fit",
        inputs=given.names,
        parameters={**plan.shown(batches_of_classes=given.examples.codes is not None), "metric": run.metric},
        summary=summary,
        rows=Columns({}) if judgement is None else listed(judgement, losses),
        array=learnt.head.weight,
        history=_history(learnt),
        notes=tuple(notes),
        provenance=provenance(dict(zip(given.names, vectors, strict=True))),
    )


def _history(learnt: FitResult) -> Columns | None:
    """Return the loss of each epoch, and the score that stops; None of what learns in no epochs."""
    if learnt.state is None or not learnt.state.history:
        return None
    losses, scores = zip(*learnt.state.history, strict=True)
    numbers = [np.nan if score is None else score for score in scores]
    epochs = np.arange(1, len(losses) + 1)
    return Columns({"epoch": epochs, "loss": np.asarray(losses), "score": np.asarray(numbers)})


def fit_keys() -> list[str]:
    """Return every key that a summary of `fit` may have.

    Example:
        >>> "roc_auc.difference.low" in fit_keys()
        True
    """
    keys = [*COUNTS, *(f"loss.{side}" for side in SIDES)]
    for name in (*RATES, *RANKS):
        for side in SIDES:
            keys += [f"{name}.{side}", f"{name}.{side}.low", f"{name}.{side}.high"]
        if name in RATES[1:]:
            keys += [f"{name}.{side}.threshold" for side in SIDES[:2]]
    return keys


def _request(
    kind: str | None,
    head: str,
    count: int,
    variant: str | None,
    distance: str | None,
    parameters: Mapping[str, float | None],
) -> LossSpec | None:
    if kind is None:
        if head != "whiten":
            raise ParameterError(f"a {head} head is learnt under a loss", "«kind»", "as in «kind=sup-con»")
        given = [name for name, value in parameters.items() if value is not None]
        if given:
            raise ParameterError(f"there is no loss that {given[0]} belongs to", f"«{given[0]}»", "leave it out")
        return None
    asked = {"variant": variant, "metric": distance, "reduction": None, "parameters": parameters}
    request = read_specs([kind], one_set=count == 1, **asked)[0]  # type: ignore[arg-type]
    check_fittable(request, one_set=count == 1)
    return request


def _check_outputs(output: str | None, held_out_ids: str | None, *, force: bool, resume: bool) -> None:
    if output is not None:
        if not output.lower().endswith(SUFFIX):
            raise OutputError("a head is kept as safetensors", output, f"use a path that ends in {SUFFIX}")
        check_output(output, force=force or resume, inputs=())
        beside = unfinished(output)
        if os.path.exists(beside) and not (force or resume):
            raise OutputError("an interrupted fit left its state", beside, "«resume» goes on, «force» replaces it")
    elif resume:
        raise ParameterError("there is no head to go on from", "«resume»", f"name it: «output=head{SUFFIX}»")
    if held_out_ids is not None:
        if output_format(held_out_ids) not in TABLES:
            raise OutputError("the examples held out are a table", held_out_ids, "use .csv, .jsonl, .parquet or .arrow")
        check_output(held_out_ids, force=force or resume, inputs=())


def _check_plan(plan: Plan, request: LossSpec | None, given: Given) -> None:
    """Refuse numbers outside their range, and what cannot change anything."""
    for name, least in (("epochs", 1), ("batch_size", 2), ("per_class", 0), ("patience", 1)):
        value = getattr(plan, name)
        if value is not None and value < least:
            what = f"{name.replace('_', ' ')} is {value}, expected at least {least}"
            raise ParameterError(what, f"«{name}»")
    if not 0 < plan.lr < np.inf:
        raise ParameterError(f"lr is {plan.lr}, expected a finite number above 0", "«lr»")
    for name in ("weight_decay", "eps"):
        if not 0 <= getattr(plan, name) < np.inf:
            what = f"{name.replace('_', ' ')} is {getattr(plan, name)}, expected a finite number of at least 0"
            raise ParameterError(what, f"«{name}»")
    if not 0 <= plan.held_out < 1:
        raise ParameterError(f"held-out is {plan.held_out}, expected a share from 0 to below 1", "«held_out»")
    if plan.held_out == 0 and plan.patience is not None:
        what = "what stops early is a share of the data as large as the one held out, and none is"
        raise ParameterError(what, "«patience»", "a «held_out» above 0, or no «patience»")
    checks.check_seed(plan.seed)
    if plan.init == "random" and plan.seed >= 2**64:
        raise ParameterError(f"seed is {plan.seed}, expected less than 2^64 for a random start", "«seed»")
    if request is None:
        return
    check_miner(request, plan.miner, one_set=len(given.examples.sides) == 1)
    only_turns = plan.head == "orthogonal" and plan.rank == given.examples.width and not plan.head_bias
    if only_turns and request.metric not in ("", *TURNED):
        what = f"an orthogonal head of all {plan.rank} dims only turns the space, which no {request.metric} sees"
        raise ParameterError(what, "«rank»", f"«rank=R» below {plan.rank}, or «head=linear»")


def _judged(run: Run, learnt: FitResult) -> tuple[Judgement | None, tuple[float, float] | None]:
    """Return the measures and the loss on what was held out, before and after."""
    if not len(run.parts.held_out):
        return None, None
    before, after = run.parts.judging, project_rows(learnt.head, run.parts.judging)
    plan = run.plan
    judgement = judge(before, after, run.parts.groups, run.metric, seed=plan.seed, eps=plan.eps)
    if run.objective is None:
        return judgement, None
    return judgement, (run.loss_of(before, None), run.loss_of(before, learnt.head))


def _summary(
    learnt: FitResult, parts: Parts, judgement: Judgement | None, losses: tuple[float, float] | None
) -> dict[str, Scalar]:
    summary: dict[str, Scalar] = {}
    if learnt.state is not None:
        history = learnt.state.history
        summary |= {"epochs": len(history), "best_epoch": learnt.state.best_epoch or len(history)}
        summary["train_loss"] = history[-1][0]
    summary |= {"train": len(parts.train), "held_out": len(parts.held_out)}
    if losses is not None:
        before, after = (value if np.isfinite(value) else None for value in losses)
        change = None if before is None or after is None else after - before
        summary |= {"loss.before": before, "loss.after": after, "loss.difference": change}
    if judgement is not None:
        summary |= judgement.summary() | {"verdict": judgement.verdict}
    return summary


def _verdict(run: Run, learnt: FitResult, judgement: Judgement | None) -> str:
    if learnt.state is not None and run.at_rest(learnt.state):
        return "nothing could be learnt: no step had a gradient, every item of the loss is at rest"
    if judgement is None:
        return "nothing was held out, so what was gained is not known"
    return judgement.sentence()


def _write_ids(path: str, given: Given, parts: Parts, *, force: bool) -> None:
    """Write the numbers of the examples held out, and their ids where they have any."""
    columns: dict[str, Column] = {"row": given.rows[parts.held_out]}
    if given.ids is not None:
        columns["id"] = given.ids[parts.held_out]
    with replacing(path, force=force) as temporary, open_rows(temporary, output_format(path)) as rows:
        rows.write(columns)
