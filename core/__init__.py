"""Similarity and loss computation over embedding files. Names are loaded when they are first used."""

TYPE_CHECKING = False  # typing takes longer to load than all else here, and type checkers know the name
if TYPE_CHECKING:
    import typing

    from .aligned import similarity as similarity
    from .allpairs import pairwise as pairwise
    from .catalogue import find as find
    from .catalogue import search as search
    from .contents import inspect as inspect
    from .errors import SimtoolError as SimtoolError
    from .evaluation.listing import evaluation_keys as evaluation_keys
    from .evaluation.report import evaluate as evaluate
    from .explanation import explain as explain
    from .explanation import explained_names as explained_names
    from .feature_maps import channels as channels
    from .fitting.applying import apply as apply
    from .fitting.applying import apply_keys as apply_keys
    from .fitting.report import fit as fit
    from .fitting.report import fit_keys as fit_keys
    from .io import (
        open_items as open_items,
    )
    from .io import (
        open_pairs as open_pairs,
    )
    from .io import (
        open_table as open_table,
    )
    from .io import (
        open_vectors as open_vectors,
    )
    from .listing import describe as describe
    from .losses.pair import (
        contrastive as contrastive,
    )
    from .losses.pair import (
        cosine_distance as cosine_distance,
    )
    from .losses.pair import (
        cosine_embedding as cosine_embedding,
    )
    from .losses.report import label_columns as label_columns
    from .losses.report import loss as loss
    from .losses.report import loss_keys as loss_keys
    from .losses.report import loss_roles as loss_roles
    from .metrics import (
        angular_distance as angular_distance,
    )
    from .metrics import (
        cosine_similarity as cosine_similarity,
    )
    from .metrics import (
        dot_product as dot_product,
    )
    from .metrics import (
        euclidean_distance as euclidean_distance,
    )
    from .metrics import (
        manhattan_distance as manhattan_distance,
    )
    from .metrics import (
        squared_euclidean_distance as squared_euclidean_distance,
    )
    from .results import Result as Result
    from .sets.comparison import compare as compare
    from .sets.comparison import summary_keys as summary_keys

__version__ = "0.2.0"

_MODULES = {
    "aligned": ("similarity",),
    "allpairs": ("pairwise",),
    "catalogue": ("find", "search"),
    "contents": ("inspect",),
    "errors": ("SimtoolError",),
    "evaluation.listing": ("evaluation_keys",),
    "evaluation.report": ("evaluate",),
    "explanation": ("explain", "explained_names"),
    "feature_maps": ("channels",),
    "fitting.applying": ("apply", "apply_keys"),
    "fitting.report": ("fit", "fit_keys"),
    "io": ("open_items", "open_pairs", "open_table", "open_vectors"),
    "listing": ("describe",),
    "losses.pair": ("contrastive", "cosine_distance", "cosine_embedding"),
    "losses.report": ("label_columns", "loss", "loss_keys", "loss_roles"),
    "metrics": (
        "angular_distance",
        "cosine_similarity",
        "dot_product",
        "euclidean_distance",
        "manhattan_distance",
        "squared_euclidean_distance",
    ),
    "results": ("Result",),
    "sets.comparison": ("compare", "summary_keys"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> "typing.Any":
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'simtool' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(["__version__", *_HOMES])
