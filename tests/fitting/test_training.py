"""The loop against the loop of every textbook, written out with torch's own modules."""

import numpy as np
import pytest
import torch
from textbook_loop import CLASSES, LABELS, UNIT_A, UNIT_B, UNIT_C, A, B, D, textbook

import simtool
from simtool.fitting.checkpoint import read_head


def cosine_loss(x, y, rows):
    return torch.nn.functional.cosine_embedding_loss(x, y, torch.from_numpy(LABELS)[rows] * 2 - 1, margin=0.5)


def triplet_loss(x, y, z, rows):
    return torch.nn.TripletMarginLoss(margin=1.0)(x, y, z)


@pytest.mark.parametrize("batch", [16, 60])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_weights_are_those_of_the_textbook_loop(name, decay, batch):
    made = {
        "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, weight_decay=decay),
        "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1, weight_decay=decay),
    }[name]
    weight, losses = textbook(cosine_loss, (A, B), optimizer=made, epochs=5, batch=batch)
    seen = []
    found = simtool.fit(
        A,
        B,
        kind="cosine",
        labels=LABELS,
        optimizer=name,
        lr=0.1,
        weight_decay=decay,
        epochs=5,
        batch_size=batch,
        held_out=0.0,
        on_epoch=lambda epoch, epochs, loss, score: seen.append(loss),
    )
    assert np.allclose(found.array, weight, atol=1e-7)  # torch adds its epsilon inside the root
    assert np.allclose(seen, losses, atol=1e-7)
    assert found.summary["train_loss"] == seen[-1]
    assert not np.allclose(weight, np.eye(D), atol=0.01)


def test_triplets_are_learnt_as_in_the_textbook():
    weight, _ = textbook(
        triplet_loss,
        (UNIT_A, UNIT_B, UNIT_C),
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1),
        epochs=4,
        batch=20,
    )
    found = simtool.fit(
        UNIT_A, UNIT_B, UNIT_C, kind="triplet", optimizer="sgd", lr=0.1, epochs=4, batch_size=20, held_out=0.0
    )
    assert np.allclose(found.array, weight, atol=1e-5)  # torch adds 1e-6 to every difference


def test_the_classifier_of_a_loss_is_learnt_beside_the_head(tmp_path):
    def arcface(x, w, labels):
        cosines = torch.nn.functional.normalize(x) @ torch.nn.functional.normalize(w).T
        angle = torch.arccos(cosines[torch.arange(len(labels)), labels])
        own = torch.where(angle + 0.5 < np.pi, torch.cos(angle + 0.5), torch.cos(angle) - 0.5 * np.sin(0.5))
        rows = torch.arange(len(labels))
        logits = cosines.index_put((rows, labels), own)
        return torch.nn.functional.cross_entropy(64 * logits, labels)

    labels, x = torch.from_numpy(CLASSES), torch.from_numpy(A)
    layer = torch.nn.Linear(D, D, bias=False, dtype=torch.float64)
    means = np.stack([UNIT_A[code == CLASSES].mean(axis=0) for code in range(4)])
    weights = torch.nn.Parameter(torch.from_numpy(means))
    with torch.no_grad():
        layer.weight.copy_(torch.eye(D))
    optimizer = torch.optim.Adam([layer.weight, weights], lr=0.05)
    for _ in range(6):
        optimizer.zero_grad()
        arcface(layer(x), weights, labels).backward()
        optimizer.step()
    path = str(tmp_path / "head.safetensors")
    options = {"kind": "arcface", "labels": CLASSES, "lr": 0.05, "per_class": 0, "held_out": 0.0, "output": path}
    simtool.fit(A, epochs=2, **options)
    found = simtool.fit(A, epochs=6, resume=True, **options)
    assert np.allclose(found.array, layer.weight.detach(), atol=1e-9)
    assert np.allclose(read_head(path).state["classifier"], weights.detach(), atol=1e-9)
