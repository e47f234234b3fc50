"""What the reference shows of a name: its parameters, and all that its docstring says of them, with the examples."""

import doctest
import inspect
import logging
import re
import tomllib
from typing import Any

import griffe
import pytest
from pages import ROOT

import simtool
from simtool.catalogue import KINDS

ROOMS = {"metric": "metrics", "loss": "losses", "aggregate": "aggregates"}
MEASURES = [f"{ROOMS[kind]}.{entry.name.replace('-', '_')}" for kind, entries in KINDS.items() for entry in entries]
TITLE = re.compile(r"^(Args|Attributes|Returns|Raises|Source|Example):$", re.MULTILINE)
SECTIONS = {"Args": "parameters", "Attributes": "attributes", "Returns": "returns", "Raises": "raises"}
SECTIONS |= {"Source": "admonition", "Example": "examples"}
NAMES = [*vars(simtool)["_HOMES"], *MEASURES, "nn.Loss", "nn.Similarity"]


@pytest.fixture(scope="module")
def package() -> griffe.Module:
    """The package as mkdocstrings loads it for the site."""
    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    options = settings["project"]["plugins"]["mkdocstrings"]["handlers"]["python"]["options"]
    loader = griffe.GriffeLoader(
        extensions=griffe.load_extensions(*(str(ROOT / each) for each in options["extensions"])),
        docstring_parser=griffe.Parser.google,
        docstring_options=options["docstring_options"],
        force_inspection=options["force_inspection"],
    )
    package = loader.load("simtool")
    loader.resolve_aliases(implicit=False, external=False)
    assert isinstance(package, griffe.Module)
    return package


def _object(name: str) -> Any:
    value: Any = simtool
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _sections(found: Any) -> dict[str, Any]:
    return {section.kind.value: section.value for section in found.docstring.parsed}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_docstring_is_lost(package, name, caplog):
    text, sections = inspect.getdoc(_object(name)) or "", _sections(package[name])
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert {SECTIONS[title] for title in TITLE.findall(text)} | {"text"} == set(sections)
    assert not re.search(r"::$", sections["text"], re.MULTILINE)
    code = "\n\n".join(each for _, each in sections.get("examples", []))
    shown, written = map(doctest.DocTestParser().get_examples, (code, text))
    assert [(each.source, each.want) for each in shown] == [(each.source, each.want) for each in written]
    assert name not in MEASURES or {"parameters", "returns", "admonition", "examples"} <= set(sections)


@pytest.mark.parametrize("name", [name for name in NAMES if name.rpartition(".")[2].islower()])
def test_a_function_has_its_parameters_and_no_default_of_this_machine(package, name):
    parameters = {parameter.name.strip("*"): parameter.default for parameter in package[name].parameters}
    assert list(parameters) == list(inspect.signature(_object(name)).parameters)
    documented = ", ".join(each.name for each in _sections(package[name]).get("parameters", []))
    assert set(re.findall(r"\w+", documented)) <= set(parameters)
    assert "<" not in "".join(map(str, parameters.values()))
    assert "ndarray[" not in "".join(str(parameter.annotation) for parameter in package[name].parameters)


def test_a_class_has_the_signature_that_it_is_called_with(package):
    parameters = [parameter.name for parameter in package["Selection"].members["__init__"].parameters]
    assert parameters == ["cls", *inspect.signature(simtool.Selection).parameters]
    assert "__init__" not in package["Vectors"].all_members
    assert package["Vectors.shape"].docstring
    assert not package["Result.grids"].docstring
