"""One row of the catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from math import inf
from typing import Any

Parameters = Mapping[str, float]
ROLES = {
    "pairs": ("a", "b"),
    "triplets": ("anchor", "positive", "negative"),
    "classes": ("vectors",),
    "views": ("a", "b"),
    "teacher": ("a", "b"),
    "classifier": ("vectors",),
}


@dataclass(frozen=True)
class Variant:
    """A loss as another library or paper computes it.

    Args:
        source: the library or paper.
        parameters: name -> value, where it differs from the entry's default.
        metric: what the loss is computed on, if not on the entry's metric.
        reduction: how its items become one number, if not by the mean.
        factor: what every item is multiplied with.
    """

    source: str
    parameters: Parameters = field(default_factory=dict)
    metric: str = ""
    reduction: str = "mean"
    factor: float = 1.0


@dataclass(frozen=True)
class Entry:
    """What simtool knows of one metric, aggregate or loss.

    Args:
        name: the field's term; the same in options, JSON keys and table headers.
        kind: `metric`, `aggregate` or `loss`.
        meaning: one line.
        formula: s = cosine, d = distance, y = 1 similar, [x]+ = max(0, x).
        range: the values it can take.
        larger_is_closer: the direction; for a loss, False: less is better.
        function: `module:name` of the public function.
        source: paper, equation or library.
        aliases: other names of exactly the same thing.
        inputs: of a loss, what it takes: `pairs`, `triplets`, `classes` (one set and a class per row), `views` (row i
            of A belongs to row i of B), `teacher` or `classifier` (a set, classes and a weight matrix).
        item: of a loss, what one value belongs to, as in `pair`.
        labels: the label convention, `none`, `binary`, `score` or `class`.
        metric: the metric a loss is computed on.
        metrics: the metrics it is defined for as well.
        reduction: of a loss, how its items become one number by default.
        counted: of a loss of a batch with classes, which anchors have items: `all`, or those with `positives`, with
            `negatives`, or with `both`.
        whole_batch: of a loss of pairs, whether an item depends on the other pairs of its batch.
        two_of_each_class: of a loss of classes, whether it takes the first two rows of each class, as two views.
        statistics: of a loss of classes, `module:name` of what every anchor must know of all others first; "" is none.
        negatives: of a loss of a batch, `module:name` of what an anchor's negatives come to, tile by tile.
        slopes: `module:name` of the derivatives, where no autograd is needed, "" is none: of a loss of views by the
            scores of partners and by what negatives come to; of a loss of examples, from the losses, by each score.
        miner: of a loss of a batch that ranks an anchor's negatives instead, `module:name` of which of them decide.
        of_classes: of a loss of triplets, the loss that takes all triplets of one set with classes.
        ends: of a loss of triplets, what the second and the third input are to the first.
        score_range: of a loss with scores, between which numbers they have a meaning.
        instead_of_miner: of a loss that takes its own choice of the batch, what to do instead of naming a miner.
        gradient: what a reader should know of the gradient, if anything.
        parameters: name -> default.
        variants: name -> the loss of another library.
        variant: of a loss found by a library's name, which of them it stands for.
        laws: properties that the tests check.
        peers: where other implementations differ.
    """

    name: str
    kind: str
    meaning: str
    formula: str
    range: str
    larger_is_closer: bool
    function: str
    source: str
    aliases: tuple[str, ...] = ()
    inputs: str = ""
    item: str = ""
    labels: str = "none"
    metric: str = ""
    metrics: tuple[str, ...] = ()
    reduction: str = "mean"
    counted: str = "all"
    whole_batch: bool = False
    two_of_each_class: bool = False
    statistics: str = ""
    negatives: str = ""
    slopes: str = ""
    miner: str = ""
    of_classes: str = ""
    ends: tuple[str, str] = ("positive", "negative")
    score_range: tuple[float, float] = (-inf, inf)
    instead_of_miner: str = ""
    gradient: str = ""
    parameters: Parameters = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    variant: str = ""
    laws: tuple[str, ...] = ()
    peers: str = ""

    def load(self) -> Callable[..., Any]:
        """Return the public function."""
        return _load(self.function)

    def load_statistics(self) -> Callable[..., Any] | None:
        """Return what computes the statistics that a loss takes first, if it takes any."""
        return _load(self.statistics) if self.statistics else None

    def load_negatives(self) -> Any:
        """Return what sums up the negatives of an anchor, or None."""
        return _load(self.negatives) if self.negatives else None

    def load_slopes(self) -> Callable[..., Any] | None:
        """Return what computes the derivatives, or None."""
        return _load(self.slopes) if self.slopes else None

    def load_miner(self) -> Any:
        """Return what tells which negatives of an anchor decide, or None."""
        return _load(self.miner) if self.miner else None

    @property
    def roles(self) -> tuple[str, ...]:
        """Of a loss: what its inputs are called, and the columns of a table that holds them."""
        return ROLES[self.inputs]

    @property
    def is_of_examples(self) -> bool:
        """Of a loss: whether its examples are scored one by one."""
        return self.inputs in ("pairs", "triplets", "teacher")

    @property
    def takes_batches(self) -> bool:
        """Of a loss: whether an item depends on the other rows of its batch."""
        return self.inputs in ("classes", "views") or self.whole_batch


metric = partial(Entry, kind="metric")
aggregate = partial(Entry, kind="aggregate")
loss = partial(Entry, kind="loss", larger_is_closer=False)


@cache
def _load(function: str) -> Callable[..., Any]:
    module, _, name = function.partition(":")
    return getattr(import_module(module), name)  # type: ignore[no-any-return]
