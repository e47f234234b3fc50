"""The losses of metric learning: one file per family, one plain function per loss, one value per item.

`simtool.losses.NAME` is the formula of a loss, pure and not reduced, loaded when it is first used.
"""

TYPE_CHECKING = False  # typing takes longer to load than all else here, and type checkers know the name
if TYPE_CHECKING:
    import typing

    from .classes import circle as circle
    from .classes import lifted_structure as lifted_structure
    from .classes import multi_similarity as multi_similarity
    from .classes import nt_xent as nt_xent
    from .classes import sup_con as sup_con
    from .classifier import arcface as arcface
    from .classifier import cosface as cosface
    from .graded import cosent as cosent
    from .graded import squared_error as squared_error
    from .in_batch_negatives import info_nce as info_nce
    from .in_batch_negatives import n_pairs as n_pairs
    from .in_batch_negatives import siglip as siglip
    from .miners import batch_all_triplet as batch_all_triplet
    from .miners import batch_hard_triplet as batch_hard_triplet
    from .miners import margin as margin
    from .miners import semi_hard_triplet as semi_hard_triplet
    from .neighbours import nca as nca
    from .pairs import bce as bce
    from .pairs import contrastive as contrastive
    from .pairs import cosine_distance as cosine_distance
    from .pairs import cosine_embedding as cosine_embedding
    from .pairs import hinge_embedding as hinge_embedding
    from .pairs import online_contrastive as online_contrastive
    from .redundancy_reduction import barlow_twins as barlow_twins
    from .redundancy_reduction import vicreg as vicreg
    from .teacher import kl as kl
    from .teacher import margin_mse as margin_mse
    from .teacher import mse as mse
    from .triplets import margin_ranking as margin_ranking
    from .triplets import triplet as triplet


def _functions() -> "dict[str, typing.Callable[[], typing.Any]]":
    """Return what loads each public function: the functions of the rows of the catalogue."""
    from ..catalogue import LOSSES

    return {entry.function.partition(":")[2]: entry.load for entry in LOSSES}


def __getattr__(name: str) -> "typing.Any":
    functions = {} if name.startswith("__") else _functions()
    if name not in functions:
        raise AttributeError(f"module 'simtool.losses' has no attribute {name!r}")
    return functions[name]()


def __dir__() -> list[str]:
    return sorted(_functions())
