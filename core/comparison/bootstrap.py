"""Bootstrap intervals: sets, or items of sets, drawn again with replacement from what one sweep has found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..aggregates.closed_forms import pair_weights
from ..aggregates.moments import scale_of
from ..aggregates.weights import harmonic_mean, shares
from ..engine.budget import budget_of
from ..engine.kernels import Kernel
from ..metrics.aligned import needs_scale, score_rows
from ..results import Column
from .evaluator import Evaluator
from .measures import Request

TAILS = (0.025, 0.975)
CHUNK = 1 << 18  # numbers that are widened at a time

Bounds = dict[str, tuple[float, float]]


def check_draws(rows: int, draws: int) -> None:
    """Refuse more draws of more rows than fit in memory."""
    what = f"a table of {draws:,} draws of {rows:,} rows"
    budget_of(None).check(draws * rows * 2, what, "draw less often, or compare a sample of the rows")


def drawn_counts(rows: int, draws: int, generator: np.random.Generator) -> Column:
    """Return (draws, rows) how often each row comes up when as many are drawn with replacement."""
    counts = np.empty((draws, rows), dtype=np.uint16)
    for row in counts:
        row[:] = np.bincount(generator.integers(0, rows, rows), minlength=rows)
    return counts


def bootstrap_items(scores: Mapping[str, Column], draws: int, seed: int) -> Bounds:
    """Return the 95 % percentile interval of each mean over items, drawn with replacement.

    Args:
        scores: name -> (items,) scores, NaN where an item has none.
        draws: how often.
        seed: of the draws, which all names share.

    Source:
        Efron 1979, the percentile interval.

    Example:
        >>> bootstrap_items({"mean": np.ones(5)}, 10, 0)
        {'mean': (1.0, 1.0)}
    """
    items = len(next(iter(scores.values())))
    counts = drawn_counts(items, draws, np.random.default_rng(seed)).astype(np.float64)
    bounds: Bounds = {}
    for name, values in scores.items():
        defined = ~np.isnan(values)
        bounds |= interval(name, weighted_means(counts, np.where(defined, values, 0.0), defined.astype(np.float64)))
    return bounds


def bootstrap_sets(panel: Evaluator, requests: Sequence[Request], draws: int, seed: int) -> tuple[Bounds, list[str]]:
    """Return the 95 % percentile intervals of two sets whose rows are drawn with replacement.

    Both sides are drawn apart, for `paired` the pairs. Aggregates of best matches are means over the rows: the matches
    of the whole sets are held fixed, so that nothing is searched again.

    Args:
        panel: the sets and what was found of them.
        requests: the aggregates.
        draws: how often.
        seed: of the draws, which all aggregates share.

    Returns:
        (low, high) by summary key, and the aggregates that have no such form.

    Source:
        Efron 1979, the percentile interval.
    """
    resample = _Resample(panel, draws, seed)
    bounds: Bounds = {}
    without = []
    for request in requests:
        form = FORMS.get(request.name)
        if form is None:
            without.append(request.name)
            continue
        for key, values in form(resample, request).items():
            bounds |= interval(key, values)
    return bounds, without


def interval(name: str, values: Column) -> Bounds:
    """Return the 95 % percentile interval of drawn values under a name; nothing where all are undefined."""
    values = values[~np.isnan(values)]
    if not len(values):
        return {}
    low, high = np.quantile(values, TAILS).tolist()
    return {name: (low, high)}


@dataclass(frozen=True)
class _Resample:
    """The draws of both sides of a panel."""

    panel: Evaluator
    draws: int
    seed: int

    @cached_property
    def counts(self) -> tuple[Column, Column]:
        """How often each row of A, and of B, was drawn."""
        generator = np.random.default_rng(self.seed)
        x, y = self.panel.sets[:2]
        return drawn_counts(len(x), self.draws, generator), drawn_counts(len(y), self.draws, generator)

    def means(self, side: int, values: Column) -> Column:
        """Return the (draws,) means over the drawn rows of a side of one value per row."""
        return weighted_means(self.counts[side], values, self._share(side, len(values)))

    def _share(self, side: int, rows: int) -> Column | None:
        sets = self.panel.sets
        weights, option = (sets.weights_a, "«weights_a»") if side == 0 else (sets.weights_b, "«weights_b»")
        return shares(weights, rows, option)

    def mean_rows(self, side: int, *, unit: bool) -> Column:
        """Return the (draws, d) means of the drawn rows of a side, or of their unit vectors."""
        sets = self.panel.sets
        rows = sets.x if side == 0 else sets.y
        share = self._share(side, len(rows))
        share = np.ones(len(rows)) if share is None else share
        scale = 1.0 if unit else scale_of(rows)
        backend = self.panel.backend
        kernel = Kernel("cosine", "float64", needs_scale(rows.dtype), backend, self.panel.eps)
        totals, sizes = np.zeros((self.draws, rows.shape[1])), np.zeros(self.draws)
        step = max(1, CHUNK // max(self.draws, rows.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            own = rows[part]
            wide = backend.get(kernel.prepare(own).rows) if unit else own.astype(np.float64) / scale
            counts = self.counts[side][:, part] * share[part]
            totals += counts @ wide
            sizes += counts.sum(axis=1)
        means: Column = np.divide(totals, sizes[:, None], out=np.full(totals.shape, np.nan), where=sizes[:, None] > 0)
        return means * scale


def weighted_means(counts: Column, values: Column, share: Column | None) -> Column:
    """Return the (draws,) means of (n,) values, each as often as it was drawn; NaN where all weights are 0."""
    share = np.ones(len(values)) if share is None else share
    totals, sizes = np.zeros(len(counts)), np.zeros(len(counts))
    step = max(1, CHUNK // len(counts))
    for start in range(0, len(values), step):
        part = slice(start, start + step)
        own = counts[:, part] * share[part]
        totals += own @ values[part]
        sizes += own.sum(axis=1)
    means: Column = np.divide(totals, sizes, out=np.full(len(counts), np.nan), where=sizes > 0)
    counted = values[share > 0]
    # a mean lies between its extremes, which the rounded sum of equal values may leave
    return means.clip(counted.min(), counted.max()) if len(counted) else means


def _argmax(draw: _Resample, request: Request) -> dict[str, Column]:
    matches = draw.panel.matches
    precision, recall = (
        draw.means(side, match.scores) for side, match in enumerate((matches.forward, matches.backward))
    )
    f1 = harmonic_mean(precision, recall)
    return dict(zip(request.keys, (f1, precision, recall, f1), strict=True))


def _maxsim(draw: _Resample, request: Request) -> dict[str, Column]:
    return {request.name: draw.means(0, draw.panel.forward.scores)}


def _top_k_mean(draw: _Resample, request: Request) -> dict[str, Column]:
    best = draw.panel.forward.best[:, : request.parameters["k"]]
    return {request.name: draw.means(0, best.mean(axis=1))}


def _mutual(draw: _Resample, request: Request) -> dict[str, Column]:
    there, back = draw.panel.matches.forward.neighbours, draw.panel.matches.backward.neighbours
    chosen = [back[there] == np.arange(len(there)), there[back] == np.arange(len(back))]
    scores = [draw.means(side, values.astype(np.float64)) for side, values in enumerate(chosen)]
    return dict(zip(request.keys[:2], scores, strict=True))


def _chamfer(draw: _Resample, request: Request) -> dict[str, Column]:
    nearest = draw.panel.nearest
    forward, backward = draw.means(0, nearest.forward.scores), draw.means(1, nearest.backward.scores)
    return dict(zip(request.keys, (forward + backward, forward, backward), strict=True))


def _mean(draw: _Resample, request: Request) -> dict[str, Column]:
    means = [draw.mean_rows(side, unit=True) for side in (0, 1)]
    return {request.name: np.clip(np.vecdot(*means), -1.0, 1.0)}


def _centroid(draw: _Resample, request: Request) -> dict[str, Column]:
    means = [draw.mean_rows(side, unit=bool(request.parameters.get("unit"))) for side in (0, 1)]
    return {request.name: score_rows("cosine", *means, eps=draw.panel.eps)}


def _paired(draw: _Resample, request: Request) -> dict[str, Column]:
    scores, same = draw.panel.pair_scores, draw.panel.same
    assert same is not None
    counts = drawn_counts(len(scores), draw.draws, np.random.default_rng(draw.seed))
    share = pair_weights(len(scores), same.weights_a, same.weights_b)
    return {request.name: weighted_means(counts, scores, share)}


FORMS: dict[str, Callable[[_Resample, Request], dict[str, Column]]] = {
    "argmax": _argmax,
    "maxsim": _maxsim,
    "top-k-mean": _top_k_mean,
    "mutual": _mutual,
    "chamfer": _chamfer,
    "mean": _mean,
    "centroid": _centroid,
    "paired": _paired,
}
