"""The page on the architecture names what is there, and every room."""

import re

from pages import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = "benchmarks|cli|core|docs|sample_data|tests"
# X, NAME and FORMAT stand for any
ANY = re.compile(r"\b(?:X|NAME|test_FORMAT)\.py")
PATHS = [path for path in re.findall(rf"\b(?:{ROOMS})/[\w/.]*", PAGE) if not ANY.search(path)]


def test_every_path_is_there():
    assert len(PATHS) > 40
    assert [path for path in PATHS if not (ROOT / path.rstrip(".")).exists()] == []


def test_every_package_has_its_line():
    inits = [path for room in ("cli", "core") for path in (ROOT / room).rglob("__init__.py")]
    packages = [path.parent.relative_to(ROOT).as_posix() for path in inits]
    assert [package for package in sorted(packages) if f"| `{package}/` |" not in PAGE] == []
