"""The negatives of anchors: what a rule takes of the closest rows that are no positives, from one sweep."""

from dataclasses import replace

import numpy as np

from ..engine import Hits, PairwiseJob, each_nearest, gathered
from ..results import Column, Progress, begin
from .positives import Positives
from .rule import NegativeRule


def mined(
    job: PairwiseJob, positives: Positives, rule: NegativeRule, excluded_positives: bool, progress: Progress | None
) -> tuple[Hits, str]:
    """Return anchor, negative and score of what is taken, and the product that scanned the pairs.

    Args:
        positives: of the anchors.
        excluded_positives: whether the job leaves out the positives too.
    """
    anchors, caps = positives.anchors, rule.caps(positives.least_close, job.metric)
    draw, found = np.random.default_rng(rule.seed), list[Hits]()
    wanted = rule.stop if excluded_positives else rule.stop + int(positives.counts.max(initial=0))

    def take(hits: Hits) -> None:
        anchor, negative, score = anchors[hits[0]], hits[1], hits[2]
        if not excluded_positives:
            kept = ~positives.hold(anchor, negative)
            anchor, negative, score = anchor[kept], negative[kept], score[kept]
        chosen = rule.chosen(anchor, draw)
        found.append((anchor[chosen], negative[chosen], score[chosen]))

    job = _of_anchors(job, anchors)
    begin(progress, "closest negatives")
    kernel = each_nearest(
        job,
        job.a.rows,
        job.b.rows,
        wanted,
        take,
        progress,
        threshold=rule.threshold(job.metric),
        caps=caps,
    )
    anchor, negative, score = (np.concatenate(part) for part in zip(*found, strict=True))
    return (anchor, negative, score), kernel.products


def _of_anchors(job: PairwiseJob, anchors: Column) -> PairwiseJob:
    """Return the job of some rows of A with all of B."""
    if len(anchors) == len(job.a.rows):
        return job
    rows = gathered(job.a.rows, anchors, job.budget)
    a = replace(job.a, rows=rows, missing=job.a.missing[anchors], zero=job.a.zero[anchors])
    excluded = job.excluded and replace(job.excluded, a=job.excluded.a[anchors])
    return replace(job, a=a, excluded=excluded, self_join=False)
