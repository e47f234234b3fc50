"""The losses of metric learning: `simtool.losses.NAME` for every name of the catalogue, of embeddings, to train with.

They take numpy arrays or torch tensors, labels where the loss has them, `variant=`, `distance=`, `reduction=` and the
parameters of the loss, and return what `simtool.loss` reports; `core/training` makes them. `simtool.losses.SupConLoss`
is that library's loss as a class, as it is there; `simtool.losses.pml.TripletMarginLoss` where two libraries mean
different losses by a name. The modules here are the formulas: one file per family, one plain function per loss, one
value per item.
"""

TYPE_CHECKING = False  # typing takes longer to load than all else here, and type checkers know the name
if TYPE_CHECKING:
    import typing

    from ..nn import Library, LossClass
    from ..training.losses import LossFunction

    angle: LossFunction
    arcface: LossFunction
    barlow_twins: LossFunction
    batch_all_contrastive: LossFunction
    batch_all_triplet: LossFunction
    batch_hard_triplet: LossFunction
    bce: LossFunction
    circle: LossFunction
    contrastive: LossFunction
    cosent: LossFunction
    cosface: LossFunction
    cosine: LossFunction
    cosine_distance: LossFunction
    cosine_embedding: LossFunction
    cosine_similarity: LossFunction
    hinge_embedding: LossFunction
    info_nce: LossFunction
    kl: LossFunction
    lifted_structure: LossFunction
    margin: LossFunction
    margin_mse: LossFunction
    margin_ranking: LossFunction
    mnrl: LossFunction
    mse: LossFunction
    multi_similarity: LossFunction
    multiple_negatives_ranking: LossFunction
    n_pairs: LossFunction
    nca: LossFunction
    nt_xent: LossFunction
    online_contrastive: LossFunction
    semi_hard_triplet: LossFunction
    siglip: LossFunction
    soft_nearest_neighbour: LossFunction
    sup_con: LossFunction
    triplet: LossFunction
    vicreg: LossFunction

    AnglELoss: LossClass
    ArcFaceLoss: LossClass
    BatchAllTripletLoss: LossClass
    BatchHardSoftMarginTripletLoss: LossClass
    BatchHardTripletLoss: LossClass
    BatchSemiHardTripletLoss: LossClass
    CircleLoss: LossClass
    CoSENTLoss: LossClass
    CosFaceLoss: LossClass
    CosineEmbeddingLoss: LossClass
    CosineSimilarityLoss: LossClass
    InfoNCE: LossClass
    LiftedStructureLoss: LossClass
    MSELoss: LossClass
    MarginLoss: LossClass
    MarginMSELoss: LossClass
    MultiSimilarityLoss: LossClass
    MultipleNegativesRankingLoss: LossClass
    MultipleNegativesSymmetricRankingLoss: LossClass
    NPairsLoss: LossClass
    NTXentLoss: LossClass
    OnlineContrastiveLoss: LossClass
    SupConLoss: LossClass
    TripletLoss: LossClass

    info_nce_pytorch: Library
    pml: Library
    sbert: Library
    torch: Library


def __getattr__(name: str) -> "typing.Any":
    kinds = {} if name.startswith("__") else _kinds()
    if name in kinds:
        from ..training.losses import function_of

        return function_of(kinds[name])
    if name.startswith("__"):
        raise AttributeError(f"module 'simtool.losses' has no attribute {name!r}")
    from ..nn import library_attribute

    return library_attribute(name)


def _kinds() -> dict[str, str]:
    """Return the loss of each name, as Python spells it."""
    from ..catalogue import LOSSES

    return {name.replace("-", "_"): entry.name for entry in LOSSES for name in (entry.name, *entry.aliases)}


def __dir__() -> list[str]:
    from ..catalogue.libraries import LIBRARIES, bare_names

    return sorted([*_kinds(), *LIBRARIES, *bare_names()])
