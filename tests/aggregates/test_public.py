"""`simtool.aggregates.NAME(a, b)`: every aggregate of the catalogue by name and alias, checked at its door."""

import ast
from pathlib import Path

import numpy as np
import pytest

from simtool import aggregates, compare
from simtool.catalogue import AGGREGATES
from simtool.errors import DataError, ShapeError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 4)), RNG.normal(size=(20, 4)) + 0.2


@pytest.mark.parametrize("entry", AGGREGATES, ids=lambda entry: entry.name)
def test_every_function_is_what_compare_finds(entry):
    expected = compare(X, Y, aggregates=[entry.name]).summary[entry.name]
    for name in (entry.name, *entry.aliases):
        value = getattr(aggregates, name.replace("-", "_"))(X, Y)
        assert getattr(value, "score", value) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_type_checkers_see_every_name_and_no_module_hides_one():
    tree = ast.parse(Path(aggregates.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = [target.id for node in block.body if isinstance(node, ast.Assign) for target in node.targets]
    assert sorted(typed) == dir(aggregates)
    modules = {path.stem for path in Path(aggregates.__file__).parent.glob("*.py")}
    assert not modules & set(dir(aggregates))


def test_lists_are_sets_too_and_bad_ones_are_refused():
    assert aggregates.mean([[1, 0], [0, 1]], [[1, 0]]) == 0.5
    assert aggregates.cka(X, X[:, :2]).score > 0  # of two spaces
    for x, y, error, what in [
        (X[0], Y, ShapeError, r"expected a set of rows \(n, d\), got shape \(4,\)"),
        (X[:0], Y, ShapeError, r"got shape \(0, 4\)"),
        (X, Y[:, :3], ShapeError, "rows of A have 4 dims and those of B 3"),
        (X, Y * [1, 1, 1, np.nan], DataError, "row 0 holds NaN or infinity"),
        ([["a"]], Y, DataError, "expected real numbers"),
    ]:
        with pytest.raises(error, match=what):
            aggregates.argmax(x, y)
    with pytest.raises(ShapeError, match="A has 20 rows and B has 9"):
        aggregates.paired(X, Y[:9])
    with pytest.raises(AttributeError, match="no attribute 'bestest'"):
        aggregates.bestest  # noqa: B018
