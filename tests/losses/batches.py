"""What the tests of batch losses share: random batches, whole losses, and losses as a variant of the catalogue says."""

import numpy as np

from simtool.catalogue import find
from simtool.losses.classes import class_masks
from simtool.losses.lifted import negative_mass
from simtool.losses.miners import ActiveTriplets
from simtool.scoring.distances import of_all

KEPT_BY_ALL = ({"margin": 0.0}, {"positive_margin": np.inf})  # margins that no negative and no positive is past


def random_batch(seed, n, classes, d=4):
    """Rows, and classes among which are singletons."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.integers(0, classes, n)


def others(codes, i):
    """The positives and the negatives of row i, as lists."""
    rows = range(len(codes))
    return [j for j in rows if j != i and codes[j] == codes[i]], [j for j in rows if codes[j] != codes[i]]


def of_classes(kind, scores, codes, start=0, stop=None, **parameters):
    """A loss of the anchors start to stop of a batch with classes."""
    function = find("loss", kind).load()
    positives, negatives = class_masks(codes[start:stop], start, codes)
    if kind != "lifted-structure":
        return function(scores[start:stop, :], positives, negatives, **parameters)
    masses = negative_mass(scores, class_masks(codes, 0, codes)[1], **parameters)
    return function(scores[start:stop, :], positives, masses[start:stop], masses, **parameters)


def of_views(kind, scores, **parameters):
    """A loss of views whose partners stand on the diagonal; `symmetric` is what the command does with it."""
    symmetric = parameters.pop("symmetric", 0)
    function, partners = find("loss", kind).load(), np.arange(len(scores))
    items = function(scores, partners, **parameters)
    return (items + function(scores.T, partners, **parameters)) / 2 if symmetric else items


def takes_views(kind):
    """Whether the function of a loss takes partners, not masks."""
    entry = find("loss", kind)
    return entry.inputs == "views" or entry.two_of_each_class


def of_batch(kind, scores, belongs, start=0, stop=None, **parameters):
    """A loss of the anchors start to stop, from classes or partners as it takes them."""
    if not takes_views(kind):
        return of_classes(kind, scores, belongs, start, stop, **parameters)
    return find("loss", kind).load()(scores[start:stop, :], belongs[start:stop], **parameters)


def scores_of(kind, x, y=None):
    """All scores of a loss on its own distance."""
    return of_all(find("loss", kind).metric, x, x if y is None else y)


def numbers(items):
    """The items as one array: (k,) losses, or (r, 2) totals and counts."""
    if not isinstance(items, ActiveTriplets):
        return plain(items)
    assert plain(items.count).dtype.kind == "i"
    return np.stack([plain(items.total), plain(items.count)], axis=1)


def plain(array):
    """The numbers of an array of any library."""
    return np.asarray(array.detach() if hasattr(array, "detach") else array)


def total(items):
    """The sum of all items."""
    return (items.total if isinstance(items, ActiveTriplets) else items).sum()


def as_variant(kind, variant, codes, *sets):
    """The loss of a batch, reduced, as the variant of the catalogue says."""
    entry = find("loss", kind)
    chosen = entry.variants[variant]
    parameters = {**entry.parameters, **chosen.parameters}
    sets = [np.asarray(rows) for rows in sets]
    if kind == "n-pairs":
        firsts = [np.flatnonzero(np.asarray(codes) == code)[:2] for code in sorted(set(codes))]
        sets = [sets[0][list(rows)] for rows in zip(*(pair for pair in firsts if len(pair) == 2), strict=True)]
    scores = of_all(chosen.metric or entry.metric, sets[0], sets[-1])
    if len(sets) == 2:
        return chosen.factor * float(of_views(kind, scores, **parameters).mean())
    codes = np.asarray(codes)
    if chosen.reduction == "active-mean-by-label":
        halves = [of_classes(kind, scores, codes, **parameters | kept) for kept in KEPT_BY_ALL]
        return sum(float(half.total.sum() / half.count.sum()) for half in halves)
    items = of_classes(kind, scores, codes, **parameters)
    if isinstance(items, ActiveTriplets):
        assert chosen.reduction == "active-mean"
        return chosen.factor * float(items.total.sum() / items.count.sum())
    if entry.item == "anchor":
        items = items[counted(entry.counted, codes)]
    return chosen.factor * float((items[items > 0] if chosen.reduction == "active-mean" else items).mean())


def counted(which, codes):
    """Which anchors are items."""
    has = [[bool(rows) for rows in others(codes, i)] for i in range(len(codes))]
    means = {
        "all": lambda p, n: True,
        "positives": lambda p, n: p,
        "negatives": lambda p, n: n,
        "both": lambda p, n: p and n,
    }
    return np.asarray([means[which](*flags) for flags in has])
