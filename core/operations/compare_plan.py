"""What `compare` computes of two sides: the aggregates that fit them, and their result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from .. import checks, comparison, engine
from ..aggregates.record import AggregateRequest
from ..backend import quiet
from ..comparison.best_items import unfit_for_best
from ..comparison.compared_sets import ALIGNED, BEST, ComparisonInputs
from ..comparison.item_scores import score_best_items, score_items
from ..comparison.options import CompareOptions
from ..comparison.report import CompareSpec, ComparisonOutcome, report
from ..comparison.set_scores import score_sets
from ..errors import ParameterError, SimtoolError
from ..results import Into, Progress, Result
from ..settings import Settings


@dataclass(frozen=True)
class ComparePlan:
    """What is compared: inputs and aggregates that fit each other, and nothing computed yet.

    Args:
        inputs: both sides.
        spec: what is asked of them.
        requests: every aggregate that was asked for.
        left_out: why some of them do not fit.
        cross: whether every item is compared with every item.
        settings: of the door.
    """

    inputs: ComparisonInputs
    spec: CompareSpec
    requests: Sequence[AggregateRequest]
    left_out: Mapping[str, SimtoolError]
    cross: bool
    settings: Settings

    @classmethod
    def of(
        cls,
        inputs: ComparisonInputs,
        requests: Sequence[AggregateRequest],
        options: CompareOptions,
        seed: int,
        settings: Settings,
        progress: Progress | None,
        *,
        everything: bool,
    ) -> Self:
        """Return what is computed; aggregates that do not fit are refused, or left out of `all`."""
        for request in requests:
            if "scale-invariant" not in request.entry.laws:  # what is made of cosines alone takes no differences
                for side in inputs.sides:
                    checks.refuse_rounded(side.vectors, request.entry.name)
        if inputs.matching == BEST:
            options.check_best(*(shape[0] for shape in inputs.shapes))
        if options.cross and not inputs.nested:
            what = "only lists of sets (items, tokens, d) have items"
            raise ParameterError(what, "«cross»", "simtool pairwise takes rows")
        fitting, left_out = _fitting(inputs, requests, everything=everything)
        spec = CompareSpec(
            requests=fitting,
            everything=everything,
            percent=options.percent,
            null=options.null,
            bootstrap=options.bootstrap,
            seed=seed,
            eps=settings.eps,
            backend=settings.space(),
            matches=options.matches,
            top=options.top,
            progress=progress,
        )
        return cls(inputs, spec, requests, left_out, options.cross, settings)

    def phases(self, shapes: Sequence[tuple[int, ...]]) -> "list[engine.Phase]":
        """Return the passes over inputs of these shapes."""
        matching, budget = self.inputs.matching, self.settings.budget()
        return comparison.comparison_phases(self.spec.requests, shapes, budget, matching=matching, cross=self.cross)

    def trial(self) -> None:
        """Compute the aggregates for nobody."""
        self.run(lambda shape, dtype: lambda part: None, by_item=True)

    def run(self, into: Into | None, *, by_item: bool) -> Result:
        """Compute the aggregates."""
        inputs, spec = self.inputs, self.spec
        with quiet():
            if self.cross:
                outcome = _crossed(inputs, spec, into)
            else:
                score = {ALIGNED: score_items, BEST: score_best_items, None: score_sets}[inputs.matching]
                outcome = score(inputs, spec, self.left_out)
        shown = {"eps": self.settings.eps, "nonfinite": self.settings.nonfinite}
        return report(inputs, spec, outcome, every=self.requests, settings=shown, by_item=by_item)


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
    pairs = comparison.ItemPairs.of(inputs, spec.requests[0], spec.eps, spec.backend)
    return ComparisonOutcome(matrix=pairs.matrix(into, progress=spec.progress))
