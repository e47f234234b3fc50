"""Similarity and loss computation over embedding files. Names are loaded when they are first used."""

TYPE_CHECKING = False  # typing takes longer to load than all else here, and type checkers know the name
if TYPE_CHECKING:
    import typing

    from . import aggregates as aggregates
    from . import losses as losses
    from . import metrics as metrics
    from . import nn as nn
    from .catalogue import find as find
    from .catalogue import search as search
    from .errors import SimtoolError as SimtoolError
    from .io import Selection as Selection
    from .io import Vectors as Vectors
    from .io import open_items as open_items
    from .io import open_pairs as open_pairs
    from .io import open_table as open_table
    from .io import open_vectors as open_vectors
    from .operations.apply import apply as apply
    from .operations.channels import channels as channels
    from .operations.compare import compare as compare
    from .operations.convert import convert as convert
    from .operations.dedup import dedup as dedup
    from .operations.describe import describe as describe
    from .operations.evaluate import evaluate as evaluate
    from .operations.explain import explain as explain
    from .operations.fit import fit as fit
    from .operations.inspect import inspect as inspect
    from .operations.leak import leak as leak
    from .operations.loss import loss as loss
    from .operations.mine import mine as mine
    from .operations.pairwise import pairwise as pairwise
    from .operations.report import report as report
    from .operations.similarity import similarity as similarity
    from .results import Result as Result

__version__ = "0.2.0"

_MODULES = {
    "operations.similarity": ("similarity",),
    "operations.pairwise": ("pairwise",),
    "catalogue": ("find", "search"),
    "operations.inspect": ("inspect",),
    "errors": ("SimtoolError",),
    "operations.evaluate": ("evaluate",),
    "operations.explain": ("explain",),
    "operations.channels": ("channels",),
    "operations.apply": ("apply",),
    "operations.fit": ("fit",),
    "io": ("Selection", "Vectors", "open_items", "open_pairs", "open_table", "open_vectors"),
    "operations.convert": ("convert",),
    "operations.dedup": ("dedup",),
    "operations.describe": ("describe",),
    "operations.leak": ("leak",),
    "operations.loss": ("loss",),
    "operations.mine": ("mine",),
    "operations.report": ("report",),
    "results": ("Result",),
    "operations.compare": ("compare",),
}
_ROOMS = ("aggregates", "losses", "metrics", "nn")
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> "typing.Any":
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module 'simtool' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(["__version__", *_ROOMS, *_HOMES])
