"""The memory order of an input never shows: every operation gives the same bytes."""

import json

import numpy as np
import pytest

import simtool
from simtool import open_vectors

RNG = np.random.default_rng(0)
DTYPES = ["f2", "f4", "f8", "i1"]
CLASSES = np.arange(24) % 5
LABELS = np.arange(24) % 2

ORDERS = {
    "fortran": np.asfortranarray,
    "transposed": lambda rows: np.ascontiguousarray(rows.T).T,
    "every other row": lambda rows: np.repeat(rows, 2, axis=0)[::2],
    "every other column": lambda rows: np.repeat(rows, 2, axis=1)[:, ::2],
    "rows backwards": lambda rows: np.ascontiguousarray(rows[::-1])[::-1],
    "columns backwards": lambda rows: np.ascontiguousarray(rows[:, ::-1])[:, ::-1],
}

OPERATIONS = {
    "similarity": simtool.similarity,
    "similarity along dim 0": lambda a, b: simtool.similarity(a, b, dim=0, metric="euclidean"),
    "pairwise": simtool.pairwise,
    "pairwise euclidean": lambda a, b: simtool.pairwise(a, metric="euclidean"),
    "pairwise along dim 0": lambda a, b: simtool.pairwise(a, b, dim=0, top_k=2),
    "top k": lambda a, b: simtool.pairwise(a, top_k=3),
    "threshold": lambda a, b: simtool.pairwise(a, b, threshold=0.1),
    "max pairs": lambda a, b: simtool.pairwise(a, b, max_pairs=9, metric="manhattan"),
    "compare": lambda a, b: simtool.compare(a, b, aggregates=["all"]),
    "loss of pairs": lambda a, b: simtool.loss(a, b, kind="contrastive", labels=LABELS),
    "loss of a batch": lambda a, b: simtool.loss(a, kind="batch-hard-triplet", labels=CLASSES),
    "evaluate pairs": lambda a, b: simtool.evaluate(a, b, labels=LABELS),
    "evaluate classes": lambda a, b: simtool.evaluate(a, labels=CLASSES),
    "explain": lambda a, b: simtool.explain(a, b, row=1),
    "channels": lambda a, b: simtool.channels(a.reshape(4, 3, 2, 6), b.reshape(4, 3, 2, 6)),
    "fit": lambda a, b: simtool.fit(a, b, kind="contrastive", labels=LABELS, epochs=2),
}


def said(result):
    """Everything that a result says, to the last bit."""
    rows = {name: column.tolist() for name, column in result.rows.read(0, len(result.rows)).items()}
    array = None if result.array is None else (result.array.tobytes(), result.array.shape)
    return json.dumps([result.summary, rows], default=str), array, result.notes


def sides(dtype):
    return [(10 * RNG.normal(size=(24, 6))).astype(dtype) for _ in "ab"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_memory_order_gives_the_same_bytes(operation, dtype):
    run, a, b = OPERATIONS[operation], *sides(dtype)
    expected = said(run(a, b))
    for order in ORDERS.values():
        assert said(run(order(a), order(b))) == expected


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in ("channels", "fit")])
def test_a_file_in_fortran_order_gives_the_same_bytes(operation, dtype, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run, given = OPERATIONS[operation], sides(dtype)
    answers = []
    for order in (np.ascontiguousarray, np.asfortranarray):
        for name, rows in zip("ab", given, strict=True):
            np.save(f"{name}.npy", order(rows))
        answers.append(said(run(*(open_vectors(f"{name}.npy") for name in "ab"))))
    assert answers[0] == answers[1]
