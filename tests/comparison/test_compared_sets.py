"""Two inputs laid out: sizes, items, rows that belong together, misfits and notes."""

import numpy as np

from simtool.comparison.read_sets import as_sets, read_inputs
from simtool.comparison.requests import read_requests
from simtool.errors import ParameterError, ShapeError, SimtoolError
from simtool.io import with_ids

RNG = np.random.default_rng(0)


def inputs(a, b, *, ids=(None, None), weights=(None, None), lengths=(None, None), items=None, cross=False):
    sides = [as_sets(rows, name) for rows, name in ((a, "A"), (b, "B"))]
    sides = [side if own is None else with_ids(side, np.asarray(own)) for side, own in zip(sides, ids, strict=True)]
    return read_inputs(*sides, weights=weights, lengths=lengths, nonfinite="error", cross=cross, items=items)


def request(name):
    return read_requests([name], {}, 0)[0]


def test_two_sets_and_their_same_rows():
    a, b = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    found = inputs(a, b, ids=(["p", "q", "r"], ["r", "x", "p"]), weights=([1, 2, 3], None))
    assert (found.nested, found.shapes, found.sizes) == (False, [(3, 2), (3, 2)], {})
    same = found.same([request("cka")])
    assert (same.x.tolist(), same.y.tolist()) == (a[[0, 2]].tolist(), b[[2, 0]].tolist())
    assert same.weights_a.tolist() == [1, 3]
    assert found.same([request("argmax")]) is None
    assert isinstance(found.misfit(request("energy")), ParameterError)  # takes no weights
    assert found.misfit(request("argmax")) is None


def test_sets_of_two_models_fit_only_what_takes_them():
    found = inputs(RNG.normal(size=(3, 2)), RNG.normal(size=(3, 5)))
    assert isinstance(found.misfit(request("argmax")), ShapeError)
    assert found.misfit(request("cka")) is None
    unequal = inputs(RNG.normal(size=(3, 2)), RNG.normal(size=(4, 2)))
    assert isinstance(unequal.joined, SimtoolError)
    assert unequal.misfit(request("cka")) is unequal.joined


def test_items_padding_and_zero_rows():
    a, b = RNG.normal(size=(2, 3, 2)), RNG.normal(size=(2, 3, 2))
    a[0, 2] = b[1] = 0
    found = inputs(a, b)
    assert (found.matching, found.sizes, found.items.tolist()) == ("aligned", {"items": 2}, [0, 1])
    assert found.tokens[0].real.tolist() == [[True, True, False], [True, True, True]]
    notes = found.notes([request("argmax")])
    assert any("1 of 6 in A, 3 of 6 in B" in note for note in notes)
    assert any(note.startswith("1 item is all padding") for note in notes)
    told = inputs(a, b, lengths=([3, 3], [3, 3]))
    assert any(note.startswith("1 zero row in A, 3 in B") for note in told.notes([]))


def test_items_of_any_length_are_matched_and_sized_apart():
    a, b = [np.eye(2), np.ones((1, 2))], [np.eye(2)[:1], np.eye(2), np.ones((3, 2))]
    found = inputs(a, b)
    assert (found.matching, found.sizes) == ("best", {"items_a": 2, "items_b": 3})
    assert any(note == "items of B have 1 to 3 tokens, 6 in all" for note in found.notes([]))
    assert found.listed([0, 1]) == "0, 1"
    assert inputs(a, b, cross=True).matching is None


def test_errors_name_the_files():
    error = inputs(np.eye(2), np.eye(2)).located(ShapeError("w", "A, B"))
    assert error.where == "A, B"
    assert inputs(np.eye(2), np.eye(2)).too_much_for_all(request("argmax")) is None
