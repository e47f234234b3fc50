"""`leak`: rows of a test set that have a near-duplicate in the training set."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Unpack

from .. import checks
from ..argument_types import AnyPath, check_types, path_of
from ..catalogue import DEVICE
from ..delivery import delivery
from ..errors import ParameterError
from ..estimates import Planned, SomeRows, dry_run_of, keys_of_job
from ..evaluation.thresholds_file import read_threshold
from ..grouping.leaks import label_column
from ..grouping.table_rows import TableRows, check_form
from ..io import SelectingBySeed, as_table, as_values, selects
from ..metrics import EPS, Metric, metric_of
from ..named_values import swept_numbers
from ..results import Progress, Result
from ..settings import Settings
from .leak_plan import LeakPlan

KEYS = ("rows", "train_rows", "leaked", "clean", "share", "disagreeing", "threshold")


@selects("train", "test", apart=["train", "test"], keeps=True)
def leak(
    train: Any,
    test: Any,
    *,
    threshold: float | str | None = None,
    sweep: Any = None,
    labels: str | None = None,
    output: AnyPath | None = None,
    force: bool = False,
    escape_formulas: bool = False,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    ids_train: Any = None,
    ids_test: Any = None,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    dry_run: bool = False,
    device_name: str = DEVICE,
    **select: Unpack[SelectingBySeed],
) -> Result:
    """Find the rows of a test set that have a near-duplicate in the training set.

    Args:
        train: the training set: PATH, PATH::NAME, or `-` for standard input; or a table or an array in memory.
        test: the test set.
        threshold: a row is leaked if the closest row of the training set has at least this similarity, or at most this
            distance; or `@PATH[:NAME]`, as for `pairwise`.
        sweep: several thresholds, as in `{"threshold": [0.9, 0.95]}` or `"threshold=0.8:0.99:0.01"`; the result has a
            row for each, from one pass, and nothing is written.
        labels: the column of labels of both; by default one that both call `label`, `class` or alike.
        output: a file for the rows of the test set that are not leaked, with all their columns.
        force: an existing output may be replaced.
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
        ids_train: a source of the ids of the training set.
        ids_test: a source of those of the test set.
        metric, parameters, eps, max_memory, nonfinite, header, device, backend: as for `pairwise`.
        progress, require_keys, dry_run, device_name: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result with the summary `rows` (of the test set), `train_rows`, `leaked`, `clean`, `share` (leaked of all),
        `disagreeing` (leaked rows whose label is not that of the closest row of the training set; None without labels)
        and `threshold`. Its rows are the leaked ones, worst first, with the closest row of the training set; or those
        of a sweep.

    Raises:
        ShapeError: the vectors are not (n, d), or differ in length.
        DataError: rows that are not finite.
        ParameterError: an unknown name, or options that do not go together.
        OutputError: the output may not be written.

    Source:
        The closest row of `simtool.pairwise`.

    Example:
        >>> import numpy as np
        >>> leak(np.eye(2), np.asarray([[1.0, 1.0], [0.1, 1.0]]), threshold=0.9).rows.read(0, 1)["train"].tolist()
        [1]
    """
    check_types(leak, locals())
    output = path_of(output)
    required = keys_of_job(require_keys, device_name, dry_run=dry_run)
    checks.check_keys(required, ("rows", "train_rows", "thresholds") if sweep is not None else KEYS)
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked()
    measure = metric_of(metric, eps=eps, **(parameters or {}))
    swept = None if sweep is None else swept_numbers(sweep, "threshold=0.8:0.99:0.01", alone="threshold")[1]
    if isinstance(threshold, str):
        threshold = read_threshold(threshold.removeprefix("@"), metric)
    thresholds = _thresholds(threshold, swept, output, measure)
    check_form(output)
    train, test = as_table(train, "train"), as_table(test, "test")
    ids_train, ids_test = as_values(ids_train, train), as_values(ids_test, test)
    checks.check_outputs(output, force=force, inputs=[train, test, ids_train, ids_test])
    with delivery():
        named = None if labels is None else label_column(labels, train, test)
        sides = {
            role: TableRows.open(source, ids, [named], settings)
            for role, source, ids in (("train", train, ids_train), ("test", test, ids_test))
        }
        if not dry_run:
            plan = LeakPlan.of(sides, measure, thresholds, named, settings)
            return plan.swept(progress) if sweep is not None else plan.run(output, force, escape_formulas, progress)

        def some(samples: Sequence[SomeRows], within: Settings) -> Planned:
            pairs = zip(sides.items(), samples, strict=True)
            chosen = {role: side.some(rows.vectors, rows.numbers) for (role, side), rows in pairs}
            of_rows = LeakPlan.of(chosen, measure, thresholds, named, within)
            return Planned(partial(of_rows.phases, output), partial(of_rows.swept, None))

        inputs = {role: side.vectors for role, side in sides.items()}
        return dry_run_of("leak", inputs, some, settings=settings, device_name=device_name)


def _thresholds(
    threshold: float | None, sweep: list[float] | None, output: str | None, metric: Metric
) -> tuple[float, ...]:
    """Return one threshold or those of a sweep, checked."""
    if (threshold is None) == (sweep is None):
        what = "nothing says which rows are close" if sweep is None else "a sweep has thresholds of its own"
        raise ParameterError(what, "«threshold», «sweep»", "«threshold=0.9», or «sweep=threshold=0.8:0.99:0.01»")
    thresholds = tuple(sweep) if sweep is not None else (threshold,)
    for each in thresholds:
        assert each is not None
        checks.check_threshold(each, metric)
    if sweep is not None and output is not None:
        raise ParameterError("a sweep drops nothing, so there is nothing to write", output, "«threshold» writes it")
    return thresholds  # type: ignore[return-value]
