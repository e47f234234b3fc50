"""The examples in the docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import simtool

MODULES = ["simtool", *(module.name for module in pkgutil.walk_packages(simtool.__path__, "simtool."))]
# every public function that computes has an example, and a few helpers do
LEAST = 25


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch, sample_data):
    monkeypatch.chdir(sample_data.parent)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_the_examples_of_a_module_hold(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in MODULES if not name.endswith("__main__")]
    examples = [test for module in modules for test in finder.find(module) if test.examples]
    assert len(examples) >= LEAST
