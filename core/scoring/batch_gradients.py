"""The gradients of losses of batches, by every input."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array, Backend, choose_backend
from ..losses.miners import ActiveTriplets
from ..results import Column
from .batch_data import BatchData, class_order, pays_sorting, put, whole_rows
from .batch_scores import QueryBlock, block_statistics, counted, items_of, statistics_of
from .distances import distance_of
from .mined_rows import mined_gradient
from .reduction import LossOutcome, divisor
from .sorted_gradients import gradient as sorted_gradient
from .spec import LossSpec


class Gradient(NamedTuple):
    """The derivative of a reduced loss.

    Args:
        parts: float64 by every input, the weights of a classifier last.
        undefined: how many pairs have a score without a derivative, for which it is taken as 0.
    """

    parts: list[Column]
    undefined: int


def gradients(specs: Sequence[LossSpec], data: BatchData, found: Sequence[LossOutcome]) -> list[Gradient]:
    """Return the gradient of each reduced loss.

    Args:
        specs: losses of the same inputs.
        data: the rows and how they are cut.
        found: what `outcomes` returned for the specs.
    """
    return [_gradient(spec, data, outcome) for spec, outcome in zip(specs, found, strict=True)]


def _gradient(spec: LossSpec, data: BatchData, outcome: LossOutcome) -> Gradient:
    if spec.parameters.get("symmetric"):
        one_way = spec.with_parameter("symmetric", 0.0)
        count = len(data.batches)
        ways = (data, outcome.negatives[:count]), (data.turned(), outcome.negatives[count:])
        forward, backward = (_gradient(one_way, way, replace(outcome, negatives=own)) for way, own in ways)
        parts = [(x + y) / 2 for x, y in zip(forward.parts, reversed(backward.parts), strict=True)]
        return Gradient(parts, forward.undefined)
    if outcome.halves:
        pull, push = (_gradient(half.spec, data, half) for half in outcome.halves)
        return Gradient([x + y for x, y in zip(pull.parts, push.parts, strict=True)], pull.undefined)
    inputs = [*data.sides, *([] if data.weights is None else [data.weights])]
    totals = [np.zeros(rows.shape) for rows in inputs]
    undefined = 0
    for rows, negatives in zip(data.batches, outcome.negatives, strict=True):
        found = _batch_gradient(spec, outcome, data, rows, negatives)
        undefined += found.undefined
        for number, part in enumerate(found.parts):
            if number < len(data.sides):
                totals[number][rows] += part
            else:
                totals[number] += part
    # in a batch with classes a pair comes twice, once for either end
    return Gradient(totals, undefined // 2 if len(inputs) == 1 else undefined)


def _batch_gradient(
    spec: LossSpec, outcome: LossOutcome, data: BatchData, rows: Column, negatives: Column | None
) -> Gradient:
    """Return the gradient of one batch's share of the reduced loss."""
    if not pays_sorting(data, rows):
        return _whole_gradient(spec, outcome, data, rows)
    batch = class_order(data, rows, (spec.metric,))
    share, miner = 1.0 / divisor(spec.reduction, outcome.count, outcome.active), spec.entry.load_miner()
    if negatives is None:
        return Gradient(*mined_gradient(spec, miner, batch, share))
    return Gradient(*sorted_gradient(spec, batch, negatives, share))


def _whole_gradient(spec: LossSpec, outcome: LossOutcome, data: BatchData, rows: Column) -> Gradient:
    """Return the gradient of one batch's share of the reduced loss, one query block's graph at a time."""
    backend = choose_backend("torch", data.backend.device)
    data = replace(data, backend=backend)
    leaves = [leaf.requires_grad_() for leaf in put(data, rows)]
    batch = whole_rows([leaf.detach() for leaf in leaves], data, rows, (spec.metric,))
    starts, undefined = range(0, len(rows), batch.step), 0
    statistics = statistics_of(batch, spec)
    if statistics is not None:
        statistics.requires_grad_()
    for start in starts:
        # the graph of a query block is freed before the next one is made
        query_block = whole_rows(leaves, data, rows, (spec.metric,)).query_block(start)
        _share(spec, outcome, items_of(spec, query_block, statistics), query_block, backend).backward()
        kinks = distance_of(spec.metric).without_slope(query_block.scores[spec.metric])
        undefined += int((kinks & query_block.pairs).sum())
    for start in starts:
        if statistics is None:
            break
        # what the statistics add, whose own derivatives are known by now
        part = block_statistics(whole_rows(leaves, data, rows, (spec.metric,)).query_block(start), spec)
        (part * statistics.grad[start : start + len(part)]).sum().backward()
    return Gradient([backend.get(leaf.grad) for leaf in leaves], undefined)


def _share(spec: LossSpec, outcome: LossOutcome, items: Any, query_block: QueryBlock, backend: Backend) -> Array:
    """Return what a query block adds to the reduced loss."""
    own = items.total if isinstance(items, ActiveTriplets) else items[backend.put(counted(spec, query_block, backend))]
    return own.sum() / divisor(spec.reduction, outcome.count, outcome.active)
