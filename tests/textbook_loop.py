"""The loop of every textbook, written out with torch's own modules, and the rows it learns from."""

import numpy as np
import torch

N, D = 60, 5
A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
UNIT_A, UNIT_B, UNIT_C = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (A, B, C))
LABELS = np.arange(N) % 2
CLASSES = np.arange(N) % 4


def textbook(loss, sides, *, optimizer, epochs, batch, seed=0, out=D):
    """Learn a torch.nn.Linear from all rows in batches in the order of `shuffled`."""
    layer = torch.nn.Linear(D, out, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(out, D))
    steps = optimizer(layer.parameters())
    tensors = [torch.from_numpy(side.copy()) for side in sides]
    losses = []
    for epoch in range(1, epochs + 1):
        parts = []
        order = np.random.default_rng([seed, epoch]).permutation(N)
        for start in range(0, N, batch):
            rows = torch.from_numpy(order[start : start + batch])
            steps.zero_grad()
            value = loss(*(layer(side[rows]) for side in tensors), rows)
            value.backward()
            steps.step()
            parts.append(value.item())
        losses.append(float(np.mean(parts)))
    return layer.weight.detach().numpy(), losses
