"""`pairwise`: every row of A against every row of B: the matrix, the best of each row, or the closest pairs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Unpack

from .. import checks, comparison, estimates, evaluation
from ..argument_types import check_types
from ..catalogue import DEVICE, names
from ..delivery import delivery
from ..engine import MOST_RESULTS, Choice, check_precision
from ..errors import ParameterError
from ..io import SelectingBySeed, Selection, Vectors, selects
from ..io.cut_down import CutDown
from ..io.listed_columns import carries
from ..io.quantized import WRITTEN
from ..io.ragged import PaddedVectors, RaggedVectors
from ..metrics import EPS, Metric, metric_of
from ..results import Into, Progress, Result, RowsInto
from ..settings import Settings
from .pairwise_plan import PairwisePlan

KEYS = ("rows", "columns", "mean", "min", "max")
PRECISIONS = ("auto", "float64", "float32", "bfloat16", "int8")


@selects("a", "b", apart=["b"], keeps=True, queries=True)
def pairwise(
    a: Any,
    b: Any = None,
    *,
    top_k: int | None = None,
    threshold: float | str | None = None,
    max_pairs: int | None = None,
    truncate: int | None = None,
    quantize: str | None = None,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    dim: int = -1,
    exclude_self: bool | None = None,
    precision: str = "auto",
    max_memory: str | int | None = None,
    max_results: int = MOST_RESULTS,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    ids_a: Any = None,
    ids_b: Any = None,
    header: str = "auto",
    require_keys: Collection[str] = (),
    into: Into | None = None,
    rows_into: RowsInto | None = None,
    heat_map: int | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
    device_name: str = DEVICE,
    **select: Unpack[SelectingBySeed],
) -> Result:
    """Compare every row of A with every row of B, or A with itself; or every set of tokens with every set.

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, (..., n, d) of real numbers; leading dims are
            batches, as in matmul. Under a measure of sets (n, tokens, d) with zero rows as padding, or a list of
            arrays (tokens, d), or a source as for `open_items`, or rows with ids: those of one id are one set.
        b: (..., m, d), or None for A against itself.
        top_k: keep the k closest rows of B for each row of A; with a threshold, of those that reach it.
        threshold: keep the pairs with at least this similarity, or at most this distance; or `@PATH[:NAME]`, one
            that `evaluate` has written, `best_f1` where no name is given.
        max_pairs: keep the closest pairs of all, this many.
            notes=(*job.notes(), *self.cut.notes, *job.left_out(self.excluded_by), *result.notes),
        parameters: of the metric, as in `{"p": 3}`.
        eps: eps >= 0, the least norm that a cosine divides by.
        dim: the dim along which a vector lies; the last of the others counts the rows.
        exclude_self: leave out pairs of a row with itself; by default where b is None. A row of A and a row of B
            are the same where their ids are equal, and without ids on both sides where their numbers are.
            The matrix keeps these cells; its summary and its rows leave them out.
        precision: of the products. `auto`: a full matrix is float32 where that is within 2e-6; a selection
            scans in the format that takes least time here, and scores in float64 whatever this is.
            Or `float64`, `float32`, for a selection also `bfloat16` (torch) or `int8` (NumKong).
        max_memory: bytes beyond the interpreter, as in `512M`, `4G`, `50%` of what is free; by default a
            quarter of it.
        max_results: how many pairs a threshold without `top_k` may give.
        nonfinite: `error`, `propagate` (NaN in the matrix, never in a selection) or `drop` (2-D inputs).
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        ids_a: one id per row of a: an array, or a source as for `open_vectors`.
        ids_b: one per row of b.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        require_keys: keys that the summary must have, checked before any input is read.
        into: called with the shape and dtype of the matrix, before it is computed; returns what takes it
            in whole rows as it comes and copies what it keeps, or None to keep it in memory, as without `into`.
        rows_into: takes the rows of a selection as they come, a dict of columns; without it they are kept.
        heat_map: average the matrix, kept or not, into at most this many rows and columns: `heat_map` of the result.
        progress: called with the rows that are done and their total.
        dry_run: tell what the job would take instead of doing it. The summary is `rows_a`, `rows_b`, `pairs`, `flop`,
            `bytes_read`, `bytes_written`, `peak_memory`, `tasks`, `seconds`, `cpu_seconds` and `gpu_hours`, and there
            is a row for each phase. No more is read than headers and a sample, and nothing is written.
        device_name: the GPU that `gpu_hours` are of: a100, b200, h100, h200, l4, l40s or mi300x.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result with the summary `rows`, `columns`, `mean`, `min`, `max`, also `k` or `pairs`, of the listed
        scores. Its rows are `a`, `b`, `score`, with a top k `a`, `rank`, `b`, `score`, ordered by row, then
        closest first, then number; batches add `batch` in front. `array` is the (..., n, m) matrix if
        it was asked for and kept.

    Raises:
        ShapeError: ranks, widths or batches do not fit.
        DataError: rows that are not finite; a score that leaves the range of its dtype.
        ParameterError: an unknown name, a number below 1, two selections at once, or too many pairs for a threshold.
        ResourceError: the device is missing, or the result does not fit in the budget.

    Source:
        The catalogue row of the metric; `simtool.engine` for the selection.

    Example:
        >>> import numpy as np
        >>> pairwise(np.eye(2), np.ones((1, 2)), precision="float64").array.round(4).tolist()
        [[0.7071], [0.7071]]
    """
    check_types(pairwise, locals())
    selects = (top_k, threshold, max_pairs) != (None, None, None)
    required = estimates.keys_of_job(require_keys, device_name, dry_run=dry_run)
    checks.check_keys(required, _keys(top_k, threshold, selects=selects))
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked()
    checks.check_choice("precision", precision, PRECISIONS)
    if b is None and ids_b is not None:
        raise ParameterError("there is no B to have ids", "«ids_b»", "name B too, or leave «ids_b» out")
    if isinstance(threshold, str):
        threshold = evaluation.read_threshold(threshold.removeprefix("@"), metric)
    cut = CutDown(truncate, quantize)
    checks.check_least(1, truncate=truncate)
    if quantize is not None:
        checks.check_choice("quantize", quantize, tuple(WRITTEN))
    metric = cut.metric(metric, dim)
    choice = Choice(top_k, threshold, max_pairs, max_results).checked()
    of_sets = None if metric in names("metric") else comparison.measure_of_sets(metric, parameters or {})
    measure = of_sets or metric_of(metric, eps=eps, **(parameters or {}))
    if choice.threshold is not None:
        checks.check_threshold(choice.threshold, measure if isinstance(measure, Metric) else None)
    if isinstance(measure, Metric):
        check_precision(precision, measure, backend, device, selects=selects)
    else:
        comparison.check_set_options(metric, cut, dim=dim, precision=precision, nonfinite=nonfinite)
    if heat_map is not None and selects:
        what = "a heat map is of the whole matrix, and a selection computes a part of it"
        raise ParameterError(what, "«plot»", "leave out «top_k», «threshold» and «max_pairs»")
    exclude_self = b is None if exclude_self is None else exclude_self
    sides = [(a, "A", ids_a), *([] if b is None else [(b, "B", ids_b)])]
    chosen = choice if selects else None
    with delivery():
        opened: list[Any]
        plan: Callable[[Settings, list[Any]], Any]
        if isinstance(measure, Metric):
            opened = [settings.open(*side) for side in sides]
            for side, (_, name, ids) in zip(opened, sides, strict=True):
                if len(side.shape) > 2 or dim not in (-1, 1):
                    _refuse_named(side, f"«ids_{name.lower()}»" if ids is not None else None)
            of_rows = partial(PairwisePlan.of, chosen, measure, dim, cut, precision, exclude_self=exclude_self)
            plan = partial(of_rows, of_one_file=isinstance(b, Selection) and b.same is not None)
        else:
            opened = [comparison.open_list(*side, settings=settings) for side in sides]
            plan = partial(comparison.plan_sets, measure, chosen, exclude_self=exclude_self)
        if not dry_run:
            return plan(settings, opened).run(into, rows_into, heat_map, progress)

        def planned(rows: Sequence[estimates.SomeRows], within: Settings) -> estimates.Planned:
            sampled = plan(within, [each.vectors for each in rows])
            return estimates.Planned(partial(sampled.phases, into, rows_into), sampled.trial)

        padded = (PaddedVectors(side) if isinstance(side, RaggedVectors) else side for side in opened)
        inputs = dict(zip("ab", padded, strict=False))
        return estimates.dry_run_of("pairwise", inputs, planned, settings=settings, device_name=device_name)


def _keys(top_k: int | None, threshold: float | str | None, *, selects: bool) -> tuple[str, ...]:
    """Return the keys of the summary."""
    counted = () if top_k is None else ("k",)
    return (*KEYS, *counted, *(("pairs",) if selects and (top_k is None or threshold is not None) else ()))


def _refuse_named(side: Vectors, ids: str | None) -> None:
    """Refuse ids and columns of the rows of a file where what is compared are other vectors."""
    option = "«keep_columns»" if ids is None and carries(side) is not None else ids
    if option is not None:
        what = f"ids and columns belong to rows, and what is compared of {side.shape} are other vectors"
        raise ParameterError(what, option, "leave it out")
