"""`compare`: two sets of vectors down to one percentage, or item by item for sets of token vectors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .. import checks
from ..aggregates.record import AggregateRequest, keys_of
from ..backend import Backend, choose_backend, quiet
from ..comparison.best_items import best_keys, unfit_for_best
from ..comparison.cross import CROSS_KEYS, Cross
from ..comparison.inputs import ALIGNED, BEST, BEST_SIZES, ComparisonInputs, as_sets, read_inputs
from ..comparison.report import CompareSpec, ComparisonOutcome, endings, report
from ..comparison.requests import ALL, DEFAULT, named_aggregates, names_with, read_requests
from ..comparison.scores import score_best_items, score_items, score_sets
from ..delivery import delivery
from ..engine import Into, budget_of, spending
from ..errors import ParameterError, SimtoolError
from ..io import RaggedVectors, beside, open_items, open_table, read_values, split_source
from ..metrics import EPS
from ..results import Progress, Result

MODES = ("error", "drop")
PERCENTS = ("clip", "affine", "baseline")


def compare(
    a: Any,
    b: Any,
    *,
    aggregates: Sequence[str] = (DEFAULT,),
    parameters: Mapping[str, float] | None = None,
    percent: str = "clip",
    null: int = 0,
    bootstrap: int = 0,
    seed: int = 0,
    weights_a: Any = None,
    weights_b: Any = None,
    lengths_a: Any = None,
    lengths_b: Any = None,
    matches: bool = False,
    cross: bool = False,
    items: str | None = None,
    top: int | None = None,
    by_item: bool = True,
    eps: float = EPS,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    ids_a: Any = None,
    ids_b: Any = None,
    header: str = "auto",
    into: Into | None = None,
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
) -> Result:
    """Compare two sets of vectors, or the items of two lists of sets.

    In 3-D inputs (items, tokens, d) zero rows are padding and are left out. Where there are as many items, item i of A
    belongs to item i of B, and every aggregate is the mean over the items. Else every item is matched with the closest
    of the other list, and an aggregate is F1 of the means of both ways, as argmax is of rows. In 2-D inputs a zero row
    counts, with cosine 0. Aggregates of the same items in two spaces, and `paired`, join the rows by id where both
    sides have ids.

    Args:
        a: Vectors, a numpy array or a source as for `open_items`, (n, d) or (items, tokens, d) of real numbers; or for
            items of different numbers of tokens a list of arrays (tokens, d), or what `open_items` returns.
        b: (m, d) or (items, tokens, d); tokens may differ, and for two spaces d.
        aggregates: names of the catalogue, or `all` for every one that fits. The first similarity gives the percentage.
        parameters: of the aggregates, such as `k`, for all that have it; `knn_overlap.k` is for that one alone.
        percent: what a score s becomes: `clip` 100 max(0, s), `affine` 50 (1 + s), `baseline`
            100 max(0, (s - b) / (1 - b)) with b the mean of the null.
        null: permutations behind the baseline; 0 for none.
        bootstrap: draws behind the 95 % intervals; 0 for none.
        seed: of both, and of aggregates that draw.
        weights_a: (n,) or (items, tokens) weights of the rows, at least 0; or a source, `::NAME` for a column of a.
        weights_b: (m,) or (items, tokens).
        lengths_a: (items,) tokens that count; what comes after them is padding, instead of zero rows.
        lengths_b: (items,).
        matches: list who matched whom under the first of argmax, optimal and mutual that is asked for.
        cross: the matrix of the first aggregate, argmax or maxsim, of every two items.
        items: of lists of sets, `aligned` (item i with item i) or `best` (each with its best match, both ways, under
            every similarity that does not compare token i with token i); None: `aligned` where there are as many.
        top: list only this many of the best matches, and as many of the worst.
        by_item: list 3-D inputs by item; else the aggregates.
        eps: eps >= 0, the least norm that a cosine divides by.
        max_memory: as for `pairwise`.
        nonfinite: `error`, or `drop` (2-D inputs).
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        into: of `cross`, opens what takes whole rows of the matrix.
        progress: called with the rows or items that are done and their total.

    Returns:
        A result with the summary `percent`, and per aggregate its score, further numbers as in `argmax.precision`,
        and where they were asked for `argmax.low`, `argmax.high`, `argmax.baseline`, `argmax.sd`, `argmax.p`. Rows are
        `aggregate`, `score`, ..., with a null also `null`, which is `pooled` or `re-paired`; or for 3-D inputs `item`
        and a column per number, under best matches `direction`, `item`, `match` and a score per aggregate, or with
        `matches` (`item`), (`direction`), `a`, `b`, `score`. What is undefined for an item does not enter the mean.

    Raises:
        ShapeError: ranks, widths or items do not fit an aggregate that was named.
        DataError: rows that are not finite; ids that come twice or are not shared.
        ParameterError: an unknown aggregate or parameter, or options that do not go together.
        ResourceError: a matrix that does not fit, or more than an aggregate takes.

    Source:
        The catalogue rows of the aggregates.

    Example:
        >>> import numpy as np
        >>> compare(np.eye(2), np.eye(2), aggregates=["mean", "argmax"]).summary["percent"]
        50.0
    """
    names = named_aggregates(aggregates)
    keys_of = partial(_keys_of_either, aggregates, items, cross=cross)
    checks.check_keys(
        require_keys,
        keys_of(null=bool(null), bootstrap=bool(bootstrap)),
        {"«bootstrap=1000»": keys_of(bootstrap=not cross), "«null=200»": keys_of(null=not cross)},
    )
    options = _Options(percent, null, bootstrap, matches, cross, top, items)
    options.check(names)
    checks.check_choice("nonfinite", nonfinite, MODES)
    checks.check_seed(seed)
    checks.check_eps(eps)
    requests = read_requests(names, parameters or {}, seed)
    beside = ((a, ids_a, weights_a, lengths_a), (b, ids_b, weights_b, lengths_b))
    reading: dict[str, Any] = {"header": header, "max_memory": max_memory}
    with delivery():
        opened = [_opened(*side, nulls=nonfinite != "error", **reading) for side in beside]
        sides = as_sets(opened[0], "A"), as_sets(opened[1], "B")
        weights, lengths = (tuple(_values(side[place], side[0], reading) for side in beside) for place in (2, 3))
        return _compared(
            sides,
            weights,
            lengths,
            options,
            requests,
            aggregates,
            nonfinite,
            seed,
            eps,
            by_item,
            into,
            progress,
            max_memory,
            choose_backend(backend, device),
        )


def _opened(side: Any, ids: Any, *others: Any, nulls: bool, header: str, max_memory: str | int | None) -> Any:
    """Return a side, opened where it is a source."""
    if not isinstance(side, str):
        return side if ids is None else checks.given(side, "vectors", ids=ids, header=header, max_memory=max_memory)
    typed = [source for source in others if isinstance(source, str)]
    return open_items(side, ids=ids, others=typed, nulls=nulls, header=header, max_memory=max_memory)


def _values(values: Any, side: Any, reading: Mapping[str, Any]) -> Any:
    """Return numbers of the rows, read where they are a source: a file, or `::NAME`, a column of the input."""
    if not isinstance(values, str):
        return values
    base = open_table(split_source(side)[0], **reading) if values.startswith("::") and isinstance(side, str) else None
    return read_values(beside(values, side), base=base, **reading)


def _compared(
    sides: tuple[Any, Any],
    weights: tuple[Any, Any],
    lengths: tuple[Any, Any],
    options: "_Options",
    requests: Sequence[AggregateRequest],
    aggregates: Sequence[str],
    nonfinite: str,
    seed: int,
    eps: float,
    by_item: bool,
    into: Into | None,
    progress: Progress | None,
    max_memory: str | int | None,
    space: Backend,
) -> Result:
    cross, items, percent, null = options.cross, options.items, options.percent, options.null
    bootstrap, matches, top = options.bootstrap, options.matches, options.top
    with spending(budget_of(max_memory, *(side.tokens if isinstance(side, RaggedVectors) else side for side in sides))):
        inputs = read_inputs(*sides, weights=weights, lengths=lengths, nonfinite=nonfinite, cross=cross, items=items)
        for request in requests:
            if "scale-invariant" not in request.entry.laws:  # what is made of cosines alone takes no differences
                for side in inputs.sides:
                    checks.refuse_rounded(side.vectors, request.entry.name)
        if inputs.matching == BEST:
            options.check_best(*(shape[0] for shape in inputs.shapes))
        everything = ALL in aggregates
        fitting, left_out = _fitting(inputs, requests, everything=everything)
        spec = CompareSpec(fitting, everything, percent, null, bootstrap, seed, eps, space, matches, top, progress)
        with quiet():
            if cross:
                outcome = _crossed(inputs, spec, into)
            else:
                score = {ALIGNED: score_items, BEST: score_best_items, None: score_sets}[inputs.matching]
                outcome = score(inputs, spec, left_out)
        settings = {"eps": eps, "nonfinite": nonfinite}
        return report(inputs, spec, outcome, every=requests, settings=settings, by_item=by_item)


@dataclass(frozen=True)
class _Options:
    """Options that must go together."""

    percent: str
    null: int
    bootstrap: int
    matches: bool
    cross: bool
    top: int | None
    items: str | None

    def check(self, names: Sequence[str]) -> None:
        """Refuse what does not go together, before any input is read."""
        checks.check_choice("percent", self.percent, PERCENTS)
        if self.items is not None:
            checks.check_choice("items", self.items, (ALIGNED, BEST))
        for option, count in (("«null»", self.null), ("«bootstrap»", self.bootstrap), ("«top»", self.top)):
            least = int(option == "«top»")
            if count is not None and count < least:
                raise ParameterError(f"{option} is {count}, expected at least {least}", option)
        if self.bootstrap == 1:
            raise ParameterError("one draw has no spread", "«bootstrap»", "200 or more give an interval")
        if self.percent == "baseline" and not self.null:
            raise ParameterError("a baseline is the mean of a null", "«percent=baseline»", "add «null=200»")
        if self.matches and not set(names) & set(matching := names_with("matched")):
            what = f"matches are those of {', '.join(matching[:-1])} or {matching[-1]}"
            raise ParameterError(what, "«matches»", "add «aggregates=argmax»")
        if self.top is not None and not self.matches:
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


def _fitting(
    inputs: ComparisonInputs, requests: Sequence[AggregateRequest], *, everything: bool
) -> tuple[list[AggregateRequest], dict[str, SimtoolError]]:
    """Return the aggregates that fit the inputs, and why the others do not; those that were named have to."""
    left_out = {
        request.name: error
        for request in requests
        if (error := _misfit(inputs, request) or (inputs.too_much_for_all(request) if everything else None)) is not None
    }
    fitting = [request for request in requests if request.name not in left_out]
    if left_out and not (everything and fitting):
        raise next(iter(left_out.values()))
    return fitting, left_out


def _misfit(inputs: ComparisonInputs, request: AggregateRequest) -> SimtoolError | None:
    if inputs.matching == BEST and (error := unfit_for_best(request, *(shape[0] for shape in inputs.shapes))):
        return error
    return inputs.misfit(request)


def _crossed(inputs: ComparisonInputs, spec: CompareSpec, into: Into | None) -> ComparisonOutcome:
    if not inputs.nested:
        raise ParameterError(
            "only lists of sets (items, tokens, d) have items", "«cross»", "simtool pairwise takes rows"
        )
    matrix = Cross(inputs, spec.requests[0], into)
    matrix.run(eps=spec.eps, backend=spec.backend, progress=spec.progress)
    return ComparisonOutcome(cross=matrix)


def _keys_of_either(aggregates: Sequence[str], items: str | None, **options: bool) -> list[str]:
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
        return list(CROSS_KEYS)
    keys = ["percent"]
    for name in named_aggregates(aggregates):
        own = best_keys(name) if items == BEST else keys_of(name)
        keys += [*own, *[f"{name}.{end}" for end in endings(null=null, bootstrap=bootstrap)]]
    return [*keys, *(BEST_SIZES if items == BEST else ("items",))]
