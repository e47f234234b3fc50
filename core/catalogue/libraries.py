"""The losses by the names that libraries give them: each means that library's loss, defaults included."""

from dataclasses import dataclass

from ..errors import ParameterError


@dataclass(frozen=True)
class LibraryLoss:
    """A loss as a library calls it.

    Args:
        library: `torch`, `pml` (pytorch-metric-learning), `sbert` (sentence-transformers) or
            `info_nce_pytorch`.
        name: of the library's class.
        loss: the row of the catalogue.
        variant: of that row; "" is the row's own defaults.
    """

    library: str
    name: str
    loss: str
    variant: str = ""

    @property
    def full_name(self) -> str:
        """The name with its library, as in `pml.SupConLoss`."""
        return f"{self.library}.{self.name}"


LIBRARY_LOSSES = (
    LibraryLoss("torch", "CosineEmbeddingLoss", "cosine-embedding"),
    LibraryLoss("torch", "TripletMarginLoss", "triplet", "torch"),
    LibraryLoss("pml", "ArcFaceLoss", "arcface", "pml"),
    LibraryLoss("pml", "CircleLoss", "circle", "pml"),
    LibraryLoss("pml", "ContrastiveLoss", "batch-all-contrastive", "pml"),
    LibraryLoss("pml", "CosFaceLoss", "cosface"),
    LibraryLoss("pml", "LiftedStructureLoss", "lifted-structure", "pml"),
    LibraryLoss("pml", "MarginLoss", "margin", "pml"),
    LibraryLoss("pml", "MultiSimilarityLoss", "multi-similarity", "pml"),
    LibraryLoss("pml", "NPairsLoss", "n-pairs", "pml"),
    LibraryLoss("pml", "NTXentLoss", "nt-xent", "pml"),
    LibraryLoss("pml", "SupConLoss", "sup-con", "pml"),
    LibraryLoss("pml", "TripletMarginLoss", "batch-all-triplet", "pml"),
    LibraryLoss("sbert", "AnglELoss", "angle"),
    LibraryLoss("sbert", "BatchAllTripletLoss", "batch-all-triplet", "sbert"),
    LibraryLoss("sbert", "BatchHardSoftMarginTripletLoss", "batch-hard-triplet", "sbert-soft"),
    LibraryLoss("sbert", "BatchHardTripletLoss", "batch-hard-triplet", "sbert"),
    LibraryLoss("sbert", "BatchSemiHardTripletLoss", "semi-hard-triplet", "sbert"),
    LibraryLoss("sbert", "CoSENTLoss", "cosent"),
    LibraryLoss("sbert", "ContrastiveLoss", "contrastive", "sbert"),
    LibraryLoss("sbert", "CosineSimilarityLoss", "cosine-similarity"),
    LibraryLoss("sbert", "MSELoss", "mse"),
    LibraryLoss("sbert", "MarginMSELoss", "margin-mse"),
    LibraryLoss("sbert", "MultipleNegativesRankingLoss", "info-nce", "sbert"),
    LibraryLoss("sbert", "MultipleNegativesSymmetricRankingLoss", "info-nce", "sbert-symmetric"),
    LibraryLoss("sbert", "OnlineContrastiveLoss", "online-contrastive"),
    LibraryLoss("sbert", "TripletLoss", "triplet", "sbert"),
    LibraryLoss("info_nce_pytorch", "InfoNCE", "info-nce", "info-nce-pytorch"),
)
LIBRARIES = tuple(dict.fromkeys(each.library for each in LIBRARY_LOSSES))


def bare_names() -> tuple[str, ...]:
    """Return the names that mean one loss without their library."""
    names = [each.name for each in LIBRARY_LOSSES]
    return tuple(name for name in names if names.count(name) == 1)


def library_loss(name: str) -> LibraryLoss | None:
    """Return the loss of that name, with its library or without; None where no library has it.

    Raises:
        ParameterError: libraries mean different losses by it.
    """
    found = [each for each in LIBRARY_LOSSES if name in (each.name, each.full_name)]
    if len(found) > 1:
        libraries = " and ".join(each.library for each in found)
        hint = "say " + " or ".join(each.full_name for each in found)
        raise ParameterError(f"{name} of {libraries} are different losses", "«kind»", hint)
    return found[0] if found else None
