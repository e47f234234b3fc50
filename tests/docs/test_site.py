"""The site: every page is in its navigation, and the pages made of the code name all that there is."""

import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from pages import PAGES, ROOT, title

import simtool
from simtool import catalogue
from simtool.cli.app import app_for
from simtool.io.formats import FORMATS

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
REFERENCE = {f"reference/{name}.md" for name in ("functions", "metrics", "losses", "aggregates", "modules")}
GENERATED = {"catalogue.md", "formats.md", "changelog.md", "commands.md", *REFERENCE}


@pytest.fixture(scope="module")
def build() -> Any:
    """The script that builds the site, as a module."""
    spec = importlib.util.spec_from_file_location("build_site", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _leaves(navigation: Any) -> Iterator[str]:
    if isinstance(navigation, str):
        yield navigation
    else:
        for part in navigation.values() if isinstance(navigation, dict) else navigation:
            yield from _leaves(part)


def test_the_navigation_has_every_page_once(build, tmp_path):
    build.put_together(tmp_path)
    pages = sorted(page.relative_to(tmp_path).as_posix() for page in tmp_path.rglob("*.md"))
    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    assert sorted(_leaves(settings["project"]["nav"])) == pages


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=title)
def test_links_and_pictures_are_there(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")) and target.removeprefix("../") not in GENERATED:
            assert (page.parent / target).exists(), target


def test_every_format_is_on_its_page_in_the_readme_and_in_the_page_on_inputs(build):
    page = "".join(build.formats_page())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sentence = next(paragraph for paragraph in readme.split("\n\n") if paragraph.startswith("simtool reads"))
    inputs = (ROOT / "docs" / "concepts" / "inputs.md").read_text(encoding="utf-8")
    for each in FORMATS.values():
        row = next(line for line in page.splitlines() if line.startswith((f"| {each.title} |", f"| {each.title} (")))
        for fact in (*each.suffixes, each.recognised_by, each.vectors, each.lost, each.extra):
            assert fact in row
        assert (each.family or each.title) in sentence
        assert (each.family or each.title).split()[0] in inputs


def test_the_catalogue_page_has_every_row_under_its_kind(build):
    page = "".join(build.catalogue_page())
    for plural, kind in build.KINDS.items():
        for entry in catalogue.KINDS[kind]:
            heading = f"### {entry.name} {{ #{plural}-{entry.name} }}"
            section = page.split(heading)[1].split("\n### ")[0]
            assert build._sentence(entry.meaning) in section
            assert build._code(entry.formula) in section


def test_the_command_page_has_every_option(build):
    page = "".join(build.commands_page())
    program: Any = typer.main.get_command(app_for())
    for name, command in program.commands.items():
        section = page.split(f"## simtool {name}\n")[1].split("\n## ")[0]
        for parameter in command.params:
            assert f"`{parameter.opts[0]}`" in section or f"`{parameter.metavar}`" in section


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_reference_has_every_public_name(build):
    pages = {
        page: re.findall(r"^::: simtool\.(.+)$", "".join(build.reference_page(page)), re.M) for page in build.REFERENCE
    }
    assert {f"reference/{page}.md" for page in pages} == REFERENCE
    assert pages["functions"] == sorted(vars(simtool)["_HOMES"])
    assert pages["modules"] == ["nn.Loss", "nn.Similarity"]
    for page, kind in build.KINDS.items():
        assert pages[page] == sorted(f"{page}.{name.replace('-', '_')}" for name in catalogue.names(kind))
