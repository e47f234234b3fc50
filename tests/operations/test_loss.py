"""`loss` for every row of the catalogue: gradients, query blocks and batches, evidence, refusals."""

from math import fsum

import numpy as np
import pytest
from batches import of_classes
from loss_inputs import CLASSES, DIMS, ROWS, data
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

import simtool
from simtool.backend import choose_backend
from simtool.catalogue import LOSSES
from simtool.errors import DataError, LabelError, ParameterError, ResourceError, ShapeError
from simtool.io import as_vectors, with_ids
from simtool.losses.classes import class_masks
from simtool.losses.miners import ActiveTriplets
from simtool.operations.loss import loss_keys
from simtool.scoring import accumulator as ledger
from simtool.scoring import batch_report
from simtool.scoring import batch_scores as whole_rows
from simtool.scoring.distances import of_all, of_pairs

EVERY = [(entry.name, variant) for entry in LOSSES for variant in (None, *entry.variants)]
IN_STRIPES = [entry.name for entry in LOSSES if entry.inputs in ("classes", "views", "classifier") and entry.metric]


# the gradient of circle is that of the paper, which holds a part of the formula constant: see test_batch.py
DIFFERENTIATED = [(kind, variant) for kind, variant in EVERY if kind != "circle"]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("kind", "variant"), DIFFERENTIATED)
def test_gradients_are_central_differences(kind, variant, backend):
    inputs, options = data(kind)
    options |= {"variant": variant, "backend": backend}
    given = []
    result = simtool.loss(*inputs, gradients=lambda start, parts: given.append((start, parts)), **options)
    ((start, parts),) = given
    assert start == 0
    sides = [*inputs, *([options["weights"]] if options["weights"] is not None else [])]
    assert [part.shape for part in parts] == [side.shape for side in sides]
    norm = np.sqrt(sum((part**2).sum() for part in parts))
    assert result.summary["gradient_norm"] == pytest.approx(norm, rel=1e-12)

    rng, step = np.random.default_rng(1), 1e-6
    for number, part in enumerate(parts):
        way = rng.normal(size=part.shape)
        ends = []
        for sign in (1, -1):
            moved = list(sides)
            moved[number] = sides[number] + sign * step * way
            weights = moved.pop() if len(moved) > len(inputs) else None
            ends.append(simtool.loss(*moved, **{**options, "weights": weights}).summary["loss"])
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx((part * way).sum(), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_the_total_is_the_sum_of_the_items(kind, variant):
    inputs, options = data(kind)
    result = simtool.loss(*inputs, variant=variant, **options)
    assert abs(result.summary["total"] - fsum(result.array.tolist())) <= 1e-12 * max(1, abs(result.summary["total"]))
    assert result.summary["mean"] == pytest.approx(result.summary["total"] / result.summary["items"], rel=1e-14)
    assert 0 <= result.summary["active"] <= result.summary["items"]


@pytest.mark.parametrize("kind", IN_STRIPES)
def test_stripes_do_not_change_a_loss(kind, monkeypatch):
    inputs, options = data(kind)
    parts = []
    whole = simtool.loss(*inputs, gradients=lambda _, found: parts.append(found), **options)
    others = ROWS if options["weights"] is None else CLASSES
    monkeypatch.setattr(whole_rows, "STRIPE_BYTES", 5 * whole_rows.CELL_BYTES * others * 2)
    assert whole_rows.WholeRows(*_anything(others), ("cosine", "dot"), 1e-8, choose_backend("numpy")).step == 5
    cut = simtool.loss(*inputs, gradients=lambda _, found: parts.append(found), **options)
    np.testing.assert_allclose(cut.array, whole.array, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(np.r_[tuple(parts[1])], np.r_[tuple(parts[0])], rtol=1e-9, atol=1e-13)
    for key in ("total", "positives", "negatives", "positive_similarity", "negative_similarity"):
        assert cut.summary[key] == pytest.approx(whole.summary[key], rel=1e-12)
    for key in cut.rows.names:
        if cut.rows.columns[key].dtype.kind != "f":
            assert cut.rows.columns[key].tolist() == whole.rows.columns[key].tolist()


def _anything(others):
    return np.ones((ROWS, DIMS)), np.ones((others, DIMS)), None, None


BATCHED = [entry.name for entry in LOSSES if entry.inputs in ("classes", "views") or entry.item == "batch"]


@pytest.mark.parametrize("kind", [kind for kind in BATCHED if kind not in ("barlow-twins", "vicreg", "n-pairs")])
def test_batches_are_separate_losses(kind):
    inputs, options = data(kind)
    order = np.random.default_rng(3).permutation(ROWS)
    result = simtool.loss(*inputs, batch_size=5, shuffle=True, seed=3, **options)
    items, sums = [], {"total": 0.0, "items": 0, "active": 0}
    for start in range(0, ROWS, 5):
        rows = order[start : start + 5]
        labels = None if options["labels"] is None else options["labels"][rows]
        part = simtool.loss(*(side[rows] for side in inputs), **{**options, "labels": labels})
        items += part.array.tolist()
        sums = {key: sums[key] + (part.summary[key] or 0) for key in sums}
    assert result.array.tolist() == pytest.approx(items, rel=1e-12)
    for key, value in sums.items():
        assert result.summary[key] == pytest.approx(value, rel=1e-12)
    assert any("3 batches of 5 rows, the last of 4, in an order shuffled with seed 3" in note for note in result.notes)


@pytest.mark.parametrize("kind", ["barlow-twins", "vicreg"])
def test_losses_of_features_are_the_mean_of_their_batches(kind):
    (x, y), options = data(kind)
    parts = [simtool.loss(x[part], y[part], **options) for part in (slice(0, 7), slice(7, 14))]
    result = simtool.loss(x, y, batch_size=7, **options)
    assert result.summary["loss"] == pytest.approx(sum(part.summary["loss"] for part in parts) / 2, rel=1e-12)
    if kind == "vicreg":
        for key in ("invariance", "variance", "covariance"):
            assert result.summary[key] == pytest.approx(sum(part.summary[key] for part in parts) / 2, rel=1e-12)
        total = sum(result.summary[key] for key in ("invariance", "variance", "covariance"))
        assert result.summary["loss"] == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize(
    ("kinds", "sweep"),
    [
        (["contrastive", "cosine", "online-contrastive"], ("margin", [0.0, 0.25, 1.0])),
        (["cosent"], ("scale", [1.0, 20.0])),
        (["triplet", "margin-ranking"], ("margin", [0.0, 2.0])),
        (["sup-con", "nt-xent"], ("temperature", [0.05, 0.5])),
        (["info-nce"], ("temperature", [0.05, 0.5])),
        (["barlow-twins"], ("weight", [0.0, 0.5])),
        (["arcface", "cosface"], ("margin", [0.0, 0.3])),
    ],
)
def test_a_sweep_is_its_single_runs(kinds, sweep):
    inputs, options = data(kinds[0] if kinds != ["triplet", "margin-ranking"] else "margin-ranking")
    name, values = sweep
    rows = simtool.loss(*inputs, **{**options, "kind": kinds}, sweep=sweep).rows
    columns = rows.read(0, len(rows))
    assert columns["kind"].tolist() == [kind for kind in kinds for _ in values]
    assert columns[name].tolist() == [value for _ in kinds for value in values]
    for row, (kind, value) in enumerate((kind, value) for kind in kinds for value in values):
        own = {**options, "kind": kind, **({"labels": None} if kind == "triplet" else {})}
        alone = simtool.loss(*inputs, **own, gradients=lambda *_: None, **{name: value}).summary
        for key in ("loss", "total", "mean", "active_mean", "items", "active", "active_share", "gradient_norm"):
            assert columns[key][row] == pytest.approx(alone[key], rel=1e-9, abs=1e-12), (kind, value, key)


def test_several_losses_stand_beside_each_other():
    inputs, options = data("contrastive")
    kinds = ["contrastive", "cosine", "bce", "cosine-distance"]
    result = simtool.loss(*inputs, **{**options, "kind": kinds})
    assert result.rows.columns["kind"].tolist() == kinds
    for row, kind in enumerate(kinds):
        labels = None if kind == "cosine-distance" else options["labels"]
        alone = simtool.loss(*inputs, kind=kind, labels=labels).summary
        assert result.rows.columns["loss"][row] == alone["loss"] == result.summary[f"{kind}.loss"]
    assert sorted(result.summary) == sorted(loss_keys(kinds))


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_the_keys_are_known_before_the_work(kind, variant):
    inputs, options = data(kind)
    result = simtool.loss(*inputs, variant=variant, gradients=lambda *_: None, **options)
    assert set(result.summary) <= set(loss_keys([kind], gradient=True))


def test_the_triplets_of_classes_are_all_of_them():
    (x,), options = data("sup-con")
    classes, d = options["labels"], of_all("euclidean", *data("sup-con")[0] * 2)
    every = [
        max(0.0, d[a, p] - d[a, n] + 0.7)
        for a in range(ROWS)
        for p in range(ROWS)
        for n in range(ROWS)
        if a != p and classes[a] == classes[p] != classes[n]
    ]
    result = simtool.loss(x, kind="triplet", labels=classes, margin=0.7)
    assert result.summary["items"] == len(every)
    assert result.summary["active"] == sum(item > 0 for item in every)
    assert result.summary["loss"] == pytest.approx(sum(every) / len(every), rel=1e-12)
    assert result.parameters["kind"] == "triplet"


def test_the_swap_takes_the_nearer_distance():
    (a, p, n), _ = data("triplet")
    p = p + 2 * (n - a)  # nearer to the negative than the anchor is
    d = [np.linalg.norm(x - y, axis=1) for x, y in ((a, p), (a, n), (p, n))]
    expected = np.maximum(0.0, d[0] - np.minimum(d[1], d[2]) + 1.0)
    result = simtool.loss(a, p, n, kind="triplet", swap=1.0)
    np.testing.assert_allclose(result.array, expected, rtol=1e-12)
    assert not np.allclose(result.array, simtool.loss(a, p, n, kind="triplet").array)


def test_symmetric_is_the_mean_of_both_directions():
    (x, y), _ = data("info-nce")
    both = simtool.loss(x, y, kind="info-nce", symmetric=1.0)
    ways = [simtool.loss(*sides, kind="info-nce").array for sides in ((x, y), (y, x))]
    np.testing.assert_allclose(both.array, (ways[0] + ways[1]) / 2, rtol=1e-12)


def test_n_pairs_are_the_first_two_rows_of_each_class():
    x = np.random.default_rng(5).normal(size=(7, 4))
    given = []
    result = simtool.loss(
        x, labels=np.asarray([2, 0, 2, 1, 0, 2, 0]), kind="n-pairs", gradients=lambda _, parts: given.append(parts)
    )
    anchors, partners = x[[1, 0]], x[[4, 2]]  # class 1 has one row
    logits = anchors @ partners.T
    expected = np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)
    np.testing.assert_allclose(result.array, expected, rtol=1e-12)
    assert np.flatnonzero(given[0][0].any(axis=1)).tolist() == [0, 1, 2, 4]
    assert result.rows.columns["id"].tolist() == [1, 0]
    assert any("1 class with a single row left out" in note for note in result.notes)


def test_the_evidence_is_that_of_all_pairs():
    (x,), options = data("sup-con")
    classes = options["labels"]
    ids = np.asarray([f"r{row}" for row in range(ROWS)], dtype=object)
    result = simtool.loss(with_ids(as_vectors(x), ids), **options)
    cosines = of_all("cosine", x, x)
    positives, negatives = class_masks(classes, 0, classes)
    assert (result.summary["positives"], result.summary["negatives"]) == (positives.sum(), negatives.sum())
    assert result.summary["positive_similarity"] == pytest.approx(cosines[positives].mean(), rel=1e-12)
    assert result.summary["negative_similarity"] == pytest.approx(cosines[negatives].mean(), rel=1e-12)
    (histogram,) = result.histograms
    for name, mask in (("positives", positives), ("negatives", negatives)):
        assert histogram.counts[name].tolist() == np.histogram(cosines[mask], histogram.edges)[0].tolist()
    columns = result.rows.columns
    for row in range(ROWS):
        far = min(np.flatnonzero(positives[row]), key=lambda other: cosines[row, other])
        near = max(np.flatnonzero(negatives[row]), key=lambda other: cosines[row, other])
        assert (columns["positive"][row], columns["negative"][row]) == (f"r{far}", f"r{near}")
        assert columns["positive_similarity"][row] == pytest.approx(cosines[row, far], rel=1e-12)


ISSUE = np.asarray([[0.0, 0], [3, 0], [1, 0], [1e9, 0], [1e9 + 1, 0], [1e9 + 4, 0]])
ISSUE_CLASSES = [0, 0, 1, 2, 2, 3]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_close_rows_far_from_others_keep_their_distances(backend):
    given = []
    options = {"labels": ISSUE_CLASSES, "backend": backend, "gradients": lambda _, parts: given.append(parts[0])}
    result = simtool.loss(ISSUE, kind="batch-hard-triplet", reduction="sum", **options)
    # 3 - 1 + 1, 3 - 2 + 1, 1 - 4 + 1 < 0, 1 - 3 + 1 < 0: in the order of the rows that have a positive
    assert result.array.tolist() == [3, 2, 0, 0]
    # of |r0 - r1| - |r0 - r2| + |r1 - r0| - |r1 - r2| by the first coordinate
    assert given[0].tolist() == [[-1, 0], [1, 0], [0, 0], [0, 0], [0, 0], [0, 0]]


def triplet_distances(x):
    apart = x[:, None, :] - x[None, :, :]
    return np.sqrt((apart.astype(np.longdouble) ** 2).sum(axis=-1)).astype(float)


ON_DISTANCES = ["batch-hard-triplet", "semi-hard-triplet", "batch-all-triplet", "lifted-structure", "margin"]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("kind", ON_DISTANCES)
def test_two_clusters_far_apart_are_their_loops(kind, backend):
    rng = np.random.default_rng(8)
    x = rng.normal(size=(24, 6)) + 1e6 * np.repeat([0.0, 1.0], 12)[:, None]
    classes = np.tile([0, 1, 2], 8)
    classes[12:] += 3
    found = simtool.loss(x, kind=kind, labels=classes, distance="euclidean", backend=backend, reduction="sum")
    items = of_classes(kind, triplet_distances(x), classes)
    items = items.total if isinstance(items, ActiveTriplets) else items
    np.testing.assert_allclose(found.array, items, rtol=1e-11, atol=1e-14)


def test_margin_with_a_zero_row_counts_the_same_on_every_backend():
    x, classes = np.random.default_rng(9).normal(size=(60, 16)).astype("f4"), np.arange(60) % 4
    x[7] = 0.0
    found = [
        simtool.loss(x, kind="margin", labels=classes, backend=backend).summary["active"]
        for backend in ("numpy", "torch")
    ]
    unit = x / np.maximum(np.linalg.norm(x.astype(float), axis=1, keepdims=True), 1e-8)
    d = triplet_distances(unit)
    positives, negatives = class_masks(classes, 0, classes)
    # a zero row is at distance 1 of all others, where the pull of its positives begins: at rest
    pull, push = positives & (d - 1.0 > 1e-9), negatives & (1.4 - d > 1e-9)
    expected = (pull.sum(axis=1) * negatives.sum(axis=1) + push.sum(axis=1) * positives.sum(axis=1)).sum()
    assert found == [expected, expected]


ROW, OTHER = np.random.default_rng(10).normal(size=(2, 9))
AT_DISTANCE, AT_COSINE = np.linalg.norm(ROW - OTHER), ROW @ OTHER / np.linalg.norm(ROW) / np.linalg.norm(OTHER)
ON_THE_HINGE = {
    "contrastive": {"labels": np.zeros(ROWS, int), "margin": AT_DISTANCE},
    "hinge-embedding": {"labels": np.zeros(ROWS, int), "margin": AT_DISTANCE},
    "cosine": {"labels": np.zeros(ROWS, int), "margin": AT_COSINE},
    "cosine-distance": {},
    "triplet": {"margin": 0.0},
    "margin-ranking": {"labels": np.arange(ROWS) % 2},
    "kl": {},
}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("kind", ON_THE_HINGE)
def test_on_the_hinge_every_item_is_at_rest(kind, backend):
    # the same two rows in many orders of the dims: scores that are equal, but for the order of their sums
    orders = [np.random.default_rng(seed).permutation(9) for seed in range(ROWS)]
    a, b, c = (np.stack([side[order] for order in orders]) for side in (ROW, OTHER, OTHER))
    inputs = {"triplet": [a, b, c], "margin-ranking": [a, b, c], "kl": [a, a + 0.1], "cosine-distance": [a, 0.3 * a]}
    given = []
    sink = {"gradients": lambda _, parts: given.extend(parts)}
    result = simtool.loss(*inputs.get(kind, [a, b]), kind=kind, backend=backend, **ON_THE_HINGE[kind], **sink)
    assert (result.summary["active"], result.summary["total"]) == (0, 0)
    assert kind == "cosine-distance" or not np.concatenate(given).any()


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("kind", ["contrastive", "hinge-embedding", "triplet"])
@pytest.mark.parametrize("distance", ["angular", "euclidean", "unit-euclidean", "manhattan", "shifted-euclidean"])
def test_where_a_distance_has_no_derivative_the_gradient_is_zero_and_told(kind, distance, backend):
    inputs, options = data(kind)
    inputs = [side.copy() for side in inputs]
    inputs[1][2] = inputs[0][2] + (1e-6 if distance == "shifted-euclidean" else 0.0)
    inputs[1][5] = inputs[0][5] * (-1 if distance == "angular" else 1)
    shift = 1 if distance != "shifted-euclidean" else 0
    given = []
    result = simtool.loss(
        *inputs, backend=backend, distance=distance, gradients=lambda _, parts: given.extend(parts), **options
    )
    assert all(np.isfinite(part).all() for part in given)
    if kind != "triplet" and shift:
        assert not any(part[[2, 5]].any() for part in given)
    told = [note for note in result.notes if "no derivative" in note]
    if shift:
        where = "of the same or opposite direction" if distance == "angular" else "at distance 0"
        assert told == [f"2 examples {where}: {distance} has no derivative there, and the gradient is taken as 0"]
    assert not any("no derivative" in note for note in simtool.loss(*inputs, distance=distance, **options).notes)


def test_pairs_of_a_batch_without_a_derivative_are_told():
    (x,), options = data("batch-hard-triplet")
    x = x.copy()
    x[4] = x[9]
    given = []
    result = simtool.loss(x, gradients=lambda _, parts: given.extend(parts), **options)
    assert np.isfinite(given[0]).all()
    told = "1 pair at distance 0: euclidean has no derivative there, and the gradient is taken as 0"
    assert told in result.notes
    swept = simtool.loss(x, sweep=("margin", [0.1, 0.2]), **options)
    assert told in swept.notes


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_a_histogram_is_that_of_the_scores_of_the_loss(kind, variant):
    inputs, options = data(kind)
    entry = simtool.find("loss", kind)
    chosen = (entry.variants[variant].metric if variant else "") or entry.metric
    for metric in [chosen] if variant else (entry.metric, *entry.metrics):
        result = simtool.loss(*inputs, variant=variant, distance=metric or None, **options)
        if entry.inputs in ("teacher",) or entry.item in ("feature", "part") or options["labels"] is None:
            shown = kind in ("triplet", "info-nce", "siglip")
        else:
            shown = entry.labels != "score" and kind != "margin-ranking"
        assert [histogram.name for histogram in result.histograms] == ([metric] if shown else [])
        if not shown or kind == "n-pairs":
            continue
        (histogram,) = result.histograms
        if entry.inputs == "pairs":
            scores, groups = of_pairs(metric, *inputs), (options["labels"] == 1, options["labels"] != 1)
            ends = [scores[group] for group in groups]
        elif entry.inputs == "triplets":
            ends = [of_pairs(metric, inputs[0], other) for other in inputs[1:]]
        elif entry.inputs == "classes":
            ends = [of_all(metric, *inputs * 2)[mask] for mask in class_masks(options["labels"], 0, options["labels"])]
        else:
            others = inputs[-1] if options["weights"] is None else options["weights"]
            own = np.arange(ROWS) if options["labels"] is None else options["labels"]
            mask = own[:, None] == np.arange(len(others))
            ends = [of_all(metric, inputs[0], others)[each] for each in (mask, ~mask)]
        for name, scores in zip(("positives", "negatives"), ends, strict=True):
            assert histogram.counts[name].tolist() == np.histogram(scores, histogram.edges)[0].tolist()
            assert histogram.counts[name].sum() == len(scores)


def test_losses_on_two_metrics_have_two_histograms():
    inputs, options = data("contrastive")
    result = simtool.loss(*inputs, **{**options, "kind": ["contrastive", "hinge-embedding", "cosine"]})
    assert [histogram.name for histogram in result.histograms] == ["euclidean", "cosine"]


def test_of_too_many_items_the_largest_are_kept(monkeypatch):
    (x,), options = data("nt-xent")
    whole = simtool.loss(x, **options)
    monkeypatch.setattr(ledger, "HELD", 10)
    monkeypatch.setattr(whole_rows, "STRIPE_BYTES", 3 * whole_rows.CELL_BYTES * ROWS)
    kept = simtool.loss(x, top=6, **options)
    assert kept.summary == pytest.approx(whole.summary, rel=1e-12)
    assert kept.array is None
    monkeypatch.setattr(batch_report, "LISTED", 6)
    for result in (kept, simtool.loss(x, **options)):
        largest = np.argsort(-whole.array, kind="stable")[:6]
        for name in ("anchor", "positive", "loss"):
            np.testing.assert_allclose(result.rows.columns[name], whole.rows.columns[name][largest], rtol=1e-12)


@pytest.mark.parametrize(("kind", "variant"), [(kind, variant) for kind, variant in EVERY if kind in IN_STRIPES])
def test_more_items_than_are_held_give_the_same_loss(kind, variant, monkeypatch):
    inputs, options = data(kind)
    given = []
    size = None if options["weights"] is not None else 5
    options |= {"variant": variant, "batch_size": size, "gradients": lambda _, parts: given.append(parts)}
    whole = simtool.loss(*inputs, **options)
    monkeypatch.setattr(ledger, "HELD", 3)
    monkeypatch.setattr(batch_report, "LISTED", 1)
    monkeypatch.setattr(whole_rows, "STRIPE_BYTES", 3 * whole_rows.CELL_BYTES * ROWS)
    many = simtool.loss(*inputs, **options)
    assert many.summary == pytest.approx(whole.summary, rel=1e-12)
    np.testing.assert_allclose(np.concatenate(given[1]), np.concatenate(given[0]), rtol=1e-9, atol=1e-13)
    held = simtool.loss(*inputs, all_items=True, **options)
    np.testing.assert_allclose(held.array, whole.array, rtol=1e-12, atol=1e-15)
    assert len(held.rows) == len(whole.rows)


@pytest.mark.parametrize("variant", ["sbert-symmetric", "clip"])
def test_a_symmetric_loss_of_more_rows_than_items_are_held_is_its_definition(variant, monkeypatch):
    (x, y), options = data("info-nce")
    monkeypatch.setattr(ledger, "HELD", 3)
    temperature = simtool.find("loss", "info-nce").variants[variant].parameters["temperature"]
    ends = []
    for rows in (slice(0, 6), slice(6, 12), slice(12, ROWS)):
        logits = (1 - cdist(x[rows], y[rows], "cosine")) / temperature
        ends += [logsumexp(logits, axis=axis) - logits.diagonal() for axis in (0, 1)]
    result = simtool.loss(x, y, variant=variant, batch_size=6, **options)
    assert result.summary["loss"] == pytest.approx(np.concatenate(ends).sum() / 2 / ROWS, rel=1e-9)
    assert (result.summary["items"], result.summary["active"], len(result.array)) == (ROWS, ROWS, ROWS)


def test_all_items_are_refused_before_the_work_where_they_do_not_fit(monkeypatch):
    (x,), options = data("semi-hard-triplet")
    monkeypatch.setattr(batch_report, "positive_pairs", lambda data: 1 << 40)
    monkeypatch.setattr(batch_report, "outcomes", None)  # what does the work
    with pytest.raises(ResourceError, match=r"semi-hard-triplet with all its \d+ losses takes about .* GiB"):
        simtool.loss(x, all_items=True, **options)


def test_zero_rows_have_no_gradient_and_are_counted():
    for kind in ("cosine", "contrastive", "sup-con", "info-nce"):
        inputs, options = data(kind)
        inputs = [side.copy() for side in inputs]
        inputs[0][3] = 0.0
        given = []
        result = simtool.loss(*inputs, gradients=lambda _, parts, given=given: given.append(parts), **options)
        assert np.isfinite(given[0][0]).all()
        if kind != "contrastive":  # a distance has a gradient at zero
            assert not given[0][0][3].any()
        assert any("zero row" in note for note in result.notes)


def test_a_collapse_is_told():
    same = np.tile([1.0, 2.0], (6, 1)) + 1e-9
    classes, labels = np.asarray([0, 0, 0, 1, 1, 1]), np.asarray([1, 0, 1, 0, 1, 0])
    cases = [([same], classes, "sup-con"), ([same, same], labels, "contrastive"), ([same] * 3, None, "triplet")]
    for inputs, given, kind in cases:
        assert any("collapse" in note for note in simtool.loss(*inputs, labels=given, kind=kind).notes), kind
        others, options = data(kind)
        assert not any("collapse" in note for note in simtool.loss(*others, **options).notes)


def test_reductions_of_a_batch():
    (x,), options = data("batch-hard-triplet")
    items = simtool.loss(x, margin=0.2, **options).array
    for reduction, expected in {
        "sum": items.sum(),
        "mean": items.mean(),
        "active-mean": items[items > 0].mean(),
        "none": None,
    }.items():
        found = simtool.loss(x, margin=0.2, reduction=reduction, **options).summary["loss"]
        assert found == (None if expected is None else pytest.approx(expected, rel=1e-12))


X = np.random.default_rng(9).normal(size=(4, 3))
Y = np.asarray([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("inputs", "options", "error", "what"),
    [
        ([X, X], {"kind": ["contrastive", "cosent"], "labels": Y}, ParameterError, "binary labels, cosent score"),
        ([X], {"kind": ["sup-con", "info-nce"], "labels": Y}, ParameterError, "takes classes, info-nce takes views"),
        ([X, X], {"kind": "cosine", "labels": Y, "temperature": 1.0}, ParameterError, "cosine has no temperature"),
        ([X, X], {"kind": "cosine", "labels": Y, "variant": "pml"}, ParameterError, "cosine has no variants"),
        ([X, X], {"kind": "contrastive", "labels": Y, "variant": "pmi"}, ParameterError, "unknown variant"),
        ([X, X], {"kind": "cosine", "labels": Y, "distance": "euclidean"}, ParameterError, "not defined on euclidean"),
        ([X, X], {"kind": "cosine", "labels": Y, "batch_size": 2}, ParameterError, "batches do not change it"),
        ([X], {"kind": "sup-con", "labels": Y, "batch_size": 0}, ParameterError, "batch size is 0"),
        ([X], {"kind": "sup-con", "labels": Y, "nonfinite": "propagate"}, ParameterError, "would spoil every item"),
        ([X], {"kind": "sup-con", "labels": Y, "weights": X}, ParameterError, "takes no weight matrix"),
        ([X], {"kind": "arcface", "labels": Y}, ParameterError, "needs the classifier's weight matrix"),
        ([X], {"kind": "arcface", "labels": Y, "weights": X[:, :2]}, ShapeError, r"expected weights of shape"),
        ([X], {"kind": "arcface", "labels": Y, "weights": X[:1]}, LabelError, "class 1 has no row in the weights"),
        ([X, X], {"kind": "sup-con", "labels": Y}, ShapeError, "takes one input, got 2"),
        ([X], {"kind": "contrastive", "labels": Y}, ShapeError, r"takes 2 inputs \(a, b\), got 1"),
        ([X, X], {"kind": "cosine-similarity", "labels": Y * 5}, LabelError, "expected -1 to 1"),
        ([X], {"kind": "n-pairs", "labels": np.arange(4)}, DataError, "no class has two rows"),
        ([X, X[:, :2]], {"kind": "info-nce"}, ShapeError, "differ in length"),
        ([X, X], {"kind": "cosine", "labels": Y, "sweep": ("scale", [1.0])}, ParameterError, "has no scale"),
        ([X, X], {"kind": [], "labels": Y}, ParameterError, "no loss was asked for"),
    ],
)
def test_what_does_not_go_together_is_refused(inputs, options, error, what):
    with pytest.raises(error, match=what):
        simtool.loss(*inputs, **options)


def test_derived_distances_are_their_definitions():
    x, y = np.random.default_rng(2).normal(size=(2, 5, 4))
    cosine = of_pairs("cosine", x, y)
    np.testing.assert_allclose(of_pairs("cosine-distance", x, y), 1 - cosine, rtol=1e-12)
    np.testing.assert_allclose(of_pairs("unit-euclidean", x, y) ** 2, 2 - 2 * cosine, rtol=1e-12)
