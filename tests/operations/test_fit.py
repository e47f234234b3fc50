"""`fit` as a whole: what it promises, `evaluate` finds again."""

import numpy as np
import pytest

import simtool
from simtool.errors import ParameterError
from simtool.fitting.checkpoint import read_head

N, D = 240, 6
GENERATOR = np.random.default_rng(3)
CLASSES = np.arange(N) % 4
NOISE = GENERATOR.standard_normal((N, D)).astype(np.float32)
# one dim tells the classes apart, the others are loud
CLEAR = (NOISE * [4, 4, 4, 4, 4, 0.3] + CLASSES[:, None] * np.eye(D)[5] * 3).astype(np.float32)


def test_evaluate_gives_what_fit_promised(tmp_path):
    path, output = str(tmp_path / "head.safetensors"), str(tmp_path / "held.npy")
    source = str(tmp_path / "clear.npy")
    np.save(source, CLEAR)
    promised = simtool.fit(CLEAR, kind="sup-con", labels=CLASSES, epochs=5, output=path).summary
    simtool.apply(path, source, output=output, held_out=True)
    labels = CLASSES[read_head(path).held_out]
    kept = simtool.evaluate(np.load(output), labels=labels).summary
    for name in ("roc_auc", "eer", "best_accuracy"):
        assert kept[name] == pytest.approx(promised[f"{name}.after"], abs=1e-12)
    assert kept["eer.threshold"] == pytest.approx(promised["eer.after.threshold"], abs=1e-9)


def test_whitening_needs_no_loss(tmp_path):
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(CLEAR, head="whiten", labels=CLASSES, output=path)
    assert "loss.before" not in found.summary
    saved = read_head(path)
    train = np.setdiff1d(np.arange(N), saved.held_out)
    assert np.allclose(np.cov(saved.head.project(CLEAR[train].astype(float)).T, bias=True), np.eye(D), atol=1e-9)
    everything = simtool.fit(CLEAR, head="whiten", output=path, force=True)
    assert everything.summary == {"train": N, "held_out": 0}


A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
LABELS = np.arange(N) % 2


@pytest.mark.parametrize("head", ["linear", "low-rank", "orthogonal", "diagonal"])
def test_a_bias_is_learnt_kept_and_applied(tmp_path, head):
    path, rows, out = (str(tmp_path / name) for name in ("h.safetensors", "a.npy", "out.npy"))
    np.save(rows, A)
    rank = {"low-rank": 3, "orthogonal": 3}.get(head)
    options = {"kind": "cosine", "labels": LABELS, "head": head, "rank": rank, "head_bias": True, "held_out": 0.0}
    simtool.fit(A, B, epochs=3, output=path, **options)
    saved = read_head(path).head
    assert saved.bias.shape == (saved.rank,)
    assert np.abs(saved.bias).min() > 1e-4
    simtool.apply(path, rows, output=out)
    turned = A * saved.weight if head == "diagonal" else A @ saved.weight.T
    np.testing.assert_allclose(np.load(out), turned + saved.bias, atol=1e-12)
    whole = str(tmp_path / "whole.safetensors")
    simtool.fit(A, B, epochs=5, output=whole, **options)
    simtool.fit(A, B, epochs=5, output=path, resume=True, **options)
    assert read_head(path).head.bias.tolist() == read_head(whole).head.bias.tolist()
    with pytest.raises(ParameterError, match="head bias True, not False"):
        simtool.fit(A, B, epochs=6, output=path, resume=True, **options | {"head_bias": False})
