"""The items of a loss as rows: which pair, how close, what it costs, and what the loss does to it."""

from dataclasses import dataclass

import numpy as np

from ..results import Column
from .distances import distance_of
from .examples import Scored, terms_of
from .pair_statistics import PairStatistics
from .reduction import LossOutcome, largest_of

UNDEFINED = "not finite: left as it is"
PAIRS = (
    "dissimilar, past the margin: at rest",
    "dissimilar, inside the margin: pushed apart",
    "similar and there: at rest",
    "similar: pulled together",
)
ALIKE = ("same direction: at rest", "apart: pulled together")
SCORES = ("as the score says: at rest", "closer than the score says", "farther than the score says")
TRIPLETS = ("satisfied: at rest", "inside the margin", "the negative is closer")
ANCHORS = (
    "positives are closer: at rest",
    "positives are closer: still active",
    "its negative is closer than a positive",
    "no positive",
    "its negative is as close as a positive",
)


@dataclass(frozen=True)
class Names:
    """What rows are called.

    Args:
        rows: (n,) ids of the examples; None where they have numbers only.
        others: (m,) those of what they are compared with.
        classes: (n,) the class of each row, or None.
    """

    rows: Column | None
    others: Column | None = None
    classes: Column | None = None

    def of(self, rows: Column) -> Column:
        """Return what examples are called."""
        return rows if self.rows is None else self.rows[rows]


def of_pairs(outcome: LossOutcome, scored: Scored, named: Names) -> dict[str, Column]:
    """Return one row per pair."""
    spec, rows = outcome.spec, outcome.rows
    (term,) = terms_of(spec)
    if spec.entry.inputs == "teacher":
        return {"id": named.of(rows), "loss": outcome.items, "active": outcome.items > 0}
    values = scored.values[term][rows]
    columns = {"id": named.of(rows)}
    if outcome.similar is not None:
        columns["label"] = outcome.similar.astype(np.int64)
    elif scored.labels is not None:
        columns["score"] = scored.labels[rows]
    columns |= {distance_of(term.name).noun: values, "loss": outcome.items, "active": outcome.items > 0}
    active = (outcome.items > 0).astype(np.intp)
    if outcome.similar is not None:
        return columns | {"meaning": _words(PAIRS, 2 * outcome.similar + active, outcome.items)}
    if scored.labels is not None:
        side = np.where(values > scored.labels[rows], 1, 2) * active
        return columns | {"meaning": _words(SCORES, side, outcome.items)}
    return columns | {"meaning": _words(ALIKE, active, outcome.items)}


def of_triplets(outcome: LossOutcome, scored: Scored, named: Names) -> dict[str, Column]:
    """Return one row per triplet."""
    rows, spec = outcome.rows, outcome.spec
    near, far = (scored.values[term][rows] for term in terms_of(spec)[:2])
    distance, ends = distance_of(spec.metric), spec.entry.ends
    columns = {"id": named.of(rows), f"{ends[0]}_{distance.noun}": near, f"{ends[1]}_{distance.noun}": far}
    if outcome.similar is not None:
        columns["label"] = outcome.similar.astype(np.int64)
    elif scored.labels is not None:
        columns["score"] = scored.labels[rows]
    columns |= {"loss": outcome.items, "active": outcome.items > 0}
    if spec.entry.labels == "score":
        return columns
    wrong = near < far if distance.is_similarity else near > far
    if outcome.similar is not None:  # which of the two is to be closer
        wrong = np.where(outcome.similar, wrong, ~wrong & (near != far))
    return columns | {"meaning": _words(TRIPLETS, (outcome.items > 0) * (1 + wrong.astype(np.intp)), outcome.items)}


def of_order(outcome: LossOutcome, scored: Scored, named: Names, top: int | None) -> tuple[dict[str, Column], Column]:
    """Return the listing of a loss that is one number, and the numbers of its rows.

    A row per pair says how far its place by similarity is from that by score.

    With `top` only the pairs that are farthest from their place, these first.
    """
    assert scored.labels is not None
    (term,) = terms_of(outcome.spec)
    values = scored.values[term]
    by_score, by_value = _ranks(scored.labels), _ranks(values)
    apart = by_value - by_score
    rows = np.arange(len(apart)) if top is None else largest_of(np.abs(apart), top)
    columns = {
        "id": named.of(np.arange(len(apart))),
        "score": scored.labels,
        "similarity": values,
        "rank_difference": apart,
    }
    return {name: column[rows] for name, column in columns.items()}, rows


def of_anchors(outcome: LossOutcome, statistics: PairStatistics, named: Names) -> dict[str, Column]:
    """Return one row per anchor, with its farthest positive and its closest negative."""
    rows = outcome.rows
    positive, positive_score, negative, negative_score = (column[rows] for column in statistics.hardest)
    columns = {"id": named.of(rows)}
    if named.classes is not None:
        columns["class"] = named.classes[rows]
    columns |= {
        "positive": _named(named.others, positive, positive_score),
        "positive_similarity": positive_score,
        "negative": _named(named.others, negative, negative_score),
        "negative_similarity": negative_score,
        "loss": outcome.items,
        "active": outcome.items > 0,
    }
    state = np.where(negative_score > positive_score, 2, (outcome.items > 0).astype(np.intp))
    state = np.where(negative_score == positive_score, 4, state)
    return columns | {"meaning": _words(ANCHORS, np.where(np.isnan(positive_score), 3, state), outcome.items)}


def of_positive_pairs(outcome: LossOutcome, named: Names) -> dict[str, Column]:
    """Return one row per positive pair."""
    assert outcome.places is not None
    anchor, positive = outcome.places
    columns = {"anchor": named.of(anchor), "positive": named.of(positive)}
    if named.classes is not None:
        columns["class"] = named.classes[anchor]
    return columns | {"loss": outcome.items, "active": outcome.items > 0}


def _named(ids: Column | None, rows: Column, scores: Column) -> Column:
    """Return the ids or numbers of rows; None where there is none."""
    found = (rows if ids is None else ids[np.maximum(rows, 0)]).astype(object)
    found[np.isnan(scores)] = None
    return found


def _ranks(values: Column) -> Column:
    """Return places from 1, smallest first; equal values share the mean of their places."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - counts + 1 + last) / 2.0)[inverse]


def _words(words: tuple[str, ...], number: Column, items: Column) -> Column:
    # looked up, because an array of long strings is slow to make
    return np.asarray([*words, UNDEFINED], dtype=object)[np.where(np.isnan(items), len(words), number)]
