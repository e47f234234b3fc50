"""What the losses of other libraries give by their own names and defaults, for tests/catalogue/libraries.json.

python benchmarks/peer_names.py > tests/catalogue/libraries.json
"""

import json
import sys
import warnings
from typing import Any

import info_nce
import numpy as np
import torch
from pytorch_metric_learning import losses as pml

from simtool.catalogue import find
from simtool.catalogue.libraries import LIBRARY_LOSSES

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sentence_transformers import losses as sbert

RNG = np.random.default_rng(11)
SIDES = [np.round(64 * RNG.normal(size=(24, 8))) / 64 for _ in range(3)]
SIDES[1] = SIDES[0] + SIDES[1] / 4
LABELS = {
    "binary": np.arange(24) % 2,
    "score": np.round(64 * RNG.uniform(size=24)) / 64,
    "class": np.arange(24) % 5,
}
CLASSES = 5  # the first rows of the second side are a classifier's weights
TENSORS = [torch.from_numpy(side) for side in SIDES]
CODES, BINARY = (torch.from_numpy(LABELS[name]) for name in ("class", "binary"))


class Encoder(torch.nn.Module):
    """Gives the embeddings that it is handed, as a SentenceTransformer would."""

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        """Return the rows."""
        return {"sentence_embedding": features["rows"]}


def of_torch(name: str) -> Any:
    """Return the loss of a module of torch."""
    peer = getattr(torch.nn, name)()
    return peer(*TENSORS[:2], 2 * BINARY - 1) if name == "CosineEmbeddingLoss" else peer(*TENSORS)


def of_pml(name: str) -> Any:
    """Return the loss of pytorch-metric-learning."""
    if name in ("ArcFaceLoss", "CosFaceLoss"):
        peer = getattr(pml, name)(CLASSES, 8).double()
        with torch.no_grad():
            peer.W.copy_(TENSORS[1][:CLASSES].T)
        return peer(TENSORS[0], CODES)
    return getattr(pml, name)()(TENSORS[0], CODES)


def of_sbert(name: str) -> Any:
    """Return the loss of sentence-transformers."""
    entry = find("loss", f"sbert.{name}")
    peer = getattr(sbert, name)(Encoder())
    if entry.inputs == "teacher":
        return peer([{"rows": TENSORS[0]}], TENSORS[1])
    labels = None if entry.labels == "none" else torch.from_numpy(LABELS[entry.labels])
    return peer([{"rows": side} for side in TENSORS[: len(entry.roles)]], labels)


def of_info_nce(name: str) -> Any:
    """Return the loss of info-nce-pytorch."""
    return getattr(info_nce, name)()(*TENSORS[:2])


def main() -> None:
    """Print the inputs and what the libraries give."""
    of = {"torch": of_torch, "pml": of_pml, "sbert": of_sbert, "info_nce_pytorch": of_info_nce}
    found = {row.full_name: of[row.library](row.name).item() for row in LIBRARY_LOSSES}
    inputs = {"sides": [side.tolist() for side in SIDES], **{name: each.tolist() for name, each in LABELS.items()}}
    about = "inputs, and what benchmarks/peer_names.py found the libraries to give on them"
    json.dump({"about": about, "inputs": inputs, "classes": CLASSES, "losses": found}, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
