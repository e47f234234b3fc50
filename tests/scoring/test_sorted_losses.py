"""A batch in the order of its classes against the same batch with whole rows, which the laws hold against loops."""

import numpy as np
import pytest

import simtool
from simtool.catalogue.batch_losses import BATCH_LOSSES
from simtool.scoring import batch_data, batches, sorted_batch

SORTED = [entry for entry in BATCH_LOSSES if entry.negatives or entry.miner]
EVERY = [(entry.name, metric) for entry in SORTED for metric in (entry.metric, *entry.metrics)]
# sizes of classes: with singletons, one large class, all of one class, all apart
SIZES = {"mixed": [1, 1, 2, 9, 30, 4, 1, 17, 6], "large": [1, 60, 3, 7], "one": [40], "apart": [1] * 30}
CASES = [(*each, sizes) for each in EVERY for sizes in SIZES if (each[0], sizes) != ("n-pairs", "apart")]


def same(found, expected):
    """Whether two summaries agree, None with None."""
    told = {key: value for key, value in expected.items() if value is not None}
    return set(found) == set(expected) and {key: found[key] for key in told} == pytest.approx(told, rel=1e-12)


def run(kind, sizes, monkeypatch, *, least, **options):
    """The loss of rows whose classes have these sizes, in no order; sorted where `least` is 0."""
    monkeypatch.setattr(batch_data, "SORTED", least)
    rng = np.random.default_rng(4)
    classes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    x = rng.normal(size=(len(classes), 5)) + 0.7 * rng.normal(size=(len(sizes), 5))[classes]
    entry = simtool.find("loss", kind)
    inputs = [x, x + 0.5 * rng.normal(size=x.shape)] if entry.inputs == "views" else [x]
    given = []
    labels = None if entry.inputs == "views" else classes
    found = simtool.loss(*inputs, kind=kind, labels=labels, gradients=lambda _, parts: given.extend(parts), **options)
    return found, given


@pytest.fixture(params=[(8, 4), (3, 300)])
def tiles(request, monkeypatch):
    monkeypatch.setattr(sorted_batch, "ROWS", request.param[0])
    monkeypatch.setattr(sorted_batch, "COLUMNS", request.param[1])
    monkeypatch.setattr(sorted_batch, "NEAR", 200)
    monkeypatch.setattr(sorted_batch, "HELD", 100)


@pytest.mark.parametrize(("kind", "metric", "sizes"), CASES)
def test_a_sorted_batch_is_the_batch(kind, metric, sizes, tiles, monkeypatch):
    options = {"distance": metric, "batch_size": 47 if sizes == "mixed" else None}
    found, slopes = run(kind, SIZES[sizes], monkeypatch, least=0, **options)
    expected, others = run(kind, SIZES[sizes], monkeypatch, least=1 << 60, **options)
    assert same(found.summary, expected.summary)
    np.testing.assert_allclose(found.array, expected.array, rtol=1e-12)
    for name, column in expected.rows.columns.items():
        if column.dtype.kind == "f":
            np.testing.assert_allclose(found.rows.columns[name], column, rtol=1e-12, atol=1e-15)
        else:
            assert found.rows.columns[name].tolist() == column.tolist()
    for own, other in zip(found.histograms, expected.histograms, strict=True):
        assert {name: counts.tolist() for name, counts in own.counts.items()} == {
            name: counts.tolist() for name, counts in other.counts.items()
        }
    for own, other in zip(slopes, others, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-10, atol=1e-13)
    assert found.notes == expected.notes


def test_of_too_many_pairs_the_largest_are_kept(tiles, monkeypatch):
    expected, _ = run("nt-xent", SIZES["mixed"], monkeypatch, least=1 << 60, top=7)
    monkeypatch.setattr(batches, "HELD", 20)
    monkeypatch.setattr("simtool.scoring.accumulator.HELD", 20)
    found, _ = run("nt-xent", SIZES["mixed"], monkeypatch, least=0, top=7)
    assert same(found.summary, expected.summary)
    assert found.array is None
    for name in ("anchor", "positive", "loss"):
        np.testing.assert_allclose(found.rows.columns[name], expected.rows.columns[name], rtol=1e-12)


@pytest.mark.parametrize("least", [0, 1 << 60])
def test_of_equally_hard_rows_the_first_is_named(least, tiles, monkeypatch):
    monkeypatch.setattr(batch_data, "SORTED", least)
    rng = np.random.default_rng(6)
    classes = rng.integers(0, 9, size=70)
    x = np.vstack([np.eye(4), -np.eye(4), np.zeros((1, 4))])[rng.integers(0, 9, size=70)]  # cosines are -1, 0 or 1
    rows = simtool.loss(x, kind="batch-hard-triplet", labels=classes).rows.columns
    cosines = x @ x.T
    for name, sign, mates in (("positive", -1, True), ("negative", 1, False)):
        fit = (classes[:, None] == classes) == mates
        fit &= ~np.eye(70, dtype=bool)
        expected = np.where(fit, sign * cosines, -np.inf).argmax(axis=1)
        assert rows[name].tolist() == expected[rows["id"].astype(int)].tolist()


def test_losses_beside_a_classifier_take_whole_rows(monkeypatch):
    rng = np.random.default_rng(5)
    x, weights, classes = rng.normal(size=(40, 5)), rng.normal(size=(4, 5)), rng.integers(0, 4, 40)
    totals = []
    for least in (0, 1 << 60):
        monkeypatch.setattr(batch_data, "SORTED", least)
        found = simtool.loss(x, kind="arcface", labels=classes, weights=weights, gradients=lambda *_: None)
        totals.append(found.summary["total"])
    assert totals[0] == totals[1] > 0
