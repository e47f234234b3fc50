"""Whole-set similarity: two sets of vectors down to one number, one function and its record per aggregate.

`simtool.aggregates.NAME(a, b)` is the function of each name and alias of the catalogue, with _ for -.
"""

from typing import TYPE_CHECKING, Any

from ..catalogue import AGGREGATES

if TYPE_CHECKING:
    from . import (
        aligned_rows,
        assignment,
        chamfer_hausdorff,
        classifier,
        closed_forms,
        gaussian,
        greedy_mutual,
        kernel_alignment,
        maxsim_top_k,
        neighbour_balls,
        shared_neighbours,
        sliced,
        spaces,
        transport,
        two_sample,
    )

    argmax = greedy = bertscore = greedy_mutual.greedy_match
    chamfer = chamfer_hausdorff.chamfer
    hausdorff = chamfer_hausdorff.hausdorff
    max = maxsim_top_k.best_pair  # noqa: A001 as numpy's
    maxsim = colbert = maxsim_top_k.maxsim
    mutual = greedy_mutual.mutual
    top_k_mean = maxsim_top_k.top_k_mean
    c2st = classifier.c2st
    centroid = closed_forms.centroid_cosine
    mean = closed_forms.mean_of_pairs
    mmd_linear = closed_forms.mmd_linear
    paired = aligned_rows.paired
    frechet = gaussian.frechet_distance
    cka = kernel_alignment.linear_cka
    cka_rbf = kernel_alignment.rbf_cka
    knn_overlap = shared_neighbours.neighbour_overlap
    prdc = neighbour_balls.neighbour_coverage
    sliced_wasserstein = sliced.sliced_wasserstein
    procrustes = spaces.procrustes
    rsa = spaces.representational_similarity
    svcca = spaces.svcca
    optimal = assignment.optimal
    sinkhorn = transport.sinkhorn
    energy = two_sample.energy_distance
    mmd = mmd_rbf = two_sample.mmd_rbf
    mmd_laplacian = two_sample.mmd_laplacian
    mmd_poly3 = kid = two_sample.mmd_poly3

_ENTRIES = {name.replace("-", "_"): entry for entry in AGGREGATES for name in (entry.name, *entry.aliases)}


def __getattr__(name: str) -> Any:
    if name not in _ENTRIES:
        raise AttributeError(f"module 'simtool.aggregates' has no attribute {name!r}")
    from .public import checked

    return checked(_ENTRIES[name])


def __dir__() -> list[str]:
    return sorted(_ENTRIES)
