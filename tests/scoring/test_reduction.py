"""What is made of the items of a loss: the largest, the sums, the same for any cut of the work."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simtool
from simtool.scoring.reduction import largest_of

PIECES = {
    "simtool.engine.threads.BLOCK": 7,
    "simtool.scoring.example_scores.CPU_PART": 10,
    "simtool.scoring.example_scores.CPU_PIECE": 40,
}


@settings(max_examples=100, deadline=None)
@given(
    groups=st.lists(st.sampled_from(["few", "nan", "mixed"]), min_size=1, max_size=9),
    count=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_largest_are_those_of_a_sort_and_nan_comes_last(groups, count, seed):
    rng, values = np.random.default_rng(seed), []
    for kind in groups:
        part = rng.integers(0, 5, 4).astype(float)  # with ties
        part[{"few": [], "nan": [0, 1, 2, 3], "mixed": [1]}[kind]] = np.nan
        values += part.tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simtool.scoring.reduction.GROUP", 4)
        found = largest_of(np.asarray(values), count).tolist()
    order = sorted(
        range(len(values)), key=lambda place: (np.isnan(values[place]), -np.nan_to_num(values[place]), place)
    )
    assert found == order[:count]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize(
    "kind", ["contrastive", "cosine", "cosent", "online-contrastive", "triplet", "cosine-distance"]
)
def test_a_report_does_not_depend_on_how_the_work_is_cut(monkeypatch, kind, dtype):
    rng = np.random.default_rng(0)
    sides = [rng.normal(size=(61, 5)).astype(dtype) for _ in range(3 if kind == "triplet" else 2)]
    sides[1][:20] = sides[0][:20] * (1 + rng.integers(0, 2, (20, 1)))  # some distances cancel
    sides[0][3] = 0
    labels = {"cosent": rng.random(61), "triplet": None, "cosine-distance": None}.get(kind, rng.integers(0, 2, 61))
    whole = simtool.loss(*sides, kind=kind, labels=labels, top=9)
    for name, size in PIECES.items():
        monkeypatch.setattr(name, size)
    cut = simtool.loss(*sides, kind=kind, labels=labels, top=9)
    assert cut.array.tolist() == whole.array.tolist()
    assert cut.summary == pytest.approx(whole.summary, rel=1e-13, abs=1e-16)
    for found, expected in zip(cut.histograms, whole.histograms, strict=True):
        np.testing.assert_equal(dict(found.counts), dict(expected.counts))
    assert {name: column.tolist() for name, column in cut.rows.columns.items()} == {
        name: column.tolist() for name, column in whole.rows.columns.items()
    }


@pytest.mark.parametrize("nonfinite", ["propagate", "drop"])
def test_positives_and_negatives_are_told_apart_over_several_blocks(monkeypatch, nonfinite):
    for name, size in PIECES.items():
        monkeypatch.setattr(name, size)
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 50, 4))
    labels = rng.integers(0, 2, 50)
    bad = int(np.flatnonzero(labels == 1)[5])
    a[bad, 0] = np.nan
    result = simtool.loss(a, b, kind="cosine", labels=labels, nonfinite=nonfinite)
    cosines = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    kept = np.isfinite(cosines)
    for key, own in (("positive", labels == 1), ("negative", labels == 0)):
        counts = dict(zip(("positives", "negatives"), result.histograms[0].counts.values(), strict=True))[f"{key}s"]
        assert counts.tolist() == np.histogram(cosines[own & kept], result.histograms[0].edges)[0].tolist()
        expected = cosines[own].mean() if nonfinite == "propagate" else cosines[own & kept].mean()
        shown = result.summary[f"{key}_similarity"]
        assert shown is None if np.isnan(expected) else shown == pytest.approx(expected, rel=1e-12)
        assert result.summary[f"{key}s"] == own.sum() - (nonfinite == "drop" and key == "positive")
