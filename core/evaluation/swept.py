"""One evaluation over vectors that take fewer bytes: prefixes and precisions, each against the full vectors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Self

import numpy as np

from .. import checks
from ..errors import ParameterError
from ..io import Vectors
from ..io.cut_down import CutDown
from ..io.quantized import WRITTEN
from ..named_values import named_values
from ..results import Columns, Result
from .inputs import EvaluationInputs

MEASURES = ("roc_auc", "average_precision", "best_f1", "ndcg@10", "map@r")
MEASURED = [name + end for name in MEASURES for end in ("", ".low", ".high")]

Evaluate = Callable[[EvaluationInputs, bool], Result]  # inputs, and whether they are packed bits


@dataclass(frozen=True)
class EvaluationSweep:
    """The combinations of widths and precisions.

    Args:
        widths: how many numbers of each row are kept; none where the width is not swept.
        precisions: as of `quantize`; none where the precision is not swept.
    """

    widths: tuple[int, ...] = ()
    precisions: tuple[str, ...] = ()

    @classmethod
    def of(cls, typed: Any) -> Self:
        """Check what was asked for: `truncate` -> widths, `quantize` -> precisions.

        Raises:
            ParameterError: another name, a width below 1, an unknown precision.
        """
        given: dict[str, list[Any]] = {}
        for name, values in named_values(typed, "sweep", "truncate=64,128"):
            checks.check_choice("sweep", name, ("truncate", "quantize"))
            if name in given:
                raise ParameterError(f"{name} is swept twice", "«sweep»", "as in «sweep=truncate=64,128»")
            given[name] = values
        widths, precisions = given.get("truncate", ()), given.get("quantize", ())
        for width in widths:
            checks.check_count("«sweep»", width)
        for precision in precisions:
            checks.check_choice("sweep", precision, tuple(WRITTEN))
        return cls(tuple(widths), tuple(precisions))

    def check_alone(self, **others: Any) -> None:
        """Refuse what a sweep has not.

        Raises:
            ParameterError: one of them is given.
        """
        if any(each is not None for each in others.values()):
            what = "a sweep has no thresholds and no curve, and is of pairs or classes"
            raise ParameterError(what, "«sweep»", "leave out «at», «thresholds_out» and «qrels»")

    @property
    def _swept(self) -> dict[str, tuple[Any, ...]]:
        return {name: each for name, each in (("truncate", self.widths), ("quantize", self.precisions)) if each}

    @property
    def combinations(self) -> list[dict[str, Any]]:
        """Every combination of what is swept, by name."""
        return [dict(zip(self._swept, values, strict=True)) for values in product(*self._swept.values())]

    @property
    def keys(self) -> list[str]:
        """Every key that the summary may have beside that of the full vectors."""
        names = (*MEASURED, *(f"{name}.loss" for name in MEASURES), "bytes")
        return [_key(name, _marked(each)) for each in self.combinations for name in names]

    def run(self, inputs: EvaluationInputs, evaluate: Evaluate) -> Result:
        """Evaluate the full vectors, then each combination.

        Returns:
            The result of the full vectors, with a row for them and one for each combination, also in the summary.

        Raises:
            ParameterError: there are no vectors, or two models.
            ShapeError: a width that the vectors do not have.
        """
        if inputs.a is None or inputs.against is not None or inputs.by is not None:
            what = "a sweep is of the vectors of one model, without groups"
            raise ParameterError(what, "«sweep»", "name vectors, and leave out «scores», «against» and «by»")
        cheap = [self._of(inputs, each) for each in self.combinations]
        full = evaluate(inputs, False)
        summary, rows = dict(full.summary), list[dict[str, Any]]()
        for combination, given in zip(self.combinations, cheap, strict=True):
            found = evaluate(given, CutDown(**combination).is_bits).summary
            row = _row(inputs.a, combination, full.summary, found)
            rows.append(row)
            mark = _marked(combination)
            summary |= {_key(name, mark): value for name, value in row.items() if name not in combination}
        whole = {"truncate": inputs.a.shape[1], "quantize": inputs.a.dtype.name}
        whole = {name: whole[name] for name in self._swept}
        if whole not in self.combinations:
            rows.insert(0, _row(inputs.a, whole, full.summary, full.summary))
        columns = {name: np.asarray([row[name] for row in rows]) for name in rows[0]}
        swept = {"sweep": " ".join(f"{name}={','.join(map(str, values))}" for name, values in self._swept.items())}
        notes = dict.fromkeys(note for each in self.precisions for note in CutDown(quantize=each).notes)
        result = replace(full, summary=summary, rows=Columns(columns), notes=(*full.notes, *notes), array=None)
        return replace(result, parameters={**full.parameters, **swept})

    def _of(self, inputs: EvaluationInputs, combination: Mapping[str, Any]) -> EvaluationInputs:
        a, b = (None if side is None else CutDown(**combination).of(side) for side in (inputs.a, inputs.b))
        return replace(inputs, a=a, b=b)


def _row(
    vectors: Vectors, combination: Mapping[str, Any], full: Mapping[str, Any], found: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a combination with its bytes, the measures with their intervals, and what each loses."""
    measured = {**combination, "bytes": _row_bytes(vectors, combination)}
    measured |= {key: found[key] for key in MEASURED if key in found}
    for name in (name for name in MEASURES if name in found):
        is_defined = full[name] is not None and found[name] is not None
        measured[f"{name}.loss"] = full[name] - found[name] if is_defined else None
    return measured


def _row_bytes(vectors: Vectors, combination: Mapping[str, Any]) -> int:
    width = int(combination.get("truncate", vectors.shape[1]))
    precision = combination.get("quantize", vectors.dtype.name)
    if CutDown(quantize=precision).is_bits:
        return (width + 7) // 8
    return width * int(np.dtype(precision).itemsize)


def _marked(combination: Mapping[str, Any]) -> str:
    return f"[{','.join(f'{name}={value}' for name, value in combination.items())}]"


def _key(name: str, mark: str) -> str:
    """Return `roc_auc[...]` or `roc_auc[...].loss`."""
    stem, dot, rest = name.partition(".")
    return f"{stem}{mark}{dot}{rest}"
