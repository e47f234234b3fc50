"""`compare`: two sets of vectors down to one percentage, or item by item for sets of token vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import checks
from ..backend import choose_backend, quiet
from ..cells import Into
from ..engine.tiles import Progress
from ..errors import ParameterError, SimtoolError
from ..metrics import EPS
from ..results import Result
from .cross import CROSS_KEYS, CROSSED, Cross
from .evidence import MATCHING
from .measures import ALL, Request, keys_of, named_aggregates, read_requests
from .report import Asked, Outcome, endings, report
from .scores import score_items, score_sets
from .subject import Subject, read_subject

MODES = ("error", "drop")
PERCENTS = ("clip", "affine", "baseline")


def compare(
    a: Any,
    b: Any,
    *,
    aggregates: Sequence[str] = ("argmax",),
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
    top: int | None = None,
    by_item: bool = True,
    eps: float = EPS,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    into: Into | None = None,
    progress: Progress | None = None,
) -> Result:
    """Compare two sets of vectors, or the items of two equally long lists of sets.

    In 3-D inputs (items, tokens, d), item i of A belongs to item i of B, zero rows are padding and are left
    out, and every aggregate is the mean over the items. In 2-D inputs a zero row counts, with cosine 0. Aggregates of
    the same items in two spaces, and `paired`, join the rows by id where both sides have ids.

    Args:
        a: Vectors or a numpy array, (n, d) or (items, tokens, d) of real numbers.
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
        top: list only this many of the best matches, and as many of the worst.
        by_item: list 3-D inputs by item; else the aggregates.
        eps: eps >= 0, the least norm that a cosine divides by.
        nonfinite: `error`, or `drop` (2-D inputs).
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        into: of `cross`, opens what takes whole rows of the matrix.
        progress: called with the rows or items that are done and their total.

    Returns:
        A result with the summary `percent`, and per aggregate its score, further numbers as in `argmax.precision`,
        and where they were asked for `argmax.low`, `argmax.high`, `argmax.baseline`, `argmax.sd`, `argmax.p`. Rows are
        `aggregate`, `score`, ..., with a null also `null`, which is `pooled` or `re-paired`; or for 3-D inputs `item`
        and a column per number, or with `matches` (`item`), (`direction`), `a`, `b`, `score`. What is undefined for an
        item does not enter the mean.

    Raises:
        ShapeError: ranks, widths or items do not fit an aggregate that was named.
        DataError: rows that are not finite; ids that come twice or are not shared.
        ParameterError: an unknown aggregate or parameter, or options that do not go together.
        ResourceError: a matrix that does not fit, or `optimal` without scipy.

    Source:
        The catalogue rows of the aggregates.

    Example:
        >>> import numpy as np
        >>> compare(np.eye(2), np.eye(2), aggregates=["mean", "argmax"]).summary["percent"]
        50.0
    """
    names = named_aggregates(aggregates)
    options = _Options(percent, null, bootstrap, matches, cross, top, weights_a is not None or weights_b is not None)
    options.check(names)
    checks.check_choice("nonfinite", nonfinite, MODES)
    if not eps >= 0:
        raise ParameterError(f"eps is {eps}, expected at least 0", "--eps")
    requests = read_requests(names, parameters or {}, seed)
    weights, lengths = (weights_a, weights_b), (lengths_a, lengths_b)
    subject = read_subject(a, b, weights=weights, lengths=lengths, nonfinite=nonfinite, cross=cross)
    everything = ALL in aggregates
    fitting, left_out = _fitting(subject, requests, everything=everything)
    space = choose_backend(backend, device)
    asked = Asked(fitting, everything, percent, null, bootstrap, seed, eps, space, matches, top, progress)
    with quiet():
        if cross:
            outcome = _crossed(subject, asked, into)
        else:
            outcome = (score_items if subject.nested else score_sets)(subject, asked, left_out)
    settings = {"eps": eps, "nonfinite": nonfinite}
    return report(subject, asked, outcome, every=requests, settings=settings, by_item=by_item)


@dataclass(frozen=True)
class _Options:
    """Options that must go together."""

    percent: str
    null: int
    bootstrap: int
    matches: bool
    cross: bool
    top: int | None
    weighted: bool

    def check(self, names: Sequence[str]) -> None:
        """Refuse what does not go together, before any input is read."""
        checks.check_choice("percent", self.percent, PERCENTS)
        for option, count in (("--null", self.null), ("--bootstrap", self.bootstrap), ("--top", self.top)):
            least = int(option == "--top")
            if count is not None and count < least:
                raise ParameterError(f"{option} is {count}, expected at least {least}", option)
        if self.bootstrap == 1:
            raise ParameterError("one draw has no spread", "--bootstrap", "200 or more give an interval")
        if self.percent == "baseline" and not self.null:
            raise ParameterError("a baseline is the mean of a null", "--percent baseline", "add --null 200")
        if self.matches and not set(names) & set(MATCHING):
            what = "matches are those of argmax, optimal or mutual"
            raise ParameterError(what, "--matches", "add --aggregate argmax")
        if self.top is not None and not self.matches:
            raise ParameterError("only matches are listed by their score", "--top", "add --matches")
        if self.cross:
            self._check_cross(names)

    def _check_cross(self, names: Sequence[str]) -> None:
        if len(names) != 1 or names[0] not in CROSSED:
            what = f"the matrix of all items is of one aggregate: {' or '.join(CROSSED)}"
            raise ParameterError(what, "--cross", "name that one with --aggregate")
        others = {"--null": self.null, "--bootstrap": self.bootstrap, "--matches": self.matches}
        given = [option for option, value in others.items() if value]
        if given or self.percent != "clip":
            raise ParameterError(f"the matrix of all items has no {(given or ['--percent'])[0]}", "--cross")


def _fitting(
    subject: Subject, requests: Sequence[Request], *, everything: bool
) -> tuple[list[Request], dict[str, SimtoolError]]:
    """Return the aggregates that fit the inputs, and why the others do not; those that were named have to."""
    left_out = {request.name: error for request in requests if (error := subject.misfit(request)) is not None}
    fitting = [request for request in requests if request.name not in left_out]
    if left_out and not (everything and fitting):
        raise next(iter(left_out.values()))
    return fitting, left_out


def _crossed(subject: Subject, asked: Asked, into: Into | None) -> Outcome:
    if not subject.nested:
        raise ParameterError(
            "only lists of sets (items, tokens, d) have items", "--cross", "simtool pairwise takes rows"
        )
    matrix = Cross(subject, asked.requests[0], into)
    matrix.run(eps=asked.eps, backend=asked.backend, progress=asked.progress)
    return Outcome(cross=matrix)


def summary_keys(
    aggregates: Sequence[str], *, null: bool = False, bootstrap: bool = False, cross: bool = False
) -> list[str]:
    """Return the summary keys of `compare` for 3-D inputs; 2-D ones have no `items`.

    Example:
        >>> summary_keys(["argmax"], bootstrap=True)[-3:]
        ['argmax.low', 'argmax.high', 'items']
    """
    if cross:
        return list(CROSS_KEYS)
    keys = ["percent"]
    for name in named_aggregates(aggregates):
        keys += [*keys_of(name), *[f"{name}.{end}" for end in endings(null=null, bootstrap=bootstrap)]]
    return [*keys, "items"]
