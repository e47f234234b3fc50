"""Optimisers: what they remember is all that they need to go on."""

import numpy as np
import pytest
import torch

import simtool
from simtool.fitting.checkpoint import read_head

N, D = 60, 5
A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
CLASSES = np.arange(N) % 4


def test_lbfgs_reaches_a_minimum():
    found = simtool.fit(
        A, B, kind="cosine-similarity", labels=np.linspace(-1, 1, N), optimizer="lbfgs", epochs=40, held_out=0.0
    )
    x, y = (torch.from_numpy(side) for side in (A, B))
    weight = torch.from_numpy(found.array).requires_grad_()
    scores = torch.nn.functional.cosine_similarity(x @ weight.T, y @ weight.T)
    ((scores - torch.linspace(-1, 1, N, dtype=torch.float64)) ** 2).mean().backward()
    assert weight.grad.norm() < 1e-5


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("patience", [None, 50])
def test_a_run_that_went_on_has_the_bytes_of_one_that_did_not_stop(tmp_path, optimizer, patience):
    def learn(path, epochs, *, resume=False):
        simtool.fit(
            A,
            kind="sup-con",
            labels=CLASSES,
            optimizer=optimizer,
            epochs=epochs,
            patience=patience,
            batch_size=256 if optimizer == "lbfgs" else 24,
            output=str(path),
            resume=resume,
        )

    whole, parts = tmp_path / "whole.safetensors", tmp_path / "parts.safetensors"
    learn(whole, 5)
    learn(parts, 1)
    learn(parts, 3, resume=True)
    assert read_head(str(parts)).about["epoch"] == 3
    learn(parts, 5, resume=True)
    assert parts.read_bytes() == whole.read_bytes()
    learn(parts, 5, resume=True)
    assert parts.read_bytes() == whole.read_bytes()
