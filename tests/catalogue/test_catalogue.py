"""The catalogue: every row loads, says what it must, and keeps the laws it declares."""

import re
import subprocess
import sys
from inspect import getdoc, signature

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simtool
from simtool.backend import choose_backend
from simtool.catalogue import AGGREGATES, KINDS, LOSSES, METRICS, find, search
from simtool.catalogue.losses import ITEM_LOSSES
from simtool.errors import ParameterError
from simtool.scoring.distances import distance_of

ROWS = [*METRICS, *AGGREGATES, *LOSSES]
LAWS = {}
INPUTS = ("pairs", "triplets", "classes", "views", "teacher", "classifier")


# the least n and d that an aggregate is defined for, where one row of one number is not enough
SMALLEST = {
    "frechet": (2, 1),
    "prdc": (6, 1),
    "cka": (2, 1),
    "cka-rbf": (2, 1),
    "procrustes": (2, 1),
    "svcca": (2, 1),
    "rsa": (4, 3),
    "knn-overlap": (12, 3),
    "c2st": (5, 1),
}
SPREAD = ("cka", "cka-rbf", "procrustes", "svcca", "rsa")  # undefined for equal rows


def law(name):
    def declare(check):
        LAWS[name] = check
        return check

    return declare


def function_of(entry):
    """The function of a metric or aggregate, from two arrays of rows to numbers."""
    function = entry.load()
    if entry.kind == "metric":
        return function
    backend = choose_backend()

    def aggregate(x, y):
        found = function(x, y, backend=backend)
        return getattr(found, "score", found)  # of several numbers the one that stands for them

    return aggregate


def near(entry, x, y):
    # arccos turns the last bit of a cosine near 1 into 1e-8
    np.testing.assert_allclose(x, y, rtol=1e-9, atol=3e-8 if entry.name == "angular" else 1e-9)


@law("symmetric")
def symmetric(entry, f, x, y, rng):
    near(entry, f(x, y), f(y, x))


@law("scale-invariant")
def scale_invariant(entry, f, x, y, rng):
    near(entry, f(x * 10.0 ** rng.uniform(-3, 3, (len(x), 1)), y * 7.5), f(x, y))


@law("rotation-invariant")
def rotation_invariant(entry, f, x, y, rng):
    rotation = np.linalg.qr(rng.normal(size=(x.shape[1],) * 2))[0]
    near(entry, f(x @ rotation, y @ rotation), f(x, y))


@law("bounded")
def bounded(entry, f, x, y, rng):
    assert np.all((bounds(entry)[0] <= f(x, y)) & (f(x, y) <= bounds(entry)[1]))
    # at the ends of the range, where rounding may leave it
    for rows in (x, -x, 3 * x, *([] if entry.name in SPREAD else [np.zeros_like(x)])):
        assert np.all((bounds(entry)[0] <= f(x, rows)) & (f(x, rows) <= bounds(entry)[1]))


@law("identity")
def identity(entry, f, x, y, rng):
    if entry.larger_is_closer:
        near(entry, f(x, x), 1.0)
        assert np.all(f(x, y) <= f(x, x) + 1e-12)
    else:
        near(entry, f(x, x), 0.0)
        assert np.all(f(x, y) >= 0)


@law("zero-padding")
def zero_padding(entry, f, x, y, rng):
    near(entry, f(*(np.pad(rows, ((0, 0), (0, 5))) for rows in (x, y))), f(x, y))


@law("row-order")
def row_order(entry, f, x, y, rng):
    near(entry, f(rng.permutation(x), rng.permutation(y)), f(x, y))


def rotation(rng, width):
    return np.linalg.qr(rng.normal(size=(width, width)))[0]


@law("shared-row-order")
def shared_row_order(entry, f, x, y, rng):
    order = rng.permutation(len(x))
    near(entry, f(x[order], y[order]), f(x, y))


@law("orthogonal-each")
def orthogonal_each(entry, f, x, y, rng):
    near(entry, f(x @ rotation(rng, x.shape[1]), y @ rotation(rng, x.shape[1])), f(x, y))


@law("scale-each")
def scale_each(entry, f, x, y, rng):
    near(entry, f(x * 0.03, y * 70), f(x, y))


@law("shift-each")
def shift_each(entry, f, x, y, rng):
    near(entry, f(x + 10 * rng.normal(size=x.shape[1]), y + rng.normal(size=x.shape[1])), f(x, y))


@law("shared-scale")
def shared_scale(entry, f, x, y, rng):
    near(entry, f(x * 70, y * 70), f(x, y))


@law("shared-shift")
def shared_shift(entry, f, x, y, rng):
    shift = 10 * rng.normal(size=x.shape[1])
    near(entry, f(x + shift, y + shift), f(x, y))


def bounds(entry):
    low, high = re.fullmatch(r"\[(\S+), (\S+)[\])]", entry.range).groups()
    return float(low), float(high)


