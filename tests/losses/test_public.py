"""Which functions `simtool.losses` has, and that no module hides one."""

import ast
from pathlib import Path

import pytest

import simtool.losses
from simtool.catalogue import LOSSES

FOLDER = Path(__file__).resolve().parents[2] / "core" / "losses"


def typed_names():
    """The names that type checkers see, and the module of each."""
    (block,) = (node for node in ast.parse((FOLDER / "__init__.py").read_text()).body if isinstance(node, ast.If))
    return {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}


def test_every_loss_of_the_catalogue_is_public_and_nothing_else():
    homes = dict(reversed(entry.function.removeprefix("simtool.losses.").split(":")) for entry in LOSSES)
    assert typed_names() == homes
    assert dir(simtool.losses) == sorted(homes)
    for entry in LOSSES:
        assert getattr(simtool.losses, entry.function.partition(":")[2]) is entry.load()
    with pytest.raises(AttributeError, match="no attribute 'contrastiv'"):
        simtool.losses.contrastiv  # noqa: B018 - the name is wrong on purpose


def test_no_module_bears_the_name_of_a_loss():
    modules = {path.stem for path in FOLDER.glob("*.py")}
    names = {spelling.replace("-", "_") for entry in LOSSES for spelling in (entry.name, *entry.aliases)}
    assert not modules & (names | set(dir(simtool.losses)))
