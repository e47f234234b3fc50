"""Early stopping keeps the best epoch."""

import numpy as np

import simtool
from simtool.fitting.checkpoint import read_head

N, D = 60, 5
A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
CLASSES = np.arange(N) % 4


def test_early_stopping_keeps_the_best_epoch(tmp_path):
    path = tmp_path / "head.safetensors"
    seen: list[float] = []
    rows = A + 2 * np.eye(4, D)[CLASSES]  # something to be found, in a few steps
    found = simtool.fit(
        rows,
        kind="sup-con",
        labels=CLASSES,
        lr=0.02,
        epochs=60,
        patience=4,
        output=str(path),
        on_epoch=lambda epoch, epochs, loss, score: seen.append(score),
    )
    best = int(np.argmax(seen)) + 1
    assert len(seen) == best + 4 < 60
    assert best > 2
    assert (found.summary["epochs"], found.summary["best_epoch"]) == (len(seen), best)
    assert f"stopped early after epoch {len(seen)}: the score was best after {best}" in found.notes
    other = str(tmp_path / "other.safetensors")
    simtool.fit(rows, kind="sup-con", labels=CLASSES, lr=0.02, epochs=best, patience=60, output=other)
    assert np.array_equal(read_head(other).state["parameter"], found.array)  # where that epoch ended
    assert np.array_equal(read_head(str(path)).head.weight, found.array)
