"""Fronts that load what they offer on first use, so that a small job loads only what it needs."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def front(package: str, modules: Mapping[str, tuple[str, ...]]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package.

    Args:
        modules: module, as in `from .module import`, without the first dot -> the names that it offers.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f".{homes[name]}", package), name)

    return get, lambda: sorted(homes)
