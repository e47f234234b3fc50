"""The losses of a batch of examples, and these as one differentiable number."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from ..backend import Array, Backend, namespace
from ..errors import ParameterError
from ..losses.miners import ActiveTriplets
from ..losses.numerics import hinge
from ..scoring.batch_data import first_two
from ..scoring.batch_scores import QueryBlock, WholeRows, counted, items_of, statistics_of, terms
from ..scoring.distances import distance_of, of_all
from ..scoring.example_scores import score_of
from ..scoring.examples import example_items, terms_of
from ..scoring.features import ITEMS as FEATURES
from ..scoring.features import feature_items
from ..scoring.reduction import divisor, reduced
from ..scoring.spec import LossSpec

MINERS = ("all", "hard")


@dataclass(frozen=True)
class Objective:
    """What a batch is to make small.

    Args:
        miner: `all` or `hard`.
        eps: the least norm that a cosine divides by.
    """

    request: LossSpec
    miner: str
    eps: float


class BatchItems(NamedTuple):
    """The losses of a batch.

    Args:
        losses: (k,) one per item; of a loss of all triplets or pairs, the sum of each anchor's.
        similar: (k,) which items are those of a similar pair; None without binary labels.
        counts: of a loss of all triplets or pairs, how many there are, and how many are not 0; else None.
        halves: of a loss of all pairs by label, the losses of positives and of negatives.
    """

    losses: Array
    similar: Array | None = None
    counts: tuple[int, int] | None = None
    halves: tuple["BatchItems", ...] = ()

    def reduced(self, reduction: str) -> Array:
        """Return the items as one number without dims; 0 with gradient 0 where there is no item."""
        if self.halves:
            positives, negatives = (half.reduced("active-mean") for half in self.halves)
            return positives + negatives
        if self.counts is None:
            return reduced(reduction, self.losses, self.similar)
        return self.losses.sum() / divisor(reduction, *self.counts)


def check_fittable(spec: LossSpec, *, one_set: bool) -> None:
    """Refuse losses that a projection cannot be trained with."""
    entry = spec.entry
    if entry.inputs == "teacher":
        what = (
            f"the loss {entry.name} needs a teacher's vectors beside the embeddings: a head cannot be trained with it"
        )
        raise ParameterError(what, "«kind»", "sup-con, contrastive, triplet, info-nce, cosine-similarity, ...")
    if one_set and entry.inputs == "pairs" and entry.labels != "binary":
        needs = "scores of pairs" if entry.labels == "score" else "no labels"
        what = f"the loss {entry.name} takes {needs}, and pairs made of classes are similar or not"
        raise ParameterError(what, "«kind»", "contrastive, cosine, bce, ... take classes; or name pairs")
    if one_set and entry.inputs in ("triplets", "views"):
        roles = "triplets" if entry.inputs == "triplets" else "two views"
        what = f"the loss {entry.name} takes {roles}, and there is one set of vectors"
        raise ParameterError(what, "«kind»", "name the other vectors too, or choose a loss of classes")


def check_miner(spec: LossSpec, miner: str, *, one_set: bool) -> None:
    """Refuse a miner where there is nothing to choose from."""
    if miner == "all":
        return
    if not one_set or spec.entry.inputs == "classifier":
        raise ParameterError("a miner chooses among the pairs of a batch with classes", "«miner»", "leave it out")
    if spec.entry.instead_of_miner:
        what = f"the loss {spec.entry.name} takes its own choice of the batch"
        raise ParameterError(what, "«miner»", spec.entry.instead_of_miner)


def batch_items(
    objective: Objective,
    form: str,
    sides: list[Array],
    *,
    numbers: Array | None,
    codes: Array | None,
    weights: Array | None,
    backend: Backend,
) -> BatchItems:
    """Return the losses of a batch of (n, r) torch rows per input, and what belongs to them; checked by the caller.

    Raises:
        ParameterError: a parameter outside its range.
    """
    spec, eps = objective.request, objective.eps
    if spec.entry.item in FEATURES:
        return BatchItems(feature_items(spec, sides))
    if form in ("pairs", "triplets", "teacher"):
        scores = [score_of(term, sides[term.left], sides[term.right], eps=eps) for term in terms_of(spec)]
        return _of_examples(spec, scores, numbers)
    if form == "views":
        return _of_views(spec, sides, eps, backend)
    assert codes is not None
    if weights is not None:
        return _of_query_blocks(spec, WholeRows(sides[0], weights, None, codes, (spec.metric,), eps, backend), "all")
    return _of_classes(spec, sides[0], codes, objective.miner, eps, backend)


def _of_classes(spec: LossSpec, rows: Array, codes: Array, miner: str, eps: float, backend: Backend) -> BatchItems:
    if spec.entry.inputs == "pairs":
        return _of_class_pairs(spec, rows, codes, miner, eps, backend)
    if spec.entry.two_of_each_class:
        first, second = first_two(backend.get(codes))
        return _of_views(spec, [rows[backend.put(each)] for each in (first, second)], eps, backend)
    return _of_query_blocks(spec, WholeRows(rows, rows, codes, None, (spec.metric,), eps, backend), miner)


def _of_examples(spec: LossSpec, scores: list[Array], numbers: Array | None) -> BatchItems:
    """Return the losses of examples with their scores."""
    by_label = spec.entry.item != "batch" and spec.entry.labels == "binary" and numbers is not None
    items = example_items(spec, scores, numbers, slice(None))
    return BatchItems(items, numbers == 1 if by_label else None)


def _of_views(spec: LossSpec, sides: list[Array], eps: float, backend: Backend) -> BatchItems:
    if spec.parameters.get("symmetric"):
        one_way = spec.with_parameter("symmetric", 0.0)
        both = [_of_views(one_way, each, eps, backend).losses for each in (sides, sides[::-1])]
        return BatchItems((both[0] + both[1]) / 2)
    if not sides[0].shape[0]:
        return BatchItems(sides[0].sum(1))
    partners = backend.xp.arange(sides[0].shape[0], device=sides[0].device)
    return _of_query_blocks(spec, WholeRows(sides[0], sides[1], None, partners, (spec.metric,), eps, backend), "all")


def _of_class_pairs(spec: LossSpec, rows: Array, codes: Array, miner: str, eps: float, backend: Backend) -> BatchItems:
    """Return the losses of all pairs of the batch, similar where both rows are of one class."""
    first, second = upper_pairs(rows.shape[0], backend)
    distance = distance_of(spec.metric)
    if distance.takes_all_rows:
        scores = of_all(spec.metric, rows, rows, eps=eps)[first, second]
    else:
        scores = distance.of_rows(rows[first], rows[second], eps=eps)
    same = codes[first] == codes[second]
    if miner == "hard":
        kept = _hard(scores.detach(), same, larger_is_closer=distance.is_similarity)
        scores, same = scores[kept], same[kept]
        if not scores.shape[0]:
            return BatchItems(scores)
    return _of_examples(spec, [scores], same)


def upper_pairs(n: int, backend: Backend) -> tuple[Array, Array]:
    """Return the rows and columns of all pairs i < j."""
    first, second = backend.xp.triu_indices(n, n, 1, device=backend.device)
    return first, second


def _hard(scores: Array, same: Array, *, larger_is_closer: bool) -> Array:
    """Return which pairs are out of order with some pair of the other kind, as in the online contrastive loss."""
    xp = namespace(scores)
    closeness = scores if larger_is_closer else -scores
    far = xp.full_like(closeness, inf)
    worst_positive = xp.min(xp.where(same, closeness, far))
    best_negative = xp.max(xp.where(same, -far, closeness))
    return xp.where(same, hinge(best_negative, -closeness), hinge(closeness, -worst_positive)) > 0


def _of_query_blocks(spec: LossSpec, batch: WholeRows, miner: str) -> BatchItems:
    backend, statistics = batch.backend, statistics_of(batch, spec)
    parts = []
    for whole in batch.query_blocks():
        query_block = _mined(whole, spec) if miner == "hard" else whole
        parts.append([_of_query_block(half, query_block, statistics, backend) for half in spec.halves])
    halves = tuple(_joined(each, backend) for each in zip(*parts, strict=True))
    return halves[0] if len(halves) == 1 else BatchItems(halves[0].losses + halves[1].losses, halves=halves)


def _of_query_block(spec: LossSpec, query_block: QueryBlock, statistics: Array | None, backend: Backend) -> BatchItems:
    found = items_of(spec, query_block, statistics)
    if isinstance(found, ActiveTriplets):
        sizes = (backend.get(mask.sum(1)) for mask in (query_block.positives, query_block.negatives))
        return BatchItems(found.total, counts=(terms(spec, *sizes), int(found.count.sum())))
    keep = counted(spec, query_block, backend)
    return BatchItems(found if keep.all() else found[backend.put(keep)])


def _joined(parts: Sequence[BatchItems], backend: Backend) -> BatchItems:
    first, *others = parts
    if not others:
        return first
    losses, counts = backend.xp.concat([part.losses for part in parts]), [part.counts for part in parts if part.counts]
    return BatchItems(losses, counts=(sum(n for n, _ in counts), sum(n for _, n in counts)) if counts else None)


def _mined(query_block: QueryBlock, spec: LossSpec) -> QueryBlock:
    """Return the query block with hard pairs alone.

    Positives that are not closer than the closest negative by the slack, negatives that are not farther than the
    farthest positive by it: Wang et al. 2019, equations 11 and 12, with epsilon 0.1 in units of cosine.
    """
    distance, scores = distance_of(spec.metric), query_block.scores[spec.metric].detach()
    closeness, slack = scores if distance.is_similarity else -scores, distance.slack
    xp = namespace(closeness)
    far = xp.full_like(closeness, inf)
    nearest = xp.max(xp.where(query_block.negatives, closeness, -far), axis=1, keepdims=True)
    farthest = xp.min(xp.where(query_block.positives, closeness, far), axis=1, keepdims=True)
    positives = query_block.positives & (hinge(nearest, -closeness, slack) > 0)
    negatives = query_block.negatives & (hinge(closeness, -farthest, slack) > 0)
    return query_block._replace(positives=positives, negatives=negatives)
