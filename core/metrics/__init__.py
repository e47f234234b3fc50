"""The metrics of two vectors: `simtool.metrics.NAME(x, y)` for every name of the catalogue, loaded on first use."""

from ..catalogue import KINDS
from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing

    from .bits import hamming as hamming
    from .differences import euclidean as euclidean
    from .differences import snr as snr
    from .differences import sqeuclidean as sqeuclidean
    from .directions import angular as angular
    from .directions import correlation as correlation
    from .lp_distances import chebyshev as chebyshev
    from .lp_distances import manhattan as manhattan
    from .lp_distances import minkowski as minkowski
    from .metric import Metric as Metric
    from .metric import aligned as aligned
    from .metric import metric_of as metric_of
    from .metric import score_rows as score_rows
    from .numerics import EPS as EPS
    from .numerics import are_moderate as are_moderate
    from .numerics import is_rounded as is_rounded
    from .numerics import magnitude as magnitude
    from .numerics import needs_scale as needs_scale
    from .numerics import row_dots as row_dots
    from .products import cosine as cosine
    from .products import dot as dot

_MODULES = {
    "metric": ("Metric", "aligned", "metric_of", "score_rows"),
    "numerics": ("EPS", "are_moderate", "is_rounded", "magnitude", "needs_scale", "row_dots"),
}
for _entry in KINDS["metric"]:
    _module = _entry.function.partition(":")[0].removeprefix("simtool.metrics.")
    _MODULES[_module] = (*_MODULES.get(_module, ()), _entry.name)
_offered, __dir__ = front(__name__, _MODULES)
_ALIASES = {alias.replace("-", "_"): entry.name for entry in KINDS["metric"] for alias in entry.aliases}


def __getattr__(name: str) -> "typing.Any":
    return _offered(_ALIASES.get(name, name))
