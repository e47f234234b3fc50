"""What may be asked of `compare`: options that go together, and the keys that its summary has then."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..aggregates.record import keys_of
from ..catalogue import PERCENTAGES
from ..checks import check_choice, check_least
from ..errors import ParameterError
from .best_items import best_keys
from .compared_sets import ALIGNED, BEST, BEST_SIZES
from .report import endings
from .requests import named_aggregates, names_with

MATRIX_KEYS = ("rows", "columns", "mean", "min", "max")


@dataclass(frozen=True)
class CompareOptions:
    """Options that must go together."""

    percent: str
    null: int
    bootstrap: int
    matches: bool
    cross: bool
    top: int | None
    items: str | None
    per_id: bool = False

    def check(self, names: Sequence[str]) -> None:
        """Refuse what does not go together, before any input is read."""
        check_choice("percent", self.percent, tuple(PERCENTAGES))
        if self.items is not None:
            check_choice("items", self.items, (ALIGNED, BEST))
        check_least(0, null=self.null, bootstrap=self.bootstrap)
        check_least(1, top=self.top)
        if self.bootstrap == 1:
            raise ParameterError("one draw has no spread", "«bootstrap»", "200 or more give an interval")
        if self.percent == "baseline" and not self.null:
            raise ParameterError("a baseline is the mean of a null", "«percent=baseline»", "add «null=200»")
        if self.matches and not set(names) & set(matching := names_with("matched")):
            what = f"matches are those of {', '.join(matching[:-1])} or {matching[-1]}"
            raise ParameterError(what, "«matches»", "add «aggregates=argmax»")
        if self.per_id and (self.matches or self.cross):
            other = "«matches»" if self.matches else "«cross»"
            raise ParameterError("one listing at a time", f"«per_id», {other}", "leave one of them out")
        if self.top is not None and not (self.matches or self.per_id):
            raise ParameterError("only matches are listed by their score", "«top»", "add «matches»")
        if self.cross:
            self._check_cross(names)

    def _check_cross(self, names: Sequence[str]) -> None:
        crossed = names_with("crossed")
        if len(names) != 1 or names[0] not in crossed:
            what = f"the matrix of all items is of one aggregate: {' or '.join(crossed)}"
            raise ParameterError(what, "«cross»", "name that one with «aggregates»")
        others = {
            "«null»": self.null,
            "«bootstrap»": self.bootstrap,
            "«matches»": self.matches,
            "«items»": self.items is not None,
        }
        given = [option for option, value in others.items() if value]
        if given or self.percent != "clip":
            raise ParameterError(f"the matrix of all items has no {(given or ['«percent»'])[0]}", "«cross»")

    def check_best(self, n: int, m: int) -> None:
        """Refuse what best matches of n with m items do not have."""
        why = "items are matched with the closest of the other list"
        if self.items is None:
            why = f"there are {n} and {m} items: each is matched with the closest of the other list"
        if self.null:
            what = f"{why}, which stays the closest in any order: there is no null"
            raise ParameterError(what, "«null»", "leave it out; items of as many have one under «items» aligned")
        if self.matches:
            what = f"{why}: matches of tokens are listed of aligned items"
            raise ParameterError(what, "«matches»", "leave it out: the rows say which item matches which")


def keys_of_either(aggregates: Sequence[str], items: str | None, **options: bool) -> list[str]:
    """Return the summary keys, of either reading of lists of sets where none was asked for."""
    readings = [ALIGNED, BEST] if items is None else [items]
    return list(dict.fromkeys(key for each in readings for key in summary_keys(aggregates, items=each, **options)))


def summary_keys(
    aggregates: Sequence[str], *, null: bool = False, bootstrap: bool = False, cross: bool = False, items: str = ALIGNED
) -> list[str]:
    """Return the summary keys of `compare` for 3-D inputs, aligned or with best matches; 2-D ones have no `items`.

    Example:
        >>> summary_keys(["argmax"], bootstrap=True)[-3:]
        ['argmax.low', 'argmax.high', 'items']
    """
    if cross:
        return list(MATRIX_KEYS)
    keys = ["percent"]
    for name in named_aggregates(aggregates):
        own = best_keys(name) if items == BEST else keys_of(name)
        keys += [*own, *[f"{name}.{end}" for end in endings(null=null, bootstrap=bootstrap)]]
    return [*keys, *(BEST_SIZES if items == BEST else ("items",))]
