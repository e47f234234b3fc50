"""Which functions `simtool.losses` has, and that no module hides one."""

import ast
import inspect
import pickle
from pathlib import Path

import pytest

import simtool.losses
from simtool.catalogue import LOSSES
from simtool.catalogue.libraries import LIBRARIES, bare_names

FOLDER = Path(__file__).resolve().parents[2] / "core" / "losses"


def typed_names():
    """The names that type checkers see."""
    (block,) = (node for node in ast.parse((FOLDER / "__init__.py").read_text()).body if isinstance(node, ast.If))
    return [node.target.id for node in block.body if isinstance(node, ast.AnnAssign)]


def test_every_loss_of_the_catalogue_is_public_and_nothing_else():
    spelt = {spelling.replace("-", "_"): entry for entry in LOSSES for spelling in (entry.name, *entry.aliases)}
    assert sorted(typed_names()) == dir(simtool.losses) == sorted([*spelt, *bare_names(), *LIBRARIES])
    for name, entry in spelt.items():
        function = getattr(simtool.losses, name)
        assert function is getattr(simtool.losses, entry.name.replace("-", "_"))
        assert pickle.loads(pickle.dumps(function)) is function
        options = list(inspect.signature(function).parameters)
        assert options[-len(entry.parameters) :] == list(entry.parameters) or not entry.parameters
        assert entry.formula in inspect.getdoc(function)
    with pytest.raises(AttributeError, match="no attribute 'contrastiv'"):
        simtool.losses.contrastiv  # noqa: B018 - the name is wrong on purpose


def test_no_module_bears_the_name_of_a_loss():
    modules = {path.stem for path in FOLDER.glob("*.py")}
    assert not modules & set(dir(simtool.losses))
