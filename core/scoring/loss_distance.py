"""A distance or similarity as the losses take it: one object with its facts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ..backend import Array, namespace
from ..losses.numerics import unit_rows
from ..metrics import EPS
from ..results import Column
from .row_distances import SplitRows, differences, distances, frame_of, quick_distances, quick_error, split


class Prepared(NamedTuple):
    """Rows as `LossDistance.of_prepared` takes them.

    Args:
        rows: (n, d) float64; of unit length, or as they are.
        split: the same in two parts; only for Euclidean distances.
    """

    rows: Array
    split: SplitRows | None

    def part(self, start: int, stop: int) -> "Prepared":
        """Return the rows `start` to `stop` (exclusive)."""
        return Prepared(self.rows[start:stop], None if self.split is None else self.split.part(start, stop))


def _nowhere(scores: Array) -> Array:
    return namespace(scores).zeros(scores.shape, dtype=namespace(scores).bool, device=scores.device)


@dataclass(frozen=True)
class LossDistance:
    """A distance or similarity that losses are functions of.

    Args:
        name: of the metric in the catalogue, or its own.
        of_rows: (n, d) and (n, d) float64 rows, and eps -> (n,) scores of row i with row i; differentiable in torch.
        is_similarity: whether larger is closer.
        of_unit_rows: whether the scores of all rows with all rows are those of rows of unit length.
        squared: whether a distance of differences is its square; None is none.
        of_products: the scores of all rows with all rows, from the dot products of the rows; what has neither this nor
            `squared` compares rows one by one.
        slope: the derivative of a score by that product.
        metric: the metric of the catalogue that it is, or whose scores `of_products` takes for products; "" is none.
        range: between which numbers all scores are; None where `bounds` tell.
        bins: how many bins of that range a histogram has; 0 makes them of a power of two.
        bounds: (n, d) and (m, d) rows -> between which numbers their scores are.
        slack: how far a pair may be in order and still be hard to a miner.
        without_slope: scores -> which have no derivative by their rows, so that their gradient is taken as 0.
        kink: which these are, in words.
        orders_as: another metric that orders pairs as this one does, and that `evaluate` knows.
        laws: those of the catalogue's laws of metrics that it obeys.
        meaning: what it is, where the catalogue has no row of it.
    """

    name: str
    of_rows: Callable[..., Array]
    is_similarity: bool = False
    of_unit_rows: bool = False
    squared: bool | None = None
    of_products: Callable[[Array], Array] | None = None
    slope: float = 1.0
    metric: str = ""
    range: tuple[float, float] | None = None
    bins: int = 0
    bounds: Callable[[Column, Column], tuple[float, float]] | None = None
    slack: float = 0.0
    without_slope: Callable[[Array], Array] = _nowhere
    kink: str = "at distance 0"
    orders_as: str = ""
    laws: tuple[str, ...] = ()
    meaning: str = ""

    @property
    def noun(self) -> str:
        """What a table calls the scores."""
        return "similarity" if self.is_similarity else "distance"

    @property
    def takes_all_rows(self) -> bool:
        """Whether all rows are compared with all rows at once."""
        return self.squared is not None or self.of_products is not None

    def prepare(self, x: Array, y: Array, *, eps: float = EPS) -> tuple[Prepared, Prepared]:
        """Return (n, d) and (m, d) float64 rows, which may be the same array, as `of_prepared` takes them."""
        sides = [x] if x is y else [x, y]
        if self.of_unit_rows:
            sides = [unit_rows(side, eps=eps) for side in sides]
        frame = None if self.squared is None else frame_of(sides[0], sides[-1])
        prepared = [Prepared(side, None if frame is None else split(side, frame)) for side in sides]
        return prepared[0], prepared[-1]

    def of_prepared(self, x: Prepared, y: Prepared, *, quick: bool = False, products: Array = None) -> Array:
        """Return the (n, m) scores of prepared rows.

        Args:
            x: n rows.
            y: m rows.
            quick: whether distances, of numpy rows, may be within DOUBT of themselves.
            products: (n, m) dot products of the rows, where they are known.
        """
        if self.squared is not None and x.split is not None and y.split is not None:
            if quick:
                return quick_distances(x.split, y.split, squared=self.squared, products=products)
            return distances(x.split, y.split, squared=self.squared)
        assert self.of_products is not None
        return self.of_products(x.rows @ y.rows.T if products is None else products)

    def quick_error(self, x: Prepared, y: Prepared) -> float:
        """Return how far a quick score of prepared numpy rows may be off; other scores have no quick way."""
        if self.squared is None or x.split is None or y.split is None:
            return 0.0
        return quick_error(x.split, y.split, squared=self.squared)

    def of_differences(self, x: Prepared, y: Prepared, rows: Column, columns: Column) -> Array:
        """Return the (k,) distances of listed pairs of prepared numpy rows, from their differences."""
        return differences(x.rows, y.rows, rows, columns, squared=bool(self.squared))

    def slope_note(self, counted: str) -> str:
        """Return what a reader should know of scores without a derivative, as in `2 pairs`."""
        return f"{counted} {self.kink}: {self.name} has no derivative there, and the gradient is taken as 0"
