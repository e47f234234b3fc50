"""The passes of a comparison, against arithmetic by hand."""

import numpy as np
import pytest

import simtool

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((60, 8)).astype(np.float32), RNG.standard_normal((50, 8)).astype(np.float32)
ITEMS, OTHERS = RNG.standard_normal((6, 5, 8)), RNG.standard_normal((4, 7, 8))


def phases(*sides, **options):
    found = simtool.compare(*sides, dry_run=True, **options)
    names = found.rows.read(0, len(found.rows))["phase"].tolist()
    return names[1:], found.summary["pairs"], found.summary["flop"]


@pytest.mark.parametrize(
    ("sides", "options", "names", "pairs", "flop"),
    [
        ((X, Y), {"aggregates": ["argmax", "maxsim", "mutual"]}, ["best matches"], 3000, 2 * 8 * 3000),
        ((X, Y), {"aggregates": ["mean", "centroid"]}, ["mean", "centroid"], 0, 2 * 2 * 110 * 8),
        ((X, Y), {"aggregates": ["energy"]}, ["energy"], 3000, 2 * 8 * 3000),
        ((ITEMS, ITEMS[::-1]), {}, ["best matches"], 6 * 25, 2 * 8 * 6 * 25),
        ((ITEMS, OTHERS), {}, ["best matches"], 6 * 4 * 35, 2 * 8 * 6 * 4 * 35),
        ((ITEMS, OTHERS), {"cross": True}, ["best matches"], 6 * 4 * 35, 2 * 8 * 6 * 4 * 35),
    ],
)
def test_operations_are_those_of_the_products(sides, options, names, pairs, flop):
    assert phases(*sides, **options) == (names, pairs, flop)


def test_items_of_different_numbers_of_tokens_count_as_the_longest():
    ragged = [ITEMS[0], ITEMS[1, :2], ITEMS[2, :4]]
    assert phases(ragged, ragged)[1] == 3 * 25
