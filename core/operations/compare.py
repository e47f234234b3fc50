"""`compare`: two sets of vectors down to one percentage, or item by item for sets of token vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..aggregates.record import AggregateRequest, keys_of
from ..backend import choose_backend, quiet
from ..comparison.best_items import best_keys, unfit_for_best
from ..comparison.cross import CROSS_KEYS, Cross
from ..comparison.inputs import ALIGNED, BEST, BEST_SIZES, ComparisonInputs, as_sets, read_inputs
from ..comparison.report import CompareSpec, ComparisonOutcome, endings, report
from ..comparison.requests import ALL, DEFAULT, named_aggregates, names_with, read_requests
from ..comparison.scores import score_best_items, score_items, score_sets
from ..engine.budget import budget_of, spending
from ..engine.matrix_rows import Into
from ..engine.plan import Progress
from ..errors import ParameterError, SimtoolError
from ..io import RaggedVectors
from ..metrics.aligned import EPS
from ..results import Result
from . import checks

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
    into: Into | None = None,
    progress: Progress | None = None,
) -> Result:
    """Compare two sets of vectors, or the items of two lists of sets.

    In 3-D inputs (items, tokens, d) zero rows are padding and are left out. Where there are as many items, item i of A
    belongs to item i of B, and every aggregate is the mean over the items. Else every item is matched with the closest
    of the other list, and an aggregate is F1 of the means of both ways, as argmax is of rows. In 2-D inputs a zero row
    counts, with cosine 0. Aggregates of the same items in two spaces, and `paired`, join the rows by id where both
    sides have ids.

    Args:
        a: Vectors or a numpy array, (n, d) or (items, tokens, d) of real numbers; or for items of different numbers of
            tokens a list of arrays (tokens, d), or what `open_items` returns.
        b: (m, d) or (items, tokens, d); tokens may differ, and for two spaces d.
        aggregates: names of the catalogue, or `all` for every one that fits. The first similarity gives the percentage.
        parameters: of the aggregates, such as `k`, for all that have it; `knn_overlap.k` is for that one alone.
        percent: what a score s becomes: `clip` 100 max(0, s), `affine` 50 (1 + s), `baseline`
            100 max(0, (s - b) / (1 - b)) with b the mean of the null.
        null: permutations behind the baseline; 0 for none.
        bootstrap: draws behind the 95 % intervals; 0 for none.
        seed: of both, and of aggregates that draw.
        weights_a: (n,) or (items, tokens) weights of the rows, at least 0.
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
    options = _Options(percent, null, bootstrap, matches, cross, top, items)
    options.check(names)
    checks.check_choice("nonfinite", nonfinite, MODES)
    checks.check_seed(seed)
    if not eps >= 0:
        raise ParameterError(f"eps is {eps}, expected at least 0", "«eps»")
    requests = read_requests(names, parameters or {}, seed)
    weights, lengths = (weights_a, weights_b), (lengths_a, lengths_b)
    sides = as_sets(a, "A"), as_sets(b, "B")
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
        space = choose_backend(backend, device)
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
