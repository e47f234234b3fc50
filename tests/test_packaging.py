"""The distribution: its name, its version, what it needs at least, and what texts say of installing it."""

import re
import tomllib
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import simtool

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = {need.name: need for need in map(Requirement, PROJECT["project"]["dependencies"])}


def test_the_name_is_not_that_of_another_project():
    assert metadata("simtool-embeddings")["Name"] == "simtool-embeddings"
    assert version("simtool-embeddings") == simtool.__version__ == PROJECT["project"]["version"]


@pytest.mark.parametrize(
    ("name", "refused", "taken"),
    [("torch", "2.9.1", "2.10.0"), ("pyarrow", "23.0.0", "23.0.1"), ("setuptools", "78.1.0", "78.1.1")],
)
def test_versions_with_known_holes_are_not_taken(name, refused, taken):
    builds = {need.name: need for need in map(Requirement, PROJECT["build-system"]["requires"])}
    allowed = (NEEDED | builds)[name].specifier
    assert not allowed.contains(refused)
    assert allowed.contains(taken)


def test_scipy_needs_no_extra_and_the_old_extra_still_installs():
    assert "scipy" in NEEDED
    assert PROJECT["project"]["optional-dependencies"]["sets"] == []


def test_what_is_tested_is_what_is_allowed():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    pins = {name.replace("_", "-"): pinned for name, pinned in pins.items()}
    tested = map(Requirement, PROJECT["project"]["optional-dependencies"]["test"])
    for need in (*NEEDED.values(), *tested):
        assert need.specifier.contains(pins[need.name]), need


def test_no_text_installs_another_project():
    texts = [
        path for room in ("core", "cli", "docs") for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".md")
    ]
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *texts):
        assert not re.search(r"simtool\[|install '?simtool\b(?!-)", path.read_text()), path
