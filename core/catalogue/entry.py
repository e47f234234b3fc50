"""One row of the catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

Parameters = Mapping[str, float]


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
        parameters: name -> default.
        variants: name -> the loss of another library.
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
    parameters: Parameters = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    laws: tuple[str, ...] = ()
    peers: str = ""

    def load(self) -> Callable[..., Any]:
        """Return the public function."""
        module, _, name = self.function.partition(":")
        return getattr(import_module(module), name)  # type: ignore[no-any-return]