def declared():
    return [(entry, name) for entry in ROWS for name in entry.laws]


@pytest.mark.parametrize(("entry", "name"), declared(), ids=lambda value: getattr(value, "name", value))
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 6), d=st.integers(1, 8))
def test_a_row_keeps_the_laws_it_declares(entry, name, seed, n, d):
    rng = np.random.default_rng(seed)
    least = SMALLEST.get(entry.name, (1, 1))
    x, y = rng.normal(size=(2, max(n, least[0]), max(d, least[1])))
    if entry.kind == "metric" and entry.load().refusal(x.dtype):  # a metric of packed bits
        x, y = rng.integers(0, 256, (2, n, d), dtype=np.uint8)
    LAWS[name](entry, function_of(entry), x, y, rng)


def test_every_law_is_declared_by_a_row():
    assert {name for _, name in declared()} == set(LAWS)


def loss_arguments(entry, rng, n=20):
    """What a loss of single items or of whole columns takes, for n rows."""
    if entry.inputs in ("views", "teacher"):
        return tuple(rng.normal(size=(2, n, 4)))
    if entry.inputs == "classifier":
        return rng.uniform(-1, 1, (n, 4)), rng.integers(0, 4, n)
    is_cosine = entry.metric in ("cosine", "angle")
    values = [rng.uniform(-1, 1, n) if is_cosine else rng.exponential(size=n) for _ in range(2)]
    labels = {"none": [], "binary": [rng.integers(0, 2, n)], "score": [rng.integers(0, 5, n) / 4]}[entry.labels]
    return (*values[: 2 if entry.inputs == "triplets" else 1], *labels)


@pytest.mark.parametrize("entry", ITEM_LOSSES, ids=lambda entry: entry.name)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_loss_gives_one_value_per_item_within_its_range(entry, seed):
    rng = np.random.default_rng(seed)
    arguments, parameters = loss_arguments(entry, rng), {**entry.parameters}
    parameters.pop("swap", None)
    items = np.asarray(entry.load()(*arguments, **parameters))
    low, high = bounds(entry)
    assert items.shape == ({"batch": 1, "feature": 4, "part": 4}.get(entry.item, 20),)
    assert ((low <= items) & (items <= high)).all()
    order = rng.permutation(20)
    moved = np.asarray(entry.load()(*(array[order] for array in arguments), **parameters))
    # an item goes with its rows; what is one number of all of them stays, but for rounding
    expected = items[order] if items.shape == (20,) else items
    np.testing.assert_allclose(moved, expected, rtol=0 if items.shape == (20,) else 1e-9, atol=0)


@pytest.mark.parametrize("entry", ROWS, ids=lambda entry: f"{entry.kind}-{entry.name}")
def test_a_row_says_what_it_must(entry):
    function = entry.load()
    documentation = getdoc(function)
    for part in ("Args:", "Returns:", "Source:", "Example:", ">>> "):
        assert part in documentation, part
    described = documentation.partition("Args:")[2].partition("Returns:")[0]
    for name in signature(function).parameters:
        assert re.search(rf"^ +{name}: ", described, re.MULTILINE), name
    for fact in (entry.meaning, entry.formula, entry.range, entry.source):
        assert fact
    assert entry.labels in ("none", "binary", "score", "class")
    for metric in (entry.metric, *entry.metrics):
        assert metric == "" or distance_of(metric).meaning or find("metric", metric)
    # the command turns these into what it passes
    assert set(entry.parameters) - {"swap", "symmetric"} <= set(signature(function).parameters)
    assert not entry.metric or entry.metric not in entry.metrics
    if entry.kind == "loss":
        assert entry.item
        assert entry.inputs in INPUTS
        for variant in entry.variants.values():
            assert variant.source
            assert variant.metric in ("", entry.metric, *entry.metrics)
            assert set(variant.parameters) <= set(entry.parameters)
    assert entry.range == "unbounded" or bounds(entry)[0] < bounds(entry)[1]


def test_names_and_aliases_are_unique_within_a_kind():
    for kind, rows in KINDS.items():
        spellings = [spelling for entry in rows for spelling in (entry.name, *entry.aliases)]
        assert len(spellings) == len(set(spellings))
        for entry in rows:
            assert entry.kind == kind
            for spelling in (entry.name, *entry.aliases):
                assert find(kind, spelling) is entry
                assert entry in search(spelling)


def test_the_catalogue_imports_neither_numpy_nor_torch():
    code = "import sys, simtool.catalogue; sys.exit(bool({'numpy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_every_public_name_is_there():
    for name in simtool._HOMES:
        assert getattr(simtool, name).__name__ == name
        assert name in dir(simtool)
    with pytest.raises(AttributeError, match="no attribute 'cosin'"):
        simtool.cosin  # noqa: B018


def test_several_names_in_one_are_told_apart():
    with pytest.raises(ParameterError, match="name them one by one: knn-overlap and paired"):
        find("aggregate", "knn-overlap,paired")
