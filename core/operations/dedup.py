"""`dedup`: exact near-duplicates over all pairs of rows: which rows belong together, and which of them is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

from .. import checks
from ..argument_types import AnyPath, check_types, path_of
from ..catalogue import DEVICE
from ..delivery import delivery
from ..errors import ParameterError
from ..estimates import Planned, SomeRows, dry_run_of, keys_of_job
from ..evaluation.thresholds_file import read_threshold
from ..grouping.outputs import GroupOutputs
from ..grouping.plan import COUNTED, DedupPlan
from ..grouping.preference import KeepRule
from ..grouping.table_rows import TableRows
from ..io import Selecting, as_table, as_values, selects
from ..io.named_columns import own_column
from ..metrics import EPS, Metric, metric_of
from ..named_values import swept_numbers
from ..results import Progress, Result
from ..settings import Settings

KEYS = ("rows", *COUNTED, "threshold")
LINKAGES = ("connected", "leader", "complete")
LARGEST = 10


@selects("source", keeps=True)
def dedup(
    source: Any,
    *,
    threshold: float | str | None = None,
    exact: bool = False,
    sweep: Any = None,
    linkage: str = "connected",
    keep: str = "first",
    by: str | None = None,
    output: AnyPath | None = None,
    groups: AnyPath | None = None,
    dropped: AnyPath | None = None,
    force: bool = False,
    escape_formulas: bool = False,
    largest: int = LARGEST,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    seed: int = 0,
    ids: Any = None,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    dry_run: bool = False,
    device_name: str = DEVICE,
    **select: Unpack[Selecting],
) -> Result:
    """Group the rows of an input that are close to each other, and keep one of each group.

    All pairs are looked at, none is missed, and no list of them is kept: the groups are the same for any budget, device
    and number of threads.

    Args:
        source: PATH, PATH::NAME, or `-` for standard input; or a table or an array in memory.
        threshold: rows are close with at least this similarity, or at most this distance; or `@PATH[:NAME]`, as for
            `pairwise`.
        exact: only rows with the same numbers are of one group; without a threshold.
        sweep: several thresholds, as in `{"threshold": [0.9, 0.95]}` or `"threshold=0.9:0.99:0.01"`; the result has a
            row for each, from one pass, and nothing is written.
        linkage: `connected` (a chain of close rows is one group), `leader` (a dropped row is close to the one that is
            kept) or `complete` (all rows of a group are close to each other). The last two take the rows in the order
            in which they are preferred, and a row joins the earliest group that it fits.
        keep: which row of a group is kept: `first`, `last`, `random`, `medoid` (the closest to the others on average),
            `longest:COLUMN` (text), `max:COLUMN` or `min:COLUMN`; of equals the first.
        by: a column: only rows with the same value of it are compared.
        output: a file for the rows that are kept, with all their columns; its suffix says the format.
        groups: a table of `id`, `group`, `kept` and `score`, the score of the row with the one that is kept.
        dropped: a file for the other rows.
        force: existing outputs may be replaced.
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
        largest: how many of the largest groups are listed.
        seed: of `keep=random`.
        ids, metric, parameters, eps, max_memory, nonfinite, header, device, backend: as for `pairwise`.
        progress, require_keys, dry_run, device_name: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result with the summary `rows`, `kept`, `dropped`, `groups` (of two rows or more), `largest_group` and
        `threshold`. Its rows are of the largest groups, the kept row first, then those least close to it; or those of a
        sweep. `array` is the (n,) number of the row that is kept for each row.

    Raises:
        ShapeError: the vectors are not (n, d).
        DataError: rows that are not finite; a column of another kind.
        ParameterError: an unknown name, or options that do not go together.
        OutputError: an output may not be written.
        ResourceError: the rows do not fit in the budget.

    Source:
        Leader: Hartigan 1975, "Clustering Algorithms", chapter 3. Components: Tarjan 1975, with union-find.

    Example:
        >>> import numpy as np
        >>> found = dedup(np.asarray([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]]), threshold=0.95)
        >>> found.array.tolist(), found.summary["dropped"]
        ([0, 1, 0], 1)
    """
    check_types(dedup, locals())
    output, groups, dropped = path_of(output), path_of(groups), path_of(dropped)
    required = keys_of_job(require_keys, device_name, dry_run=dry_run)
    checks.check_keys(required, ("rows", "thresholds") if sweep is not None else KEYS)
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked()
    checks.check_choice("linkage", linkage, LINKAGES)
    checks.check_least(0, seed=seed, largest=largest)
    measure, rule = metric_of(metric, eps=eps, **(parameters or {})), KeepRule.of(keep)
    swept = None if sweep is None else swept_numbers(sweep, "threshold=0.9:0.99:0.01", alone="threshold")[1]
    if isinstance(threshold, str):
        threshold = read_threshold(threshold.removeprefix("@"), metric)
    outputs = GroupOutputs(output, groups, dropped, force, escape_formulas)
    thresholds = _thresholds(threshold, swept, outputs, measure, exact=exact)
    _check_linkage(linkage, rule, measure)
    source = as_table(source, "vectors")
    by = None if by is None else own_column(by, source)
    rule = replace(rule, column=None if rule.column is None else own_column(rule.column, source))
    ids = as_values(ids, source)
    outputs.check([source, ids])
    with delivery():
        rows = TableRows.open(source, ids, [by, rule.column], settings)
        how: dict[str, Any] = {"linkage": None if exact else linkage, "keep": keep, "by": by, "exact": exact or None}
        how["seed"] = seed if rule.rule == "random" else None
        plan = partial(DedupPlan.of, measure, thresholds, rule, how, outputs, largest)
        if not dry_run:
            planned = plan(settings, rows)
            return planned.swept(progress) if sweep is not None else planned.run(progress)

        def some(sample: Sequence[SomeRows], within: Settings) -> Planned:
            of_rows = plan(within, rows.some(sample[0].vectors, sample[0].numbers))
            return Planned(of_rows.phases, of_rows.trial)

        return dry_run_of("dedup", {"vectors": rows.vectors}, some, settings=settings, device_name=device_name)


def _thresholds(
    threshold: float | None, sweep: list[float] | None, outputs: GroupOutputs, metric: Metric, *, exact: bool
) -> tuple[float, ...]:
    """Return the thresholds of one way to say what is close, checked."""
    given = {"«threshold»": threshold is not None, "«exact»": exact, "«sweep»": sweep is not None}
    asked = [name for name, is_given in given.items() if is_given]
    if len(asked) != 1:
        what = "one option says what is close" if asked else "nothing says which rows are close"
        raise ParameterError(what, ", ".join(asked), "«threshold=0.95», «sweep» or «exact»")
    thresholds = (() if exact else (threshold,)) if sweep is None else tuple(sweep)
    for each in thresholds:
        assert each is not None
        checks.check_threshold(each, metric)
    if sweep is not None and (paths := outputs.paths):
        raise ParameterError("a sweep drops nothing, so there is nothing to write", paths[0], "«threshold» writes it")
    return thresholds  # type: ignore[return-value]


def _check_linkage(linkage: str, keep: KeepRule, metric: Metric) -> None:
    if not metric.is_symmetric:
        what = f"{metric.name} has two scores for a pair, and a group needs one"
        raise ParameterError(what, "«metric»", "take a symmetric one, as cosine")
    if linkage == "leader" and keep.rule == "medoid":
        what = "the leader of a group is kept, which is not its medoid"
        raise ParameterError(what, "«keep=medoid»", "«linkage» connected or complete, or another «keep»")
