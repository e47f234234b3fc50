"""No vector and no id is in two parts."""

import numpy as np

import simtool
from simtool.fitting.checkpoint import read_head
from simtool.io import as_vectors, with_ids

N, D = 240, 6
GENERATOR = np.random.default_rng(3)
CLASSES = np.arange(N) % 4
NOISE = GENERATOR.standard_normal((N, D)).astype(np.float32)
# one dim tells the classes apart, the others are loud
CLEAR = (NOISE * [4, 4, 4, 4, 4, 0.3] + CLASSES[:, None] * np.eye(D)[5] * 3).astype(np.float32)


def test_ids_hold_rows_together(tmp_path):
    ids = np.repeat(np.arange(N // 6), 6)
    vectors = as_vectors(CLEAR)
    path, held = str(tmp_path / "head.safetensors"), str(tmp_path / "held.csv")
    simtool.fit(with_ids(vectors, ids), kind="sup-con", labels=CLASSES, epochs=1, output=path, held_out_ids=held)
    rows = read_head(path).held_out
    assert len(rows) == 48
    assert np.array_equal(np.bincount(ids[rows], minlength=40) % 6, np.zeros(40))
    table = simtool.open_table(held)
    assert np.array_equal(table.values("row"), rows)
    assert np.array_equal(table.values("id"), ids[rows])
