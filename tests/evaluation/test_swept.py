"""A sweep over cheaper vectors, against sentence-transformers' own and scikit-learn's measures."""

import numpy as np
import pytest

from simtool import evaluate
from simtool.errors import ParameterError, ShapeError
from simtool.evaluation.swept import EvaluationSweep

GENERATOR = np.random.default_rng(3)
LABELS = np.repeat(np.arange(6), 20)
ROWS = (GENERATOR.normal(size=(6, 16))[LABELS] + 1.2 * GENERATOR.normal(size=(120, 16))).astype(np.float32)


def cosine(rows):
    rows = rows.astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


def expected_scores(width, precision):
    peer = pytest.importorskip("sentence_transformers.util")
    unit = ROWS[:, :width] / np.linalg.norm(ROWS[:, :width].astype(np.float64), axis=1, keepdims=True)
    unit = unit.astype(np.float32)
    if precision == "float16":
        return cosine(unit.astype(np.float16))
    found = peer.quantize_embeddings(unit, "ubinary" if precision == "binary" else precision)
    if precision == "binary":
        bits = np.unpackbits(found, axis=1).astype(int)
        return -np.abs(bits[:, None] - bits[None]).sum(axis=-1)
    if precision == "int8":
        low, high = unit.min(axis=0), unit.max(axis=0)
        return cosine((found.astype(np.float64) + 128) * ((high - low) / 255) + low)
    return cosine(found)


def test_each_row_is_an_evaluation_of_what_the_peer_quantizes():
    metrics = pytest.importorskip("sklearn.metrics")
    precisions = ["float32", "float16", "int8", "binary"]
    found = evaluate(ROWS, labels=LABELS, sweep={"truncate": [5, 16], "quantize": precisions})
    first, second = np.triu_indices(120, 1)
    same = LABELS[first] == LABELS[second]
    full = metrics.roc_auc_score(same, cosine(ROWS)[first, second])
    assert found.summary["roc_auc"] == pytest.approx(full, abs=1e-9)
    for width in (5, 16):
        for precision in precisions:
            scores = expected_scores(width, precision)[first, second]
            mark = f"[truncate={width},quantize={precision}]"
            area = metrics.roc_auc_score(same, scores)
            assert found.summary[f"roc_auc{mark}"] == pytest.approx(area, abs=2e-5)
            assert found.summary[f"roc_auc{mark}.loss"] == pytest.approx(full - area, abs=2e-5)
            assert found.summary[f"average_precision{mark}"] == pytest.approx(
                metrics.average_precision_score(same, scores), abs=5e-5
            )
    assert found.rows.columns["bytes"].tolist() == [20, 10, 5, 1, 64, 32, 16, 2]
    assert {"ndcg@10", "map@r.loss", "best_f1"} <= set(found.rows.columns)


def test_pairs_are_swept_too_and_have_intervals():
    a, b, labels = ROWS[:60], ROWS[60:], np.arange(60) % 2
    b = np.where(labels[:, None] == 1, a + 0.5 * b, b)
    found = evaluate(a, b, labels, sweep={"truncate": [4]}, bootstrap=20, folds=2)
    alone = evaluate(a[:, :4], b[:, :4], labels, bootstrap=20, folds=2)
    for end in ("", ".low", ".high"):
        assert found.summary[f"roc_auc[truncate=4]{end}"] == pytest.approx(alone.summary[f"roc_auc{end}"], abs=1e-6)
    rows = found.rows.columns
    assert (rows["truncate"].tolist(), rows["bytes"].tolist()) == ([16, 4], [64, 16])
    assert rows["roc_auc.low"].tolist() == [found.summary["roc_auc.low"], found.summary["roc_auc[truncate=4].low"]]
    assert rows["roc_auc.loss"].tolist() == [0, found.summary["roc_auc[truncate=4].loss"]]


def test_keys_may_be_asked_for_before_any_work():
    key = "roc_auc[quantize=int8].loss"
    assert key in EvaluationSweep.of({"quantize": ["int8"]}).keys
    found = evaluate(ROWS, labels=LABELS, sweep={"quantize": ["int8"]}, require_keys=[key])
    assert abs(found.summary[key]) < 0.01
    assert any("range of each dim" in note for note in found.notes)


@pytest.mark.parametrize(
    "sweep",
    [
        {"width": [4]},
        ["truncate=8", "truncate=9"],
        3,
        "truncate",
        {"truncate": [0]},
        {"truncate": ["x"]},
        {"quantize": ["int4"]},
    ],
)
def test_what_cannot_be_swept_is_refused(sweep):
    with pytest.raises(ParameterError):
        evaluate(ROWS, labels=LABELS, sweep=sweep)


def test_what_a_sweep_does_not_go_with_is_refused():
    with pytest.raises(ParameterError, match="sweep"):
        evaluate(ROWS, labels=LABELS, sweep={"truncate": [4]}, at=["precision=0.9"])
    with pytest.raises(ParameterError, match="vectors of one model"):
        evaluate(scores=np.arange(4.0), labels=np.arange(4) % 2, sweep={"truncate": [4]}, folds=2)
    with pytest.raises(ShapeError, match="no 17 numbers"):
        evaluate(ROWS, labels=LABELS, sweep={"truncate": [17]})


def test_an_undefined_measure_loses_nothing():
    found = evaluate(ROWS[:20], labels=np.zeros(20, int), sweep={"truncate": [4]}, retrieval=False)
    assert found.summary["roc_auc[truncate=4].loss"] is None
