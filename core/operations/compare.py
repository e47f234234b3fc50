"""`compare`: two sets of vectors down to one percentage, or item by item for sets of token vectors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

import numpy as np

from .. import checks, estimates
from ..aggregates.record import AggregateRequest
from ..argument_types import check_types
from ..catalogue import DEVICE
from ..comparison.moved import check_moved, moved_rows
from ..comparison.options import CompareOptions, keys_of_either
from ..comparison.read_sets import open_sets, read_inputs, source_of_sets
from ..comparison.requests import ALL, DEFAULT, OF_EACH, named_aggregates, read_requests
from ..delivery import delivery
from ..engine import spending
from ..io import RaggedVectors, Selecting, as_values, beside, open_table, read_values, selects, split_source
from ..io.named_columns import as_column, is_bare
from ..io.ragged import PaddedVectors
from ..metrics import EPS
from ..nonfinite import DROP_HINT
from ..results import Columns, Into, Progress, Result
from ..settings import Settings
from .compare_plan import ComparePlan


@selects("a", "b", apart=["b"], keeps=True)
def compare(
    a: Any,
    b: Any,
    *,
    aggregates: Sequence[str] | None = None,
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
    per_id: bool = False,
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
    dry_run: bool = False,
    device_name: str = DEVICE,
    **select: Unpack[Selecting],
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
            None: `argmax`, or `paired` where each id is listed.
        parameters: of the aggregates, such as `k`, for all that have it; `knn_overlap.k` is for that one alone.
        percent: what a score s becomes: `clip` 100 max(0, s), `affine` 50 (1 + s), `baseline`
            100 max(0, (s - b) / (1 - b)) with b the mean of the null.
        null: permutations behind the baseline; 0 for none.
        bootstrap: draws behind the 95 % intervals; 0 for none.
        seed: of both, and of aggregates that draw.
        weights_a: (n,) or (items, tokens) weights of the rows, at least 0; or a source, `NAME` for a column of a.
        weights_b: (m,) or (items, tokens).
        lengths_a: (items,) tokens that count; what comes after them is padding, instead of zero rows.
        lengths_b: (items,).
        matches: list who matched whom under the first of argmax, optimal and mutual that is asked for.
        per_id: list how far each id moved: the cosine and the distance of its vectors in a and in b, the least cosine
            first; with `knn-overlap` also the share of its neighbours that it keeps, in spaces of two widths that
            alone, the least first.
        cross: the matrix of the first aggregate, argmax or maxsim, of every two items.
        items: of lists of sets, `aligned` (item i with item i) or `best` (each with its best match, both ways, under
            every similarity that does not compare token i with token i); None: `aligned` where there are as many.
        top: list only this many of the best matches, and as many of the worst; of ids those that moved furthest.
        by_item: list 3-D inputs by item; else the aggregates.
        nonfinite: `error`, or `drop` (2-D inputs).
        into: of `cross`, opens what takes whole rows of the matrix.
        progress: called with the rows or items that are done and their total.
        eps, max_memory, device, backend, ids_a, ids_b, header, require_keys, dry_run, device_name: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result with the summary `percent`, and per aggregate its score, further numbers as in `argmax.precision`,
        and where they were asked for `argmax.low`, `argmax.high`, `argmax.baseline`, `argmax.sd`, `argmax.p`. Rows are
        `aggregate`, `score`, ..., with a null also `null`, which is `pooled` or `re-paired`; or for 3-D inputs `item`
        and a column per number, under best matches `direction`, `item`, `match` and a score per aggregate, or with
        `matches` (`item`), (`direction`), `a`, `b`, `score`, or with `per_id`
        `id`, `cosine`, `euclidean`, `knn-overlap`. What is undefined for an item does not enter the mean.

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
    check_types(compare, locals())
    aggregates = (OF_EACH if per_id else DEFAULT,) if aggregates is None else aggregates
    names = named_aggregates(aggregates)
    keys_of = partial(keys_of_either, aggregates, items, cross=cross)
    checks.check_keys(
        estimates.keys_of_job(require_keys, device_name, dry_run=dry_run),
        keys_of(null=bool(null), bootstrap=bool(bootstrap)),
        {"«bootstrap=1000»": keys_of(bootstrap=not cross), "«null=200»": keys_of(null=not cross)},
    )
    options = CompareOptions(percent, null, bootstrap, matches, cross, top, items, per_id)
    options.check(names)
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked(("error", "drop"))
    checks.check_least(0, seed=seed)
    requests = read_requests(names, parameters or {}, seed)
    given = tuple(
        (side, *(as_values(each, side, f"«{name}»") for name, each in values.items()))
        for side, values in (
            (source_of_sets(a, "A"), {"ids_a": ids_a, "weights_a": weights_a, "lengths_a": lengths_a}),
            (source_of_sets(b, "B"), {"ids_b": ids_b, "weights_b": weights_b, "lengths_b": lengths_b}),
        )
    )
    with delivery():
        sides = open_sets(*given[0], name="A", settings=settings), open_sets(*given[1], name="B", settings=settings)
        tokens = (side.tokens if isinstance(side, RaggedVectors) else side for side in sides)
        weights, lengths = (tuple(_values(side[place], side[0], settings) for side in given) for place in (2, 3))
        if dry_run:
            asked = options, requests, seed, ALL in aggregates
            some = partial(_planned, asked, weights, lengths)
            padded = [PaddedVectors(side) if isinstance(side, RaggedVectors) else side for side in sides]
            inputs_of = dict(zip("ab", padded, strict=True))
            return estimates.dry_run_of(
                "compare", inputs_of, some, settings=settings, device_name=device_name, hint=DROP_HINT
            )
        with spending(settings.budget(*tokens)):
            inputs = read_inputs(
                *sides, weights=weights, lengths=lengths, nonfinite=nonfinite, cross=cross, items=items
            )
            plan = ComparePlan.of(inputs, requests, options, seed, settings, progress, everything=ALL in aggregates)
            if per_id:
                check_moved(inputs, plan.spec.requests)
            found = plan.run(into, by_item=by_item)
            if not per_id:
                return found
            rows = Columns(moved_rows(inputs, plan.spec, top))
            notes = tuple(dict.fromkeys((*found.notes, *check_moved(inputs, plan.spec.requests).notes)))
            return replace(found, rows=rows, parameters={**found.parameters, "per_id": True}, notes=notes)


def _planned(
    asked: tuple[CompareOptions, Sequence[AggregateRequest], int, bool],
    weights: Sequence[Any],
    lengths: Sequence[Any],
    rows: "Sequence[estimates.SomeRows]",
    settings: Settings,
) -> "estimates.Planned":
    """Plan the comparison of some rows of each side, for a dry run."""
    options, requests, seed, everything = asked
    chosen: list[Any] = [
        [None if each is None else np.asarray(each)[side.numbers] for each, side in zip(values, rows, strict=True)]
        for values in (weights, lengths)
    ]
    inputs = read_inputs(
        *(each.vectors for each in rows),
        weights=tuple(chosen[0]),
        lengths=tuple(chosen[1]),
        nonfinite=settings.nonfinite,
        cross=options.cross,
        items=options.items,
    )
    plan = ComparePlan.of(inputs, requests, options, seed, settings, None, everything=everything)
    if options.per_id:
        check_moved(inputs, plan.spec.requests)
    return estimates.Planned(plan.phases, plan.trial)


def _values(values: Any, side: Any, settings: Settings) -> Any:
    """Return numbers of the rows, read where they are a source: a file, or `NAME`, a column of the input."""
    if not isinstance(values, str):
        return values
    reading: dict[str, Any] = {"header": settings.header, "max_memory": settings.max_memory}
    is_column = (values[:2] == "::" or is_bare(values)) and isinstance(side, str)
    base = open_table(split_source(side)[0], **reading) if is_column else None
    return read_values(beside(as_column(values, base), side), base=base, **reading)
