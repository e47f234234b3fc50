"""The loss of a batch of projected examples as one differentiable number."""

from math import inf
from typing import Any

from ..backend import Array, Backend, namespace
from ..errors import ParameterError
from ..losses.miners import ActiveTriplets
from ..results import Column
from ..scoring.batch_scores import QueryBlock, WholeRows, counted, items_of, masses
from ..scoring.batches import first_two
from ..scoring.distances import of_all, of_pairs
from ..scoring.examples import terms_of
from ..scoring.features import ITEMS as FEATURES
from ..scoring.features import PARTS
from ..scoring.reduction import item_weights
from ..scoring.spec import Request

MINERS = ("all", "hard")
PRODUCTS = ("cosine", "dot", "euclidean", "sqeuclidean", "cosine-distance", "unit-euclidean")  # that `of_all` knows
SLACK = 0.1  # epsilon of Wang et al. 2019, in units of cosine


def check_fittable(request: Request, *, one_set: bool) -> None:
    """Refuse losses that a projection cannot be trained with."""
    entry = request.entry
    if entry.inputs == "teacher":
        what = (
            f"the loss {entry.name} needs a teacher's vectors beside the embeddings: a head cannot be trained with it"
        )
        raise ParameterError(what, "«kind»", "sup-con, contrastive, triplet, info-nce, cosine-similarity, ...")
    if one_set and entry.inputs == "pairs" and entry.labels != "binary":
        needs = "scores of pairs" if entry.labels == "score" else "no labels"
        what = f"the loss {entry.name} takes {needs}, and pairs made of classes are similar or not"
        raise ParameterError(what, "«kind»", "contrastive, cosine, bce, ... take classes; or name pairs")
    if one_set and entry.inputs in ("triplets", "views") and entry.name != "n-pairs":
        roles = "triplets" if entry.inputs == "triplets" else "two views"
        what = f"the loss {entry.name} takes {roles}, and there is one set of vectors"
        raise ParameterError(what, "«kind»", "name the other vectors too, or choose a loss of classes")


def check_miner(request: Request, miner: str, *, one_set: bool) -> None:
    """Refuse a miner where there is nothing to choose from."""
    if miner == "all":
        return
    name = request.entry.name
    if not one_set or request.entry.inputs == "classifier":
        raise ParameterError("a miner chooses among the pairs of a batch with classes", "«miner»", "leave it out")
    if name in ("lifted-structure", "n-pairs") or "triplet" in name:
        what = f"the loss {name} takes its own choice of the batch"
        hint = "«kind=batch-hard-triplet» or semi-hard-triplet" if "triplet" in name else "leave it out"
        raise ParameterError(what, "«miner»", hint)


def batch_loss(
    request: Request,
    form: str,
    sides: list[Array],
    *,
    numbers: Array | None,
    codes: Array | None,
    weights: Array | None,
    miner: str,
    eps: float,
    backend: Backend,
) -> Array:
    """Return the reduced loss of a batch.

    Args:
        request: the loss.
        form: of the examples, as `Examples` has it.
        sides: (n, r) float64 projected torch rows per input.
        numbers: (n,) labels or scores, or None.
        codes: (n,) classes, or None.
        weights: (classes, r) of a classifier, or None.
        miner: `all` or `hard`, of losses of classes.
        eps: the least norm that a cosine divides by.
        backend: torch.

    Returns:
        A float64 tensor without dims; 0 with gradient 0 where there is no item.

    Raises:
        ParameterError: a parameter outside its range.
    """
    if request.entry.item in FEATURES:
        found = request.entry.load()(*sides, **request.options)
        items = backend.xp.stack(found[: len(PARTS)]) if request.entry.item == "part" else found
        return _reduced(request, request.factor * items, None)
    if form in ("pairs", "triplets"):
        scores = [of_pairs(term.name, sides[term.left], sides[term.right], eps=eps) for term in terms_of(request)]
        return _reduced(request, _items(request, scores, numbers), numbers)
    if form == "views":
        return _views_loss(request, sides, eps, backend)
    assert codes is not None
    if weights is not None:
        return _query_blocks_loss(
            request, WholeRows(sides[0], weights, None, codes, (request.metric,), eps, backend), "all"
        )
    return _classes_loss(request, sides[0], codes, miner, eps, backend)


def _classes_loss(request: Request, rows: Array, codes: Array, miner: str, eps: float, backend: Backend) -> Array:
    if request.entry.inputs == "pairs":
        return _class_pairs_loss(request, rows, codes, miner, eps, backend)
    if request.entry.name == "n-pairs":
        first, second = first_two(backend.get(codes))
        return _views_loss(request, [rows[backend.put(each)] for each in (first, second)], eps, backend)
    return _query_blocks_loss(request, WholeRows(rows, rows, codes, None, (request.metric,), eps, backend), miner)


