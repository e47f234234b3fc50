"""What sets positives apart from negatives: how many there are, how close, and what they cost."""

from dataclasses import dataclass
from itertools import chain
from math import fsum, isfinite

import numpy as np

from ..backend import quiet
from ..engine import in_blocks
from ..results import Column, Histogram, Scalar
from .distances import distance_of
from .example_scores import Term
from .examples import Scored
from .histogram import bins_of
from .job import LossJob
from .reduction import LossOutcome, sums_of

ENDS = ("positive", "negative")


@dataclass(frozen=True)
class Group:
    """Examples of one kind, or one end of all triplets.

    Args:
        count: how many.
        similarity: the mean of their cosines; None where it is undefined.
    """

    count: int
    similarity: float | None


def groups_of(job: LossJob, scored: Scored) -> dict[str, Group]:
    """Return the examples as `positive` and `negative` ones, or as `all` where they are of one kind."""
    if job.entry.inputs == "teacher":
        return {}
    if job.entry.inputs == "triplets":
        return {end: _groups(scored.values[Term("cosine", 0, place)], None)[0] for place, end in enumerate(ENDS, 1)}
    found = _groups(scored.values[Term("cosine", 0, 1)], scored.similar)
    return {"all": found[0]} if scored.similar is None else dict(zip(ENDS, found, strict=True))


def summary(job: LossJob, groups: dict[str, Group], only: LossOutcome | None) -> dict[str, Scalar]:
    """Return the groups as the keys of a summary; those of pairs with what they cost, if they have one loss alone."""
    if "all" in groups:
        return {"similarity": groups["all"].similarity}
    found: dict[str, Scalar] = {}
    if job.entry.inputs == "pairs":
        found = {f"{end}s": group.count for end, group in groups.items()}
        if only is not None:
            means = (None, None) if only.similar is None else _means(only.items, only.similar)
            found |= {f"{end}_loss": mean for end, mean in zip(groups, means, strict=False)}
    return found | {f"{end}_similarity": group.similarity for end, group in groups.items()}


def histograms(job: LossJob, scored: Scored) -> tuple[Histogram, ...]:
    """Return how the scores of positives and negatives are spread, of each metric that a loss is computed on."""
    if job.entry.inputs == "teacher" or (job.entry.inputs == "triplets" and job.entry.labels != "none"):
        return ()
    if job.entry.inputs == "pairs" and scored.similar is None:
        return ()
    metrics = dict.fromkeys(spec.metric for spec in job.specs)
    return tuple(_histogram(metric, _ends(job, scored, metric), _marks(job)) for metric in metrics)


def _marks(job: LossJob) -> dict[str, float]:
    """Return the margin of the one loss of pairs that is asked for: where dissimilar pairs begin to count."""
    is_one = len(job.specs) == 1 and job.entry.inputs == "pairs"
    return {"margin": job.specs[0].parameters["margin"]} if is_one and "margin" in job.specs[0].parameters else {}


def _ends(job: LossJob, scored: Scored, metric: str) -> tuple[Column, Column]:
    """Return the finite scores of the positives and of the negatives."""
    first = scored.values[Term(metric, 0, 1)]
    if job.entry.inputs == "triplets":
        found = first, scored.values[Term(metric, 0, 2)]
    else:
        assert scored.similar is not None
        found = first[scored.similar], first[~scored.similar]
    return found[0][np.isfinite(found[0])], found[1][np.isfinite(found[1])]


def _histogram(metric: str, ends: tuple[Column, Column], marks: dict[str, float]) -> Histogram:
    extremes = [extreme(part) for part in ends if len(part) for extreme in (np.min, np.max)] or [0.0]
    distance = distance_of(metric)
    bins = bins_of(distance, float(min(extremes)) if distance.is_similarity else 0.0, float(max(extremes)))
    counts = {f"{end}s": bins.counts(part) for end, part in zip(ENDS, ends, strict=True)}
    return Histogram(metric, bins.edges, counts, marks)


def _groups(cosines: Column, mask: Column | None) -> tuple[Group, Group]:
    """Return the examples inside and outside of a mask; all are inside where there is none."""
    mask = np.broadcast_to(True, len(cosines)) if mask is None else mask
    means, inside = _means(cosines, mask), int(np.count_nonzero(mask))
    return Group(inside, means[0]), Group(len(cosines) - inside, means[1])


def _means(values: Column, mask: Column) -> tuple[float | None, float | None]:
    """Return the means of the values inside and outside of a mask; None where there is none, or one is not finite."""

    def sums(block: slice) -> tuple[list[float], list[float]]:
        with quiet():
            part, inside = values[block], mask[block]
            return sums_of(np.where(inside, part, 0.0)), sums_of(np.where(inside, 0.0, part))

    blocks, inside = in_blocks(sums, len(values)), int(np.count_nonzero(mask))
    totals = [fsum(chain.from_iterable(parts)) for parts in zip(*blocks, strict=True)]
    counts = (inside, len(values) - inside)
    first, second = (
        total / count if count and isfinite(total) else None for total, count in zip(totals, counts, strict=True)
    )
    return first, second
