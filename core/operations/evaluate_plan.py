"""What `evaluate` computes of pairs or of one labelled input, once it is opened and its options are checked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .. import checks, given_inputs
from ..engine import BLOCK, Phase, tiles_phase
from ..errors import LabelError, ParameterError, ShapeError
from ..estimates import Planned, SomeRows
from ..evaluation.histogram import score_histogram
from ..evaluation.inputs import EvaluationInputs
from ..evaluation.labelled_rows import PAIR, evaluate_classes
from ..evaluation.pair_job import PairScores, pair_job, read_scores
from ..evaluation.report import ALL, COUNTED, group_rows, notes_on
from ..evaluation.swept import EvaluationSweep
from ..io.origins import provenance
from ..io.vectors import ids_of
from ..labels import class_labels
from ..metrics import Metric, metric_of
from ..nonfinite import DROP_HINT
from ..results import Progress, Result
from ..settings import Settings
from .similarity import plan_similarity

DEFAULT_TIMES = 1000  # resamples where a difference is asked for and nothing said


@dataclass(frozen=True)
class EvaluatePlan:
    """What is evaluated: opened, its options checked, and nothing scored yet.

    Args:
        inputs: pairs, scores, or one input with classes.
        metric: what pairs are scored with, or the direction of scores.
        settings: of the door.
        ks: depths of the retrieval; none for no retrieval.
        folds: of the fold accuracy.
        bootstrap: resamples, or None.
        seed: of the resamples.
        exact_pairs: how many pairs of one input are ranked.
    """

    inputs: EvaluationInputs
    metric: Metric
    settings: Settings
    ks: Sequence[int]
    folds: int
    bootstrap: int | None
    seed: int
    exact_pairs: int

    def check(self) -> None:
        """Refuse inputs that do not fit together, as `run` does, without a score."""
        inputs = self.inputs
        sides = inputs.sides.values()
        if inputs.scores is None and inputs.b is None:
            _check_alone(inputs)
            checks.check_rows(given_inputs.given(inputs.a, "A"))
            class_labels(np.asarray(inputs.labels), inputs.sides["a"].shape[0], inputs.names["labels"])
            return
        self._check_wanted()
        checks.check_aligned(list(sides), "pair")
        count = next(iter(sides)).shape[0]
        scored = PairScores(np.zeros(count), {}, None, ())
        pair_job(scored, None, inputs, larger_is_closer=self.metric.larger_is_closer, folds=self.folds)

    def of_rows(self, swept: EvaluationSweep | None, rows: Sequence[SomeRows], within: Settings) -> Planned:
        """Plan the evaluation of some pairs or rows, for a dry run."""
        chosen = self.inputs.some([each.vectors for each in rows], rows[0].numbers)
        some = replace(self, inputs=chosen, settings=within)
        return Planned(partial(self.phases, swept), partial(some.trial, self.is_counted, swept))

    def _check_wanted(self) -> None:
        if self.inputs.labels is None and self.inputs.targets is None:
            what = "an evaluation needs one binary label or one target score per pair"
            raise LabelError(what, "«labels»", "«labels» or «targets», FILE or ::NAME; or a column `label` or `score`")

    @property
    def is_counted(self) -> bool:
        """Whether one input has more pairs than are ranked, so that they are counted in bins."""
        inputs = self.inputs
        if inputs.a is None or inputs.b is not None:
            return False
        count = inputs.a.shape[0]
        return count * (count - 1) // (2 if self.metric.is_symmetric else 1) > self.exact_pairs

    def phases(self, swept: EvaluationSweep | None, shapes: Sequence[tuple[int, ...]]) -> list[Phase]:
        """Return the passes over inputs of these shapes: of pairs, or of all pairs of one input."""
        (rows, dims), times = shapes[0], 1 if swept is None else 1 + len(swept.combinations)
        budget = self.settings.budget(*self.inputs.sides.values())
        if self.inputs.scores is not None or self.inputs.b is not None:
            held, pairs = self._held(rows), times * rows * max(1, len(shapes) // 2)
            blocks = -(-rows // BLOCK)
            flop = 0 if self.inputs.scores is not None else 6 * dims * pairs
            return [Phase("pairs", pairs, flop, memory=held, tasks=blocks, blocks=blocks)]
        phase = tiles_phase("pairs", (rows, rows, dims), budget, halved=self.metric.is_symmetric, batches=times)
        if self.is_counted:
            return [phase]
        budget.check(phase.pairs * PAIR, f"a ranking of {phase.pairs:,} pairs")
        return [replace(phase, memory=phase.memory + phase.pairs * PAIR)]

    def trial(self, is_counted: bool, swept: EvaluationSweep | None) -> None:
        """Evaluate these pairs or rows, counted in bins where all of them would be."""
        plan = replace(self, exact_pairs=0) if is_counted else self
        if swept is None:
            plan.run(None)
        else:
            swept.run(plan.inputs, partial(evaluated, plan, None))

    def run(self, progress: Progress | None) -> Result:
        """Score the pairs and measure how well they are told apart."""
        inputs, settings = self.inputs, self.settings
        if inputs.scores is not None or inputs.b is not None:
            return self._of_pairs()
        _check_alone(inputs)
        return evaluate_classes(
            inputs.a,
            inputs.labels,
            inputs.names["labels"],
            self.metric.entry,
            ks=sorted(set(self.ks)),
            times=self.bootstrap or 0,
            seed=self.seed,
            exact_pairs=self.exact_pairs,
            progress=progress,
            parameters={name: value for name, value in self.metric.parameters.items() if name != "eps"},
            eps=settings.eps,
            max_memory=settings.max_memory,
            nonfinite=settings.nonfinite,
            device=settings.device,
            backend=settings.backend,
        )

    def _of_pairs(self) -> Result:
        """Evaluate pairs of two inputs, or pairs that are scored already."""
        inputs, entry = self.inputs, self.metric.entry
        scored, others = self._scored_both()
        job = pair_job(scored, others, inputs, larger_is_closer=entry.larger_is_closer, folds=self.folds)
        times = self.bootstrap if self.bootstrap is not None else DEFAULT_TIMES if others is not None else 0
        overall = job.report(times, self.seed)
        groups = {name: job.part(rows).report(times, self.seed) for name, rows in job.groups.items()}
        counts, name = job.counts(), entry.name if inputs.scores is None else "score"
        return Result(
            command="evaluate",
            inputs=scored.inputs | _beside(others, inputs),
            parameters={
                **self._shown(),
                "folds": self.folds,
                "bootstrap": times or None,
                "seed": self.seed if times else None,
                "nonfinite": self.settings.nonfinite,
            },
            summary=overall.summary(),
            rows=group_rows({**groups, ALL: overall}) if groups else overall.rows(),
            array=job.sample.scores,
            histograms=(score_histogram(counts["overall"], name, overall.measures["best_f1"].threshold),)
            if counts
            else (),
            counts=counts,
            notes=(
                *dict.fromkeys(note for each in (scored, others) if each for note in each.notes),
                *job.notes,
                *notes_on(overall),
            ),
            provenance=provenance({"a": inputs.a, "b": inputs.b}),
            headline=() if groups else COUNTED,
        )

    def _shown(self) -> dict[str, Any]:
        """Return what the scores were computed with; scores that were there already have a direction alone."""
        if self.inputs.scores is not None:
            direction = f"{'larger' if self.metric.larger_is_closer else 'smaller'} is closer"
            return {"metric": None, "direction": direction, "eps": None}
        return {"metric": self.metric.name, "direction": None, "eps": self.settings.eps, **self.metric.parameters}

    def _scored_both(self) -> tuple[PairScores, PairScores | None]:
        """Return the scores of the pairs, and those in the other model where there is one."""
        inputs = self.inputs
        self._check_wanted()
        a, b, scores, against, names = inputs.a, inputs.b, inputs.scores, inputs.against, inputs.names
        self._held(np.size(scores) if scores is not None else given_inputs.given(a, "A").shape[0])
        scored = self._scored(a, b, scores, names["scores"])
        if against is None:
            return scored, None
        other: tuple[Any, Any, Any] = (*against, None) if scores is None else (None, None, against)
        found = self._scored(*other, names["against"])
        if len(found.scores) != len(scored.scores):
            lengths = f"{len(scored.scores)} and {len(found.scores)}"
            what = f"the same pairs are compared in both models, but there are {lengths}"
            raise ShapeError(what, "«against»", "both need a row for each pair")
        return scored, found

    def _held(self, count: int) -> int:
        """Return the bytes of a ranking of so many pairs, and refuse what does not fit."""
        inputs = self.inputs
        size = count * PAIR * (1 if inputs.against is None else 2)
        opened = () if inputs.scores is not None else inputs.sides.values()
        self.settings.budget(*opened).check(size, f"a ranking of {count:,} pairs")
        return size

    def _scored(self, a: Any, b: Any, scores: Any, name: str) -> PairScores:
        nonfinite = self.settings.nonfinite
        if scores is not None:
            return PairScores(read_scores(scores, name, nonfinite), {"scores": name}, None, ())
        sides = a, b = given_inputs.given(a, "A"), given_inputs.given(b, "B")
        checks.check_aligned(sides, "pair")
        # pairs that are not finite are left out once they are scored
        settings = replace(self.settings, nonfinite="propagate" if nonfinite == "drop" else "error")
        found = plan_similarity(a, b, -1, self.metric, settings, DROP_HINT).run()
        narrow = all(side.dtype.kind == "f" and side.dtype.itemsize < 8 for side in sides)
        return PairScores(np.asarray(found.array), {"a": a.name, "b": b.name}, ids_of(*sides), found.notes, narrow)


def _beside(others: PairScores | None, inputs: EvaluationInputs) -> dict[str, str]:
    """Return the inputs beside the pairs, by their role."""
    names = inputs.names
    values = {"labels": inputs.labels, "targets": inputs.targets, "by": inputs.by}
    found = {role: names[role] for role, value in values.items() if value is not None}
    if "pairs" in names:
        found["pairs"] = names["pairs"]
    if others is not None:
        found |= {f"against_{role}" if role in ("a", "b") else "against": name for role, name in others.inputs.items()}
    return found


def evaluated(plan: EvaluatePlan, progress: Progress | None, inputs: EvaluationInputs, is_bits: bool) -> Result:
    """Run a plan with other vectors; packed bits have a metric of their own."""
    metric = metric_of("hamming") if is_bits else plan.metric
    return replace(plan, inputs=inputs, metric=metric).run(progress)


def _check_alone(inputs: EvaluationInputs) -> None:
    """Refuse what belongs to pairs where one input is compared with itself."""
    if inputs.a is None:
        raise ParameterError("there is nothing to evaluate", "VECTORS", "name vectors, or «scores»")
    if inputs.labels is None:
        what = "one input is evaluated by the class of each row, and there are no classes"
        raise LabelError(what, "«labels»", "«labels» FILE or ::NAME; for pairs name two inputs, or «pairs»")
    for parameter, value in (("targets", inputs.targets), ("by", inputs.by), ("against", inputs.against)):
        if value is not None:
            what = "this belongs to pairs, and one input with classes is compared with itself"
            raise ParameterError(what, f"«{parameter}»", "leave it out, or name pairs")
