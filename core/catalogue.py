"""The catalogue: one frozen row per metric, aggregate and loss. Imports neither numpy nor torch."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from .errors import ParameterError, closest


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
        labels: the label convention, `none`, `binary`, `score` or `class`.
        metric: the metric a loss is computed on.
        parameters: name -> default.
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
    labels: str = "none"
    metric: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    laws: tuple[str, ...] = ()
    peers: str = ""

    def load(self) -> Callable[..., Any]:
        """Return the public function."""
        module, _, name = self.function.partition(":")
        return getattr(import_module(module), name)  # type: ignore[no-any-return]


METRICS = (
    Entry(
        name="cosine",
        kind="metric",
        meaning="cosine of the angle between two vectors",
        formula="sum( x / max(|x|, eps) * y / max(|y|, eps) )",
        range="[-1, 1]",
        larger_is_closer=True,
        function="simtool.metrics:cosine_similarity",
        source="torch.nn.functional.cosine_similarity, evaluated in float64",
        parameters={"eps": 1e-8},
        laws=("symmetric", "scale-invariant", "rotation-invariant", "bounded", "identity", "zero-padding"),
        peers="torch overflows at 1e20 in float32 and gives NaN for a zero row in half precision",
    ),
    Entry(
        name="dot",
        kind="metric",
        aliases=("inner-product",),
        meaning="dot product",
        formula="sum(x * y)",
        range="unbounded",
        larger_is_closer=True,
        function="simtool.metrics:dot_product",
        source="inner product of the reals",
        laws=("symmetric", "rotation-invariant", "zero-padding"),
    ),
    Entry(
        name="euclidean",
        kind="metric",
        aliases=("l2",),
        meaning="Euclidean distance",
        formula="sqrt( sum((x - y)^2) )",
        range="[0, inf)",
        larger_is_closer=False,
        function="simtool.metrics:euclidean_distance",
        source="l2 norm of the difference",
        laws=("symmetric", "rotation-invariant", "bounded", "identity", "zero-padding"),
        peers="|x|^2 + |y|^2 - 2xy, as most libraries compute it, cancels for close rows",
    ),
    Entry(
        name="sqeuclidean",
        kind="metric",
        meaning="squared Euclidean distance",
        formula="sum((x - y)^2)",
        range="[0, inf)",
        larger_is_closer=False,
        function="simtool.metrics:squared_euclidean_distance",
        source="square of the l2 norm of the difference",
        laws=("symmetric", "rotation-invariant", "bounded", "identity", "zero-padding"),
    ),
    Entry(
        name="manhattan",
        kind="metric",
        aliases=("l1", "cityblock"),
        meaning="Manhattan distance",
        formula="sum(|x - y|)",
        range="[0, inf)",
        larger_is_closer=False,
        function="simtool.metrics:manhattan_distance",
        source="l1 norm of the difference",
        laws=("symmetric", "bounded", "identity", "zero-padding"),
    ),
    Entry(
        name="angular",
        kind="metric",
        meaning="angle between two vectors as a share of a half turn",
        formula="arccos(cosine) / pi",
        range="[0, 1]",
        larger_is_closer=False,
        function="simtool.metrics:angular_distance",
        source="Cer et al. 2018, equation 1",
        parameters={"eps": 1e-8},
        laws=("symmetric", "scale-invariant", "rotation-invariant", "bounded", "identity", "zero-padding"),
    ),
)

AGGREGATES = (
    Entry(
        name="mean",
        kind="aggregate",
        meaning="mean cosine of all pairs",
        formula="dot of the two mean unit vectors",
        range="[-1, 1]",
        larger_is_closer=True,
        function="simtool.sets.closed:mean_of_pairs",
        source="linearity of the dot product",
        laws=("symmetric", "scale-invariant", "rotation-invariant", "bounded", "row-order"),
    ),
    Entry(
        name="argmax",
        kind="aggregate",
        meaning="greedy match: every row with its best row on the other side",
        formula="P = mean_x max_y s, R = mean_y max_x s, F1 = 2PR / (P + R)",
        range="[-1, 1]",
        larger_is_closer=True,
        function="simtool.sets.matching:greedy_match",
        source="Zhang et al. 2020, BERTScore, section 3, without idf",
        aliases=("greedy", "bertscore"),
        laws=("symmetric", "scale-invariant", "rotation-invariant", "bounded", "identity", "row-order"),
        peers="F1 is 0 unless P and R are both positive, where BERTScore divides by their sum whatever its sign",
    ),
    Entry(
        name="max",
        kind="aggregate",
        meaning="cosine of the best pair",
        formula="max_xy s",
        range="[-1, 1]",
        larger_is_closer=True,
        function="simtool.sets.matching:best_pair",
        source="single linkage",
        laws=("symmetric", "scale-invariant", "rotation-invariant", "bounded", "identity", "row-order"),
    ),
    Entry(
        name="centroid",
        kind="aggregate",
        meaning="cosine of the two mean vectors",
        formula="cos( mean(X), mean(Y) )",
        range="[-1, 1]",
        larger_is_closer=True,
        function="simtool.sets.closed:centroid_cosine",
        source="Rocchio 1971",
        laws=("symmetric", "rotation-invariant", "bounded", "identity", "row-order"),
    ),
    Entry(
        name="paired",
        kind="aggregate",
        meaning="mean cosine of row i with row i",
        formula="mean_i s(x_i, y_i)",
        range="[-1, 1]",
        larger_is_closer=True,
        function="simtool.sets.closed:paired_mean",
        source="mean of the aligned similarity",
        laws=("symmetric", "scale-invariant", "rotation-invariant", "bounded", "identity"),
    ),
)

LOSSES = (
    Entry(
        name="contrastive",
        kind="loss",
        meaning="pulls similar pairs together, pushes the others to the margin",
        formula="y d^2 + (1 - y) [m - d]+^2",
        range="[0, inf)",
        larger_is_closer=False,
        function="simtool.losses.pair:contrastive",
        source="Hadsell, Chopra, LeCun 2006, equation 4, without the factor 1/2",
        labels="binary",
        metric="euclidean",
        parameters={"margin": 1.0},
        peers="Hadsell 2006 has half of it; sentence-transformers half of it on 1 - cosine with margin 0.5; "
        "pytorch-metric-learning does not square and averages the non-zero positives and negatives apart",
    ),
    Entry(
        name="cosine",
        kind="loss",
        meaning="1 - cosine for similar pairs, cosine above the margin for the others",
        formula="y (1 - s) + (1 - y) [s - m]+",
        range="[0, 2]",
        larger_is_closer=False,
        function="simtool.losses.pair:cosine_embedding",
        source="torch.nn.CosineEmbeddingLoss, with margin 0.5",
        labels="binary",
        metric="cosine",
        parameters={"margin": 0.5},
    ),
    Entry(
        name="cosine-embedding",
        kind="loss",
        meaning="the cosine loss with torch's default margin",
        formula="y (1 - s) + (1 - y) [s - m]+",
        range="[0, 2]",
        larger_is_closer=False,
        function="simtool.losses.pair:cosine_embedding",
        source="torch.nn.CosineEmbeddingLoss",
        labels="binary",
        metric="cosine",
        parameters={"margin": 0.0},
        peers="torch adds its epsilon inside the root, so scores of tiny vectors differ; "
        "it returns 0 for a label other than 1 and -1",
    ),
    Entry(
        name="cosine-distance",
        kind="loss",
        meaning="1 - cosine of every pair; takes no labels",
        formula="1 - s",
        range="[0, 2]",
        larger_is_closer=False,
        function="simtool.losses.pair:cosine_distance",
        source="scipy.spatial.distance.cosine",
        metric="cosine",
    ),
)

OPTIONS = {"metric": "--metric", "aggregate": "--aggregate", "loss": "--kind"}
KINDS = {"metric": METRICS, "aggregate": AGGREGATES, "loss": LOSSES}


def names(kind: str) -> tuple[str, ...]:
    """Return the names of all rows of a kind, in order."""
    return tuple(entry.name for entry in KINDS[kind])


def find(kind: str, name: str) -> Entry:
    """Return the row of that kind with that name or alias.

    Raises:
        ParameterError: no such name; the error offers the closest one.
    """
    for entry in KINDS[kind]:
        if name in (entry.name, *entry.aliases):
            return entry
    known = [spelling for entry in KINDS[kind] for spelling in (entry.name, *entry.aliases)]
    raise unknown_name(kind, name, known)


def search(name: str) -> tuple[Entry, ...]:
    """Return all rows with that name, alias or kind (`metrics`, `aggregates`, `losses`).

    Raises:
        ParameterError: no such name; the error offers the closest one.
    """
    everything = [entry for rows in KINDS.values() for entry in rows]
    plurals = {"metrics": "metric", "aggregates": "aggregate", "losses": "loss"}
    kind = plurals.get(name, name)
    found = tuple(entry for entry in everything if kind == entry.kind or name in (entry.name, *entry.aliases))
    if not found:
        known = [*plurals, *(spelling for entry in everything for spelling in (entry.name, *entry.aliases))]
        raise unknown_name("name", name, known)
    return found


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ParameterError:
    """Return the error for a misspelt name, with the closest known one."""
    known = list(dict.fromkeys(known))
    guess = closest(name, known)
    hint = f"did you mean {guess}?" if guess else f"one of: {', '.join(known)}"
    return ParameterError(f"unknown {kind} {name!r}", OPTIONS.get(kind, ""), hint)
