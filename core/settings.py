"""What most doors are told besides their inputs: how to read, what of rows that are not finite, where to compute."""

from dataclasses import dataclass
from typing import Any, Self

from . import checks, given_inputs
from .backend import Backend, choose_backend
from .engine import Budget, budget_of
from .io import Vectors
from .metrics import EPS
from .nonfinite import NONFINITE


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options that mean the same in every door, as `pairwise` explains them."""

    nonfinite: str = "error"
    eps: float = EPS
    max_memory: str | int | None = None
    device: str = "cpu"
    backend: str = "auto"
    header: str = "auto"

    def checked(self, modes: tuple[str, ...] = NONFINITE) -> Self:
        """Return them, unless one is outside its range.

        Raises:
            ParameterError: `nonfinite` is none of the modes, or eps is no norm.
        """
        checks.check_choice("nonfinite", self.nonfinite, modes)
        checks.check_eps(self.eps)
        return self

    @property
    def reading(self) -> dict[str, Any]:
        """How sources are opened."""
        return {"nulls": self.nonfinite != "error", "header": self.header, "max_memory": self.max_memory}

    def open(self, given: Any, name: str, ids: Any = None) -> Vectors:
        """Return vectors, an array or what a source names as vectors; `name` is what messages call an array."""
        return given_inputs.given(given, name, ids=ids, **self.reading)

    def budget(self, *inputs: Vectors | None) -> Budget:
        """Return what may be held beside inputs that are open."""
        return budget_of(self.max_memory, *inputs)

    def space(self) -> Backend:
        """Return where to compute; a device that is missing is an error."""
        return choose_backend(self.backend, self.device)
