"""The catalogue: every row loads, says what it must, and keeps the laws it declares."""

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from inspect import getdoc, signature

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simtool
from simtool.backend import choose_backend
from simtool.catalogue import AGGREGATES, KINDS, LOSSES, METRICS, find, names, search
from simtool.errors import ParameterError
from simtool.sets.matching import GreedyMatch

ROWS = [*METRICS, *AGGREGATES, *LOSSES]
LAWS = {}


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
        return found.f1 if isinstance(found, GreedyMatch) else found

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
    for rows in (x, -x, 3 * x, np.zeros_like(x)):
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
    x, y = rng.normal(size=(2, n, d))
    LAWS[name](entry, function_of(entry), x, y, rng)


def test_every_law_is_declared_by_a_row():
    assert {name for _, name in declared()} == set(LAWS)


@pytest.mark.parametrize("entry", LOSSES, ids=lambda entry: entry.name)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_loss_gives_one_value_per_pair_within_its_range(entry, seed):
    rng = np.random.default_rng(seed)
    values = rng.uniform(-1, 1, 20) if entry.metric == "cosine" else rng.exponential(size=20)
    labels = () if entry.labels == "none" else (rng.integers(0, 2, 20),)
    items = entry.load()(values, *labels, **entry.parameters)
    low, high = bounds(entry)
    assert items.shape == (20,)
    assert ((low <= items) & (items <= high)).all()
    shuffled = rng.permutation(20)
    assert (
        entry.load()(values[shuffled], *(y[shuffled] for y in labels), **entry.parameters).tolist()
        == items[shuffled].tolist()
    )


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
    assert entry.metric == "" or find("metric", entry.metric)
    assert set(entry.parameters) <= set(signature(function).parameters)
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


def test_a_row_is_frozen():
    with pytest.raises(FrozenInstanceError):
        METRICS[0].name = "other"


def test_a_misspelt_name_gets_the_closest_one():
    with pytest.raises(ParameterError) as refused:
        find("metric", "cosinus")
    assert (refused.value.what, refused.value.hint) == ("unknown metric 'cosinus'", "did you mean cosine?")
    with pytest.raises(ParameterError) as refused:
        search("qqqq")
    assert refused.value.hint.startswith("one of: metrics, aggregates, losses, cosine")


def test_search_finds_kinds_and_shared_names():
    assert search("losses") == LOSSES
    assert [entry.kind for entry in search("cosine")] == ["metric", "loss"]


def test_describe_lists_and_details():
    everything = simtool.describe()
    assert everything.summary["entries"] == len(ROWS) == len(everything.rows)
    assert everything.rows.columns["name"].tolist() == [entry.name for entry in ROWS]
    assert simtool.describe("metric").rows.columns["name"].tolist() == list(names("metric"))
    closer = dict(zip(*(everything.rows.columns[name].tolist() for name in ("name", "closer")), strict=True))
    assert (closer["dot"], closer["euclidean"], closer["contrastive"]) == ("larger", "smaller", "")
    facts = simtool.describe("bertscore").rows.columns
    found = dict(zip(facts["property"].tolist(), facts["value"].tolist(), strict=True))
    assert (found["name"], found["aliases"]) == ("argmax", "greedy, bertscore")


def test_the_catalogue_imports_neither_numpy_nor_torch():
    code = "import sys, simtool.catalogue; sys.exit(bool({'numpy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_every_public_name_is_there():
    for name in simtool._HOMES:
        assert getattr(simtool, name).__name__ == name
        assert name in dir(simtool)
    with pytest.raises(AttributeError, match="no attribute 'cosin'"):
        simtool.cosin  # noqa: B018
