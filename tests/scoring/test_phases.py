"""The passes of a loss, against arithmetic by hand."""

import numpy as np
import pytest

import simtool

RNG = np.random.default_rng(0)
X, Y, Z = (RNG.standard_normal((70, 8)).astype(np.float32) for _ in range(3))
CLASSES = np.arange(70) % 7


def flop(*sides, **options):
    found = simtool.loss(*sides, dry_run=True, **options)
    return found.summary["pairs"], found.summary["flop"]


@pytest.mark.parametrize(
    ("sides", "options", "pairs", "operations"),
    [
        ((X, Y), {"kind": "cosine", "labels": CLASSES % 2}, 70, 2 * 6 * 8 * 70),
        ((X, Y, Z), {"kind": "triplet"}, 140, 4 * 6 * 8 * 70),
        ((X,), {"kind": "sup-con", "labels": CLASSES}, 4900, 2 * 8 * 4900),
        ((X,), {"kind": "sup-con", "labels": CLASSES, "batch_size": 32}, 32**2 * 2 + 36, 16 * (32**2 * 2 + 36)),
        ((X, Y), {"kind": "info-nce"}, 4900, 2 * 8 * 4900),
        ((X,), {"kind": "n-pairs", "labels": CLASSES}, 49, 2 * 8 * 49),
        ((X, Y), {"kind": "barlow-twins"}, 0, 2 * 70 * 64),
        ((X,), {"kind": "arcface", "labels": CLASSES, "weights": Y[:7]}, 490, 2 * 8 * 490),
    ],
)
def test_operations_are_those_of_the_products(sides, options, pairs, operations):
    found = flop(*sides, **options)
    assert found == (pairs, operations)


def test_gradients_take_two_products_more_for_each():
    plain = flop(X, labels=CLASSES, kind="sup-con")[1]
    graded = simtool.loss(X, labels=CLASSES, kind="sup-con", gradients=lambda start, parts: None, dry_run=True)
    assert graded.summary["flop"] == 3 * plain
    assert graded.summary["bytes_written"] == 70 * 8 * 8


def test_rows_that_are_dropped_do_not_stop_the_plan():
    rows = X.copy()
    rows[3] = np.nan
    found = simtool.loss(rows, labels=CLASSES, kind="sup-con", nonfinite="drop", dry_run=True)
    assert found.summary["pairs"] == 4900
    assert "runs on up to" in found.notes[0]
