"""The tests mirror the tree: what a module does is tested in the file of its name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# rows of the catalogue are held together, by tests/catalogue/test_catalogue.py and tests/laws
ROWS = {
    *("core/catalogue/aggregates.py", "core/catalogue/space_aggregates.py", "core/catalogue/metrics.py"),
    *(str(path.relative_to(ROOT)) for path in (ROOT / "core" / "catalogue").glob("*losses.py")),
}
MODULES = [
    path.relative_to(ROOT)
    for folder in ("core", "cli")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.name.startswith("__")
]


def mirrored(module: Path) -> Path:
    """Return the file of the tests of a module: of core under tests, of cli under tests/cli."""
    parts = module.parts[1:] if module.parts[0] == "core" else module.parts
    return Path("tests", *parts[:-1], f"test_{parts[-1]}")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_has_a_test_file_of_its_name(module: Path) -> None:
    assert str(module) in ROWS or (ROOT / mirrored(module)).is_file()
