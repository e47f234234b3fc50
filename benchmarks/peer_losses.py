"""What the peers' losses give on the inputs of tests/losses/peers.json, beside what is stored there.

The tests compare simtool with the stored numbers, so that they need none of these libraries. This script shows that the
numbers are the libraries': it computes them anew, and with --write stores them with the versions they came from.

    pip install torch sentence-transformers pytorch-metric-learning
    python benchmarks/peer_losses.py
"""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

PEERS = Path(__file__).resolve().parent.parent / "tests" / "losses" / "peers.json"
LIBRARIES = ("torch", "sentence-transformers", "pytorch-metric-learning")
TOLERANCE = 1e-12


def sentence_transformers(inputs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of sentence-transformers' losses."""
    from sentence_transformers.sentence_transformer import losses

    x, y, z, labels, scores = (inputs[name] for name in ("x", "y", "z", "labels", "scores"))
    none: Any = None  # the losses keep a model, which ready embeddings do not need
    for name, chosen in (("both", labels), ("positives", labels * 0 + 1), ("negatives", labels * 0)):
        online = losses.OnlineContrastiveLoss(none)
        yield f"online-contrastive.{name}", online.compute_loss_from_embeddings([x, y], chosen)
    yield "contrastive.sbert", losses.ContrastiveLoss(none).compute_loss_from_embeddings([x, y], labels)
    yield "triplet.sbert", losses.TripletLoss(none).compute_loss_from_embeddings([x, y, z], none)
    yield "cosine-similarity", losses.CosineSimilarityLoss(none).compute_loss_from_embeddings([x, y], scores)
    yield "cosent", losses.CoSENTLoss(none).compute_loss_from_embeddings([x, y], scores)
    yield "cosent.100", losses.CoSENTLoss(none, scale=100.0).compute_loss_from_embeddings([x, y], scores)
    yield "angle", losses.AnglELoss(none).compute_loss_from_embeddings([x, y], scores)
    yield "mse", losses.MSELoss(none).compute_loss_from_embeddings([x], [y])
    yield "margin-mse", losses.MarginMSELoss(none).compute_loss_from_embeddings([x, y, z], scores)
    candidates = [x, y, z, x.flip(0)]  # the query, and three candidates for it
    for temperature in (1.0, 2.5):
        divergence = losses.DistillKLDivLoss(none, temperature=temperature)
        yield f"kl.{temperature:g}", divergence.compute_loss_from_embeddings(candidates, inputs["teacher"])


def metric_learning(inputs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of pytorch-metric-learning's losses."""
    import torch
    from pytorch_metric_learning import losses

    x, y, z, labels = (inputs[name] for name in ("x", "y", "z", "labels"))
    rows, n = torch.cat([x, y, z]), len(x)
    similar, others = torch.nonzero(labels == 1)[:, 0], torch.nonzero(labels == 0)[:, 0]
    pairs = (similar, similar + n, others, others + n)
    yield "contrastive.pml", losses.ContrastiveLoss()(rows, indices_tuple=pairs)
    anchors = torch.arange(n)
    triplets = (anchors, anchors + n, anchors + 2 * n)
    yield "triplet.pml", losses.TripletMarginLoss()(rows, indices_tuple=triplets)
    yield "triplet.pml.swap", losses.TripletMarginLoss(swap=True)(rows, indices_tuple=triplets)
    weights, classes = inputs["weights"], inputs["classes"]
    for name, kind in (("arcface", losses.ArcFaceLoss), ("cosface", losses.CosFaceLoss)):
        loss = kind(num_classes=len(weights), embedding_size=x.shape[1])
        loss.W.data = weights.T.clone()
        yield f"{name}.pml", loss(x, classes)
        loss.scale = 2.0
        yield f"{name}.pml.2", loss(x, classes)
    yield "vicreg", losses.VICRegLoss()(x, ref_emb=y)


def authors(inputs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of code that is no library: Barlow Twins' correlation by batch normalisation."""
    import torch

    x, y = inputs["x"], inputs["y"]
    # facebookresearch/barlowtwins main.py: BatchNorm1d(affine=False), here without its 1e-5, then bn(x).T @ bn(y) / n
    columns = [torch.nn.functional.batch_norm(v, None, None, training=True, eps=1e-300) for v in (x, y)]
    c = columns[0].T @ columns[1] / len(x)
    on_diagonal = torch.diagonal(c).add_(-1).pow_(2).sum()
    off_diagonal = c.flatten()[:-1].view(len(c) - 1, len(c) + 1)[:, 1:].flatten().pow_(2).sum()
    yield "barlow-twins", on_diagonal + 0.005 * off_diagonal


def main() -> int:
    """Compare, or store; return the exit code."""
    import torch

    stored = json.loads(PEERS.read_text(encoding="utf-8"))
    integers = ("labels", "classes")
    inputs = {
        name: torch.tensor(values, dtype=torch.int64 if name in integers else torch.float64)
        for name, values in stored["inputs"].items()
    }
    parts = (sentence_transformers, metric_learning, authors)
    found = {name: value.item() for part in parts for name, value in part(inputs)}
    if "--write" in sys.argv[1:]:
        stored |= {"versions": {name: version(name) for name in LIBRARIES}, "values": found}
        PEERS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        return 0
    wrong = 0
    for name in sorted({*found, *stored["values"]}):
        now, then = found.get(name), stored["values"].get(name)
        same = now is not None and then is not None and abs(now - then) <= TOLERANCE * max(1.0, abs(then))
        wrong += not same
        print(f"{name:28} {now!s:24} {then!s:24} {'' if same else 'DIFFERS'}")
    print({name: f"{version(name)}, stored {stored['versions'][name]}" for name in LIBRARIES})
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
