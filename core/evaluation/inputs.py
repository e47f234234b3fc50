"""What there is to evaluate, opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from ..io import Vectors, as_vectors
from ..results import Column


@dataclass(frozen=True)
class EvaluationInputs:
    """The inputs of `evaluate`, opened.

    Args:
        against: (a, b), scores, or None.
        names: what messages call the values.
    """

    a: Vectors | None
    b: Vectors | None
    scores: Column | None
    labels: Column | None
    targets: Column | None
    by: Column | None
    against: tuple[Vectors, Vectors] | Column | None
    names: dict[str, str] = field(default_factory=dict)

    @property
    def sides(self) -> dict[str, Vectors]:
        """The vectors by role; scores as vectors of one number where there are no others."""
        if self.scores is not None:
            return {"scores": as_vectors(np.asarray(self.scores, dtype=np.float64)[:, None], self.names["scores"])}
        against = () if self.against is None else self.against
        named = zip(("a", "b", "against_a", "against_b"), (self.a, self.b, *against), strict=False)
        return {role: side for role, side in named if side is not None}

    def some(self, rows: Sequence[Vectors], numbers: Column) -> Self:
        """Return some pairs, or rows of one input."""
        values = {name: getattr(self, name) for name in ("scores", "labels", "targets", "by")}
        values = {name: None if each is None else np.asarray(each)[numbers] for name, each in values.items()}
        sides: dict[str, Any] = dict(zip(self.sides, rows, strict=True))
        against: Any = self.against
        if self.scores is not None:
            sides, against = {}, None if against is None else np.asarray(against)[numbers]
        elif against is not None:
            against = sides.pop("against_a"), sides.pop("against_b")
        return replace(self, **values, **sides, against=against)
