"""Similarity and loss computation over embedding files. Names are loaded when they are first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .aligned import similarity
    from .allpairs import pairwise
    from .catalogue import search
    from .channels import channels
    from .errors import SimtoolError
    from .examine import inspect
    from .explanation import explain
    from .io import open_table, open_vectors
    from .losses.pair import contrastive, cosine_distance, cosine_embedding
    from .losses.report import loss
    from .metrics import (
        angular_distance,
        cosine_similarity,
        dot_product,
        euclidean_distance,
        manhattan_distance,
        squared_euclidean_distance,
    )
    from .results import Result
    from .sets.comparison import compare

__version__ = "0.1.0"

_MODULES = {
    "aligned": ("similarity",),
    "allpairs": ("pairwise",),
    "catalogue": ("search",),
    "channels": ("channels",),
}
