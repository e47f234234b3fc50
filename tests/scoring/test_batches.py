"""Losses of batches, whole and sorted, against torch on each batch alone."""

import numpy as np
import pytest
import torch

import simtool
from simtool.scoring import batch_data, batches
from simtool.scoring.batch_data import cut

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 23, 5))
TEMPERATURE = 0.3


def cross_entropies(a, b):
    """InfoNCE as torch has it: the cross entropy of the partner among all rows of the batch."""
    x, y = (torch.nn.functional.normalize(torch.from_numpy(side)) for side in (a, b))
    return torch.nn.functional.cross_entropy(x @ y.T / TEMPERATURE, torch.arange(len(a)), reduction="none").numpy()


@pytest.mark.parametrize("least", [0, 1 << 60], ids=["sorted", "whole"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("size", "shuffle"), [(None, False), (6, False), (6, True)])
def test_every_batch_is_alone_with_its_rows(monkeypatch, least, backend, size, shuffle):
    monkeypatch.setattr(batch_data, "SORTED", least)
    options = {"batch_size": size, "shuffle": shuffle, "seed": 5, "backend": backend}
    done = []
    found = simtool.loss(
        A, B, kind="info-nce", temperature=TEMPERATURE, **options, progress=lambda now, total: done.append((now, total))
    )
    expected = np.empty(23)
    for rows in cut(23, size, shuffle=shuffle, seed=5):
        expected[rows] = cross_entropies(A[rows], B[rows])
    rows = np.concatenate(cut(23, size, shuffle=shuffle, seed=5))
    np.testing.assert_allclose(found.array, expected[rows], rtol=1e-12)
    assert done[-1] == (23, 23)


def test_both_directions_are_the_mean_of_the_two():
    found = simtool.loss(A, B, kind="info-nce", temperature=TEMPERATURE, symmetric=1)
    np.testing.assert_allclose(found.array, (cross_entropies(A, B) + cross_entropies(B, A)) / 2, rtol=1e-12)


def test_losses_of_pairs_are_those_that_may_be_very_many():
    kinds = {kind: simtool.find("loss", kind) for kind in ("nt-xent", "sup-con")}
    takes = {kind: batches.takes_pairs(type("Spec", (), {"entry": entry})) for kind, entry in kinds.items()}
    assert takes == {"nt-xent": True, "sup-con": False}
