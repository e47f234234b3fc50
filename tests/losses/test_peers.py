"""The losses as their rows and variants say, against what other libraries gave on the same inputs.

The numbers in peers.json are those of the libraries; benchmarks/peer_losses.py computes them again.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from simtool.catalogue import find
from simtool.scoring.distances import of_pairs

STORED = json.loads(Path(__file__).with_name("peers.json").read_text(encoding="utf-8"))
INPUTS = {name: np.asarray(values) for name, values in STORED["inputs"].items()}
X, Y, Z, LABELS, SCORES = (INPUTS[name] for name in ("x", "y", "z", "labels", "scores"))


def row(kind, variant=None):
    """The function, metric, parameters, reduction and factor of a loss as a variant says."""
    entry = find("loss", kind)
    if variant is None:
        return entry.load(), entry.metric, dict(entry.parameters), entry.reduction, 1.0
    as_whom = entry.variants[variant]
    parameters = {**entry.parameters, **as_whom.parameters}
    return entry.load(), as_whom.metric or entry.metric, parameters, as_whom.reduction, as_whom.factor


def active_mean(items):
    return items[items > 0].mean() if (items > 0).any() else 0.0


def reduced(items, reduction, labels=None):
    """One number out of the items, as the variant's library makes it."""
    if reduction == "active-mean-by-label":
        return active_mean(items[labels == 1]) + active_mean(items[labels == 0])
    return {"mean": np.mean, "sum": np.sum, "active-mean": active_mean}[reduction](items)


def of_labels(kind, variant=None, labels=LABELS, **more):
    function, metric, parameters, reduction, factor = row(kind, variant)
    items = factor * function(of_pairs(metric, X, Y), labels, **{**parameters, **more})
    return reduced(items, reduction, labels)


def of_triplets(variant, swap=False):
    function, metric, parameters, reduction, factor = row("triplet", variant)
    distances = [of_pairs(metric, *pair) for pair in ((X, Y), (X, Z), (Y, Z))]
    other = distances[2] if swap else None
    return reduced(factor * function(*distances[:2], margin=parameters["margin"], other_negative=other), reduction)


def of_margins():
    function, metric, parameters, reduction, _ = row("margin-mse")
    return reduced(function(of_pairs(metric, X, Y), of_pairs(metric, X, Z), SCORES, **parameters), reduction)


def of_teacher(temperature):
    function, _, _, reduction, _ = row("kl")
    student = np.stack([of_pairs("dot", X, candidate) for candidate in (Y, Z, X[::-1])], axis=1)
    return reduced(function(student, INPUTS["teacher"], temperature=temperature), reduction)


def of_classes(kind, variant, **more):
    function, metric, parameters, reduction, _ = row(kind, variant)
    cosines = np.stack([of_pairs(metric, X, np.broadcast_to(w, X.shape)) for w in INPUTS["weights"]], axis=1)
    return reduced(function(cosines, INPUTS["classes"], **{**parameters, **more}), reduction)


def of_views(kind):
    function, _, parameters, reduction, _ = row(kind)
    found = function(X, Y, **parameters)
    return found.loss if kind == "vicreg" else reduced(found, reduction)


OURS = {
    "contrastive.sbert": lambda: of_labels("contrastive", "sbert"),
    "contrastive.pml": lambda: of_labels("contrastive", "pml"),
    "online-contrastive.both": lambda: of_labels("online-contrastive"),
    "online-contrastive.positives": lambda: of_labels("online-contrastive", labels=np.ones_like(LABELS)),
    "online-contrastive.negatives": lambda: of_labels("online-contrastive", labels=np.zeros_like(LABELS)),
    "triplet.sbert": lambda: of_triplets("sbert"),
    "triplet.pml": lambda: of_triplets("pml"),
    "triplet.pml.swap": lambda: of_triplets("pml", swap=True),
    "cosine-similarity": lambda: of_labels("cosine-similarity", labels=SCORES),
    "cosent": lambda: of_labels("cosent", labels=SCORES),
    "cosent.100": lambda: of_labels("cosent", labels=SCORES, scale=100.0),
    "angle": lambda: of_labels("angle", labels=SCORES),
    "mse": lambda: of_views("mse"),
    "margin-mse": of_margins,
    "kl.1": lambda: of_teacher(1.0),
    "kl.2.5": lambda: of_teacher(2.5),
    "arcface.pml": lambda: of_classes("arcface", "pml"),
    "arcface.pml.2": lambda: of_classes("arcface", "pml", scale=2.0),
    "cosface.pml": lambda: of_classes("cosface", None),
    "cosface.pml.2": lambda: of_classes("cosface", None, scale=2.0),
    "vicreg": lambda: of_views("vicreg"),
    "barlow-twins": lambda: of_views("barlow-twins"),
}


@pytest.mark.parametrize("name", sorted(STORED["values"]))
def test_a_peer_gave_the_same(name):
    assert OURS[name]() == pytest.approx(STORED["values"][name], rel=1e-10, abs=1e-12)


def test_every_variant_has_a_peer():
    live = {"contrastive.hadsell", "triplet.torch"}  # half of the default; tested against torch itself
    kinds = ("contrastive", "online-contrastive", "triplet", "arcface", "cosface", "cosent", "angle")
    variants = {f"{kind}.{name}" for kind in kinds for name in find("loss", kind).variants}
    assert variants <= live | set(STORED["values"])
    assert set(OURS) == set(STORED["values"])


def test_hadsell_is_half_of_the_default():
    distances = of_pairs("euclidean", X, Y)
    expected = [d**2 / 2 if y else max(0.0, 1 - d) ** 2 / 2 for d, y in zip(distances, LABELS, strict=True)]
    assert of_labels("contrastive", "hadsell") == pytest.approx(np.mean(expected), rel=1e-14)
