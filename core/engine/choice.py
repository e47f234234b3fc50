"""What may be asked of a selection: which pairs are listed, and in which number format they are found."""

from dataclasses import dataclass
from typing import Self

from ..checks import check_count
from ..errors import ParameterError, ResourceError
from ..metrics import Metric, int8
from ..metrics.precision import BFLOAT16, INT8

MOST_RESULTS = 100_000_000  # pairs that a threshold may give


@dataclass(frozen=True)
class Choice:
    """Which pairs are listed.

    Args:
        top_k: the k closest rows of B for each row of A; with a threshold, of those that reach it.
        threshold: all pairs with at least this similarity, or at most this distance.
        max_pairs: the closest pairs of all.
        max_results: how many pairs a threshold may give.
    """

    top_k: int | None = None
    threshold: float | None = None
    max_pairs: int | None = None
    max_results: int = MOST_RESULTS

    def checked(self) -> Self:
        """Return it, unless selections do not go together or a number is no count.

        Raises:
            ParameterError: they are such.
        """
        given = {"«top_k»": self.top_k, "«threshold»": self.threshold, "«max_pairs»": self.max_pairs}
        asked = [option for option, value in given.items() if value is not None]
        if len(asked) > 1 and self.max_pairs is not None:
            what = "the closest pairs of all go with no other selection"
            raise ParameterError(what, ", ".join(asked), "leave «max_pairs» out, or the others")
        if self.max_results != MOST_RESULTS and asked != ["«threshold»"]:
            what = "a limit of results is for a threshold alone, which may give any number of pairs"
            raise ParameterError(what, "«max_results»", "leave it out")
        counts = {"«top_k»": self.top_k, "«max_pairs»": self.max_pairs, "«max_results»": self.max_results}
        for option, number in counts.items():
            if number is not None:
                check_count(option, number)
        return self

    def of(self, scores: str) -> str:
        """Return what is listed of a matrix of that shape, in words."""
        if self.top_k is not None:
            return f"top {self.top_k} of {scores}"
        return scores if self.threshold is None and self.max_pairs is None else f"pairs of {scores}"

    def most(self, n: int, m: int) -> int | None:
        """Return how many pairs of n × m are listed at most; None for as many as reach a threshold."""
        if self.threshold is not None and self.top_k is None:
            return None
        return min(self.max_pairs or n * min(self.top_k or m, m), n * m)


def check_precision(precision: str, metric: Metric, backend: str, device: str, *, selects: bool) -> None:
    """Refuse a precision that does not fit.

    Raises:
        ParameterError: one in which the metric has no product, or that would show in the scores of a matrix.
        ResourceError: its library is not installed.
    """
    if precision not in (INT8.name, BFLOAT16.name):
        return
    others = "use auto, float32 or float64"
    if not selects:
        what = f"{precision} finds candidates, which are scored again in float64; a full matrix has none"
        raise ParameterError(what, "«precision»", others)
    if not metric.is_product:
        raise ParameterError(f"{metric.name} has no products of {precision}", "«precision»", others)
    if precision == BFLOAT16.name and backend == "numpy":
        raise ParameterError("numpy has no bfloat16", "«precision», «backend»", "leave «backend» out, or say torch")
    if precision == INT8.name and (backend == "torch" or device not in ("cpu", "auto")):
        raise ParameterError("int8 is multiplied on the CPU, without torch", "«precision»", others)
    if precision == INT8.name and not int8.is_installed():
        what = "products of int8 come from the package numkong, which is not installed"
        raise ResourceError(what, "«precision»", "pip install numkong, or leave «precision» out")
