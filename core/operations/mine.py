"""`mine`: positives and hard negatives of each row, for training."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from .. import checks, given_inputs
from ..argument_types import check_types
from ..backend import quiet
from ..delivery import delivery
from ..errors import DataError, LabelError, ParameterError
from ..io import Selecting, as_table, selects
from ..io.origins import provenance
from ..metrics import EPS, metric_of
from ..mining.inputs import MiningInputs
from ..mining.negatives import mined
from ..mining.rule import NegativeRule
from ..mining.triplets import Triplets
from ..results import Progress, Result
from ..settings import Settings
from .loss_inputs import open_labelled

KEYS = ("queries", "positives", "negatives", "triplets", "skipped", "positive_mean", "negative_mean")


@selects("source", "corpus", keeps=True)
def mine(
    source: Any,
    labels: Any = None,
    *,
    corpus: Any = None,
    positives: Any = None,
    num_positives: int = 1,
    strategy: str = "hardest",
    range_min: int = 0,
    range_max: int | None = None,
    absolute_margin: float | None = None,
    relative_margin: float | None = None,
    max_score: float | None = None,
    min_score: float | None = None,
    num_negatives: int = 3,
    sampling: str = "top",
    seed: int = 0,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    ids: Any = None,
    ids_corpus: Any = None,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    **select: Unpack[Selecting],
) -> Result:
    """Choose positives and hard negatives of each anchor, for training on triplets.

    All pairs are looked at, in one sweep. The candidates of an anchor are the rows that are no positives of it and that
    the margins and scores allow, closest first; `range_min` and `range_max` are ranks among them.

    Args:
        source: the anchors: vectors, an array, or PATH, PATH::NAME or `-`; without `corpus` the other rows too.
        labels: (n,) the class of each row: other rows of it are positives, all others may be negatives. A column named
            like a label is found by itself.
        corpus: the vectors that positives and negatives come from.
        positives: a table of pairs instead of classes: its columns `anchor` and `positive`, or the first two, hold ids
            of both. An anchor may have several.
        num_positives: how many positives of a class are listed, the closest. Given pairs are all listed.
        strategy: `hardest` (the closest candidates) or `semi-hard` (only those further than the positive).
        range_min: how many of the closest candidates are skipped.
        range_max: the rank at which the candidates end; by default only as many as are needed, with random sampling
            ten times as many.
        absolute_margin: candidates are at least this much further from the anchor than its positive; 0 guards against
            false negatives, which are closer. With several positives the least close of those listed counts.
        relative_margin: the same as a share of the positive's score: at most s - |s| margin for a similarity s.
        max_score: candidates score at most this.
        min_score: candidates score at least this.
        num_negatives: how many negatives each anchor gets, at most.
        sampling: `top` takes the closest candidates of the window, `random` any.
        seed: of `sampling=random`.
        ids_corpus: of `corpus`, as `ids`.
        nonfinite: `error`, or `drop` the rows.
        ids, metric, parameters, eps, max_memory, header, device, backend, progress, require_keys: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result with a row for each anchor, positive and negative: their ids, `positive_score` and `negative_score`.
        The summary has `queries` (anchors that are listed), `positives` and `negatives` (different pairs),
        `triplets`, `skipped` (anchors without a positive or a negative), `positive_mean` and `negative_mean`. `array`
        holds the (t, 3) row numbers, and the histogram the scores of the pairs.

    Raises:
        ShapeError: the vectors are not (n, d), or differ in length.
        LabelError: labels that are missing or no classes.
        DataError: rows that are not finite; ids that are not there.
        ParameterError: an unknown name, or options that do not go together.

    Source:
        Semi-hard: Schroff et al. 2015, section 3.2. Margins: Moreira et al. 2024 (NV-Retriever), section 3; named as
        in `mine_hard_negatives` of sentence-transformers.

    Example:
        >>> import numpy as np
        >>> x = np.asarray([[1.0, 0.0], [0.9, 0.1], [0.5, 0.5], [0.0, 1.0]])
        >>> mine(x, np.asarray([0, 0, 1, 1]), num_negatives=1).array.tolist()
        [[0, 1, 2], [1, 0, 2], [2, 3, 1], [3, 2, 1]]
    """
    check_types(mine, locals())
    checks.check_keys(require_keys, KEYS)
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked(("error", "drop"))
    rule = NegativeRule(
        strategy,
        range_min,
        range_max,
        absolute_margin,
        relative_margin,
        max_score,
        min_score,
        num_negatives,
        sampling,
        seed,
    )
    rule.check()
    checks.check_least(1, num_positives=num_positives)
    measure = metric_of(metric, eps=eps, **(parameters or {}))
    if corpus is None and ids_corpus is not None:
        what, hint = "there is no corpus to have ids", "name «corpus» too, or leave «ids_corpus» out"
        raise ParameterError(what, "«ids_corpus»", hint)
    _check_form(labels, corpus, positives, num_positives)
    with delivery():
        if positives is not None:
            sides = [settings.open(source, "A", ids)]
            sides += [] if corpus is None else [settings.open(corpus, "B", ids_corpus)]
            one = isinstance(source, str) and isinstance(corpus, str) and source == corpus
            table = as_table(positives, "positives")
            inputs = MiningInputs.of_pairs(sides, table, measure, settings, of_one_file=one)
        else:
            found = open_labelled([source], (), labels, "labels", ids, settings, or_one_set=True)
            if found.labels is None or len(found.vectors) != 1:
                what = "mining needs the class of each row, or pairs that belong together"
                raise LabelError(what, "«labels»", "«labels» FILE or ::NAME, or «positives» TABLE")
            vectors = given_inputs.given(found.vectors[0], "A")
            inputs = MiningInputs.of_classes(vectors, found.labels, found.labels_name, measure, settings)
        return MinePlan(inputs, rule, num_positives, settings).run(progress)


@dataclass(frozen=True)
class MinePlan:
    """What is mined: opened and checked, and no pair scored yet.

    Args:
        inputs: rows, and which belong together.
        rule: which negatives are taken.
        num_positives: of each anchor, where they come from classes.
        settings: of the door.
    """

    inputs: MiningInputs
    rule: NegativeRule
    num_positives: int
    settings: Settings

    def run(self, progress: Progress | None) -> Result:
        """Find the positives, then the negatives."""
        inputs, job = self.inputs, self.inputs.job
        with quiet():
            positives = inputs.positives(self.num_positives)
            if not len(positives.anchor):
                raise DataError("no row has a positive", inputs.of, "every class has one row: name other labels")
            negatives, scan = mined(job, positives, self.rule, inputs.codes is not None, progress)
        triplets = Triplets.of(positives, negatives, job.budget)
        return Result(
            command="mine",
            inputs=inputs.named,
            parameters={
                "metric": job.metric.name,
                "eps": self.settings.eps,
                **job.metric.parameters,
                **self.rule.stated(),
                "num_positives": None if inputs.codes is None else self.num_positives,
                "nonfinite": self.settings.nonfinite,
                "scan": scan,
            },
            summary=triplets.summary(inputs.queries),
            rows=triplets.rows(job),
            array=triplets.numbers(job),
            histograms=triplets.histograms(job),
            notes=(*inputs.notes(), *triplets.notes(self.rule.num_negatives)),
            provenance=provenance({"vectors": job.a.vectors, "corpus": None if job.b is job.a else job.b.vectors}),
        )


def _check_form(labels: Any, corpus: Any, positives: Any, num_positives: int) -> None:
    """Refuse what belongs to classes beside pairs, and the other way round."""
    if positives is None and corpus is not None:
        what = "nothing says which rows of the corpus belong to which query"
        raise ParameterError(what, "«corpus»", "«positives» TABLE names pairs of ids")
    for name, is_given in (("labels", labels is not None), ("num_positives", num_positives != 1)):
        if positives is not None and is_given:
            what = "this is for classes, and here the positives are given"
            raise ParameterError(what, f"«{name}», «positives»", f"leave «{name}» or «positives» out")
