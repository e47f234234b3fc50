"""Best matches that several aggregates share: one tiled sweep serves all that are asked for."""

import numpy as np

from ..engine import Match, Matches, nearest, nearest_both
from ..results import Column
from .record import Evaluator
from .weights import both_shares, mean_of


def mean_scores(matches: Matches, weights_a: Column | None, weights_b: Column | None) -> tuple[float, float]:
    """Return the weighted means of the best scores of both sides."""
    forward, backward = matches.forward.scores, matches.backward.scores
    share_a, share_b = both_shares(weights_a, len(forward), weights_b, len(backward))
    return mean_of(forward, share_a), mean_of(backward, share_b)


def cosine_matches(job: Evaluator) -> Matches:
    """Return the best matches of both sides by cosine."""

    def search() -> Matches:
        return nearest_both(job.sets.x, job.sets.y, k=_k(job), **job.options, progress=job.progress)

    found: Matches = job.once("cosine matches", search)
    return found


def forward_match(job: Evaluator) -> Match:
    """Return the best matches of the rows of A, from the sweep of both ways where there is one."""
    if any(request.record.bidirectional for request in job.requests):
        return cosine_matches(job).forward

    def search() -> Match:
        return nearest(job.sets.x, job.sets.y, k=_k(job), **job.options, progress=job.progress)

    found: Match = job.once("cosine matches of A", search)
    return found


def _k(job: Evaluator) -> int:
    """Return how many of the closest rows of B the aggregates look at, at most."""
    depths = [request.record.depth for request in job.requests]
    asked = [request.parameters[name] for request, name in zip(job.requests, depths, strict=True) if name is not None]
    return max(map(int, asked), default=1)


def euclidean_matches(job: Evaluator) -> Matches:
    """Return the best matches of both sides by Euclidean distance."""

    def search() -> Matches:
        return nearest_both(job.sets.x, job.sets.y, metric="euclidean", backend=job.backend, progress=job.progress)

    found: Matches = job.once("euclidean matches", search)
    return found


def matches_of(scores: Column, k: int = 1, *, larger: bool = True) -> Matches:
    """Return the best matches by an (n, m) matrix."""
    closer = scores if larger else -scores
    sides = []
    for own in (closer, closer.T):
        neighbours = own.argmax(axis=1)
        best = own[np.arange(len(own)), neighbours]
        least = min(k, own.shape[1])
        several = -np.sort(-own, axis=1)[:, :least] if k > 1 else best[:, None]
        sides.append(Match(neighbours, best if larger else -best, several if larger else -several))
    return Matches(*sides)
