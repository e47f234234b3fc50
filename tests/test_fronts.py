"""A front loads a module when one of its names is asked for, and says so where it has no such name."""

import sys

import pytest

from simtool.fronts import front


def test_a_name_loads_its_module_and_no_other(tmp_path, monkeypatch):
    package = tmp_path / "house"
    package.mkdir()
    modules = '{"rooms": ("kitchen",), "cellar": ("wine",)}'
    text = f"from simtool.fronts import front\n__getattr__, __dir__ = front(__name__, {modules})\n"
    (package / "__init__.py").write_text(text)
    (package / "rooms.py").write_text("kitchen = 'warm'\n")
    (package / "cellar.py").write_text("wine = 'red'\n")
    monkeypatch.syspath_prepend(tmp_path)
    import house

    assert dir(house) == ["kitchen", "wine"]
    assert house.kitchen == "warm"
    assert "house.rooms" in sys.modules
    assert "house.cellar" not in sys.modules


def test_an_unknown_name_is_an_attribute_error():
    get, _ = front("house", {"rooms": ("kitchen",)})
    with pytest.raises(AttributeError, match="module 'house' has no attribute 'attic'"):
        get("attic")
