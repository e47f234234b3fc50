"""Recompute the numbers of other libraries that tests/losses/peers_batch.py keeps, and compare.

Run it where pytorch-metric-learning, sentence-transformers and info-nce-pytorch are installed; one that is not there is
said.
"""

import importlib.util
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "losses"))
import peers_batch as kept

TOLERANCE = 1e-10  # relative; everything runs in float64
Recompute = Callable[[], Any]


def pytorch_metric_learning() -> dict[tuple[str, str], Recompute]:
    """Return what computes the constants of pytorch-metric-learning, by loss and case."""
    import torch
    from pytorch_metric_learning import losses, miners

    x = torch.tensor(kept.VECTORS, dtype=torch.float64)
    classes = torch.tensor(kept.CLASSES)

    def hardest() -> Any:
        return losses.TripletMarginLoss()(x, classes, miners.BatchHardMiner()(x, classes))

    def gradient() -> Any:
        vectors = x.clone().requires_grad_(True)
        losses.CircleLoss()(vectors, classes).backward()
        return vectors.grad[0].tolist()

    def capped() -> Any:
        # cosines 1 and 0 at temperature 0.001: the loss is 1000
        rows = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
        return losses.NTXentLoss(temperature=0.001)(rows, torch.tensor([0, 0, 1])).item()

    found: dict[tuple[str, str], Recompute] = {
        (kind, "pml"): lambda loss=loss: loss(x, classes).item()
        for kind, loss in {
            "nt-xent": losses.NTXentLoss(),
            "sup-con": losses.SupConLoss(),
            "n-pairs": losses.NPairsLoss(),
            "nca": losses.NCALoss(),
            "multi-similarity": losses.MultiSimilarityLoss(),
            "circle": losses.CircleLoss(),
            "lifted-structure": losses.LiftedStructureLoss(),
            "margin": losses.MarginLoss(),
            "batch-all-contrastive": losses.ContrastiveLoss(),
            "batch-all-triplet": losses.TripletMarginLoss(),
        }.items()
    }
    return found | {
        ("batch-hard-triplet", "pml"): lambda: hardest().item(),
        ("circle", "pml gradient"): gradient,
        ("nt-xent", "pml capped"): capped,
        ("sup-con", "pml at 0.07"): lambda: losses.SupConLoss(temperature=0.07)(x, classes).item(),
    }


def sentence_transformers() -> dict[tuple[str, str], Recompute]:
    """Return what computes the constants of sentence-transformers, by loss and case."""
    import torch
    from sentence_transformers import losses

    x, a, b = (torch.tensor(rows, dtype=torch.float64) for rows in (kept.VECTORS, kept.VIEWS_A, kept.VIEWS_B))
    no_model: Any = None

    def mined(name: str, classes: list[int]) -> Recompute:
        loss = getattr(losses, name)(no_model)
        return lambda: loss.compute_loss_from_embeddings([x.clone()], torch.tensor(classes)).item()

    def ranked(name: str) -> Recompute:
        loss = getattr(losses, name)(no_model)
        return lambda: loss.compute_loss_from_embeddings([a, b], torch.empty(0)).item()

    return {
        ("info-nce", "sbert"): ranked("MultipleNegativesRankingLoss"),
        ("info-nce", "sbert-symmetric"): ranked("MultipleNegativesSymmetricRankingLoss"),
        ("batch-hard-triplet", "sbert"): mined("BatchHardTripletLoss", kept.FULL_CLASSES),
        ("batch-hard-triplet", "sbert singletons"): mined("BatchHardTripletLoss", kept.CLASSES),
        ("batch-hard-triplet", "sbert one class"): mined("BatchHardTripletLoss", [0] * len(kept.CLASSES)),
        ("batch-hard-triplet", "sbert-soft"): mined("BatchHardSoftMarginTripletLoss", kept.FULL_CLASSES),
        ("semi-hard-triplet", "sbert"): mined("BatchSemiHardTripletLoss", kept.CLASSES),
        ("semi-hard-triplet", "sbert one class"): mined("BatchSemiHardTripletLoss", [0] * len(kept.CLASSES)),
        ("batch-all-triplet", "sbert"): mined("BatchAllTripletLoss", kept.CLASSES),
    }


def info_nce_pytorch() -> dict[tuple[str, str], Recompute]:
    """Return what computes the constant of info-nce-pytorch."""
    import torch
    from info_nce import InfoNCE

    a, b = (torch.tensor(rows, dtype=torch.float64) for rows in (kept.VIEWS_A, kept.VIEWS_B))
    return {("info-nce", "info-nce-pytorch"): lambda: InfoNCE()(a, b).item()}


def largest_difference(found: Any, expected: Any) -> float:
    """Return the largest relative difference of two numbers or lists of them."""
    pairs = zip(found, expected, strict=True) if isinstance(expected, list) else [(found, expected)]
    return max(abs(ours - theirs) / max(1.0, abs(theirs)) for ours, theirs in pairs)


def main() -> int:
    """Compare; the exit code is 1 if a kept number is not what the library computes."""
    differ = 0
    for library, module, recompute in (
        ("pytorch-metric-learning", "pytorch_metric_learning", pytorch_metric_learning),
        ("sentence-transformers", "sentence_transformers", sentence_transformers),
        ("info-nce-pytorch", "info_nce", info_nce_pytorch),
    ):
        if importlib.util.find_spec(module) is None:
            print(f"{library} is not installed here")
            continue
        print(f"{library} {version(library)}; the constants are of {kept.VERSIONS[library]}")
        for case, compute in recompute().items():
            found, expected = compute(), kept.PEERS.get(case)
            same = expected is not None and largest_difference(found, expected) <= TOLERANCE
            differ += not same
            print(f"  {'same  ' if same else 'DIFFER'} {' / '.join(case)}: {found!r}, kept {expected!r}")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