def _items(request: Request, scores: list[Array], numbers: Array | None) -> Array:
    """Return the losses of examples from their scores."""
    arguments, options = list(scores[:2]), dict[str, Any](request.options)
    if len(scores) > 2:
        options["other_negative"] = scores[2]
    if request.entry.labels != "none":
        arguments.append(numbers)
    items = request.factor * request.entry.load()(*arguments, **options)
    return items if items.ndim else items[None]


def _reduced(request: Request, items: Array, numbers: Array | None) -> Array:
    if not items.shape[0]:
        return items.sum()
    by_label = request.entry.item != "batch" and request.entry.labels == "binary" and numbers is not None
    similar = numbers == 1 if by_label else None
    return (items * item_weights(request.reduction, items.detach(), similar)).sum()


def _views_loss(request: Request, sides: list[Array], eps: float, backend: Backend) -> Array:
    if request.parameters.get("symmetric"):
        one_way = request.with_parameter("symmetric", 0.0)
        return (_views_loss(one_way, sides, eps, backend) + _views_loss(one_way, sides[::-1], eps, backend)) / 2
    if not sides[0].shape[0]:
        return sides[0].sum()
    partners = backend.xp.arange(sides[0].shape[0], device=sides[0].device)
    return _query_blocks_loss(
        request, WholeRows(sides[0], sides[1], None, partners, (request.metric,), eps, backend), "all"
    )


def _class_pairs_loss(request: Request, rows: Array, codes: Array, miner: str, eps: float, backend: Backend) -> Array:
    """Return a pair loss over all pairs of the batch, similar where both rows are of one class."""
    first, second = upper_pairs(rows.shape[0], backend)
    if request.metric in PRODUCTS:
        scores = of_all(request.metric, rows, rows, eps=eps)[first, second]
    else:
        scores = of_pairs(request.metric, rows[first], rows[second], eps=eps)
    same = codes[first] == codes[second]
    if miner == "hard":
        kept = _hard(scores.detach(), same, larger_is_closer=request.metric in ("cosine", "dot"))
        scores, same = scores[kept], same[kept]
        if not scores.shape[0]:
            return scores.sum()
    numbers = same.to(backend.xp.float64)
    return _reduced(request, _items(request, [scores], numbers), numbers)


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
    return xp.where(same, closeness < best_negative, closeness > worst_positive)


def _query_blocks_loss(request: Request, batch: WholeRows, miner: str) -> Array:
    backend = batch.backend
    mass = masses(batch, request)
    items, kept, triplets = [], [], 0
    for whole in batch.query_blocks():
        query_block = _mined(whole, request) if miner == "hard" else whole
        found = items_of(request, query_block, mass)
        if isinstance(found, ActiveTriplets):
            triplets += int((query_block.positives.sum(1) * query_block.negatives.sum(1)).sum())
        items.append(found)
        kept.append(backend.put(counted(request, query_block, backend)))
    if isinstance(items[0], ActiveTriplets):
        total, active = (sum(part.sum() for part in parts) for parts in zip(*items, strict=True))
        divisor = {"sum": 1, "mean": triplets, "active-mean": int(active)}[request.reduction]
        return total / max(1, divisor)
    return _reduced(request, backend.xp.concat([each[keep] for each, keep in zip(items, kept, strict=True)]), None)


def _mined(query_block: QueryBlock, request: Request) -> QueryBlock:
    """Return the query block with hard pairs alone.

    Positives that are not closer than the closest negative by the slack, negatives that are not farther than the
    farthest positive by it: Wang et al. 2019, equations 11 and 12, with epsilon 0.1 in units of cosine.
    """
    is_similarity = request.metric in ("cosine", "dot")
    scores = query_block.scores[request.metric].detach()
    closeness = scores if is_similarity else -scores
    slack = SLACK if request.metric in ("cosine", "cosine-distance") else 0.0
    xp = namespace(closeness)
    far = xp.full_like(closeness, inf)
    nearest = xp.max(xp.where(query_block.negatives, closeness, -far), axis=1, keepdims=True)
    farthest = xp.min(xp.where(query_block.positives, closeness, far), axis=1, keepdims=True)
    positives = query_block.positives & (closeness - slack < nearest)
    negatives = query_block.negatives & (closeness + slack > farthest)
    return query_block._replace(positives=positives, negatives=negatives)


def labels_on(backend: Backend, numbers: Column | None, codes: Column | None) -> tuple[Array | None, Array | None]:
    """Return labels and classes on the device."""
    found = tuple(None if each is None else backend.put(each) for each in (numbers, codes))
    return found[0], found[1]
