"""Every door is one pattern: check the arguments, make a plan, run it."""

import ast
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

import simtool
from simtool.errors import ParameterError

ROOT = Path(__file__).resolve().parents[2]
DOORS = sorted(path.stem for path in (ROOT / "core" / "operations").glob("*.py") if path.stem in dir(simtool))


def test_there_is_a_door_for_each_command():
    commands = {path.stem for path in (ROOT / "cli" / "commands").glob("*.py")} - {"__init__", "list", "merge"}
    assert set(DOORS) == commands | {"describe"}


@pytest.mark.parametrize("name", DOORS)
def test_a_door_makes_a_plan_which_is_a_frozen_record(name):
    module = import_module(f"simtool.operations.{name}")
    records = [each for each in vars(module).values() if isinstance(each, type) and is_dataclass(each)]
    plans = [each for each in records if each.__name__.endswith("Plan") or each.__name__ == "LossJob"]
    assert plans
    assert all(each.__dataclass_params__.frozen for each in plans)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_checks_its_arguments_before_it_opens_an_input(name):
    source = (ROOT / "core" / "operations" / f"{name}.py").read_text(encoding="utf-8")
    (door,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name)
    opens = [number for number, node in enumerate(door.body) if isinstance(node, ast.With)]
    checks = [number for number, node in enumerate(door.body) if "check_keys" in ast.unparse(node)]
    assert len(checks) == 1
    assert all(checks[0] < number for number in opens)
    assert len(opens) == (name != "describe")  # which reads no file


@pytest.mark.parametrize("name", DOORS)
def test_a_key_that_no_result_has_is_refused_before_the_inputs_are_looked_for(name):
    inputs = {
        "apply": 2,
        "leak": 2,
        "similarity": 2,
        "pairwise": 2,
        "compare": 2,
        "channels": 2,
        "explain": 2,
        "describe": 0,
    }
    options = {"loss": {"kind": "cosine"}, "fit": {"kind": "cosine"}, "apply": {"output": "out.npy"}}
    options["convert"] = {"output": "out.npy"}
    door = getattr(simtool, name)
    with pytest.raises(ParameterError, match="no number is called 'nothing'"):
        door(*["missing.npy"] * inputs.get(name, 1), require_keys=["nothing"], **options.get(name, {}))
