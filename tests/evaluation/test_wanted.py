"""Thresholds that reach a wanted rate, against a loop over all thresholds."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from simtool import evaluate, pairwise
from simtool.errors import LabelError, ParameterError
from simtool.evaluation.wanted import KINDS, WantedRate, wilson
from simtool.statistics.counts import counts_of


def by_loop(scores, labels, kind, rate, larger):
    """Try each score as the threshold, the strictest first."""
    best = None
    for threshold in sorted(set(scores.tolist()), reverse=larger):
        taken = scores >= threshold if larger else scores <= threshold
        right, wrong = int((taken & labels).sum()), int((taken & ~labels).sum())
        rates = {"precision": right / (right + wrong), "recall": right / labels.sum(), "far": wrong / (~labels).sum()}
        fits = rates[kind] <= rate if kind == "far" else rates[kind] >= rate
        if not fits or not right:
            continue
        if kind == "recall":
            return threshold, rates
        if best is None or rates["recall"] > best[1]["recall"]:
            best = threshold, rates
    return best


@pytest.mark.parametrize("larger", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [0.05, 0.5, 0.8, 0.95, 1.0])
def test_the_threshold_is_that_of_a_loop(kind, rate, larger):
    generator = np.random.default_rng(7)
    labels = generator.random(200) < 0.4
    scores = np.round(generator.normal(size=200) + (1.2 if larger else -1.2) * labels, 1)
    found = WantedRate(kind, rate).found(counts_of(scores, labels, larger_is_closer=larger))
    name, expected = WantedRate(kind, rate).name, by_loop(scores, labels, kind, rate, larger)
    if expected is None:
        assert set(found.values()) == {None}
        return
    threshold, rates = expected
    assert found[f"{name}.threshold"] == threshold
    assert [found[f"{name}.{each}"] for each in KINDS] == pytest.approx([rates[each] for each in KINDS], abs=1e-12)
    assert found[f"{name}.low"] <= found[name] <= found[f"{name}.high"]


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (3, 7), (99, 100), (4, 4)])
def test_the_interval_is_that_of_scipy(successes, trials):
    theirs = binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_a_threshold_goes_from_evaluate_through_a_file_to_pairwise(tmp_path):
    generator = np.random.default_rng(1)
    rows, path = generator.normal(size=(60, 4)), str(tmp_path / "t.json")
    labels = (rows[:, 0] > 0).astype(int)
    found = evaluate(rows, labels=labels, at=["precision=0.9", "precision=0.6"], thresholds_out=path)
    threshold = found.summary["recall@precision0.6.threshold"]
    with open(path, encoding="utf-8") as file:
        assert json.load(file)["thresholds"]["recall@precision0.6"] == threshold
    pairs = pairwise(rows, threshold=f"@{path}:recall@precision0.6").rows.columns
    same = labels[pairs["a"]] == labels[pairs["b"]]
    assert same.mean() == pytest.approx(found.summary["recall@precision0.6.precision"], abs=1e-12)
    assert same.mean() >= 0.6
    assert list(found.rows.columns["metric"])[-2:] == ["recall@precision0.9", "recall@precision0.6"]


def test_a_rate_that_nothing_reaches_is_told():
    found = evaluate(scores=np.asarray([0.9, 0.5]), labels=np.asarray([0, 1]), at=["precision=0.9"])
    assert found.summary["recall@precision0.9"] is None
    assert "no threshold reaches precision=0.9 on these pairs" in found.notes


def test_pairs_that_are_counted_in_bins_are_told():
    rows = np.random.default_rng(1).normal(size=(60, 4))
    labels = (rows[:, 0] > 0).astype(int)
    found = evaluate(rows, labels=labels, at=["recall=0.5"], exact_pairs=10, retrieval=False)
    assert found.summary["precision@recall0.5.recall"] == pytest.approx(0.5, abs=0.01)
    assert any("counted in bins of scores" in note for note in found.notes)


@pytest.mark.parametrize("typed", ["precision", "precision=2", "precision=0", "f1=0.5", "far=x", "recall=nan"])
def test_what_is_no_rate_is_refused(typed):
    with pytest.raises(ParameterError):
        WantedRate.all_of(typed)


@pytest.mark.parametrize(
    "given",
    [{"precision": [0.9, 0.6]}, "precision=0.9,0.6", ["precision=0.9", {"precision": 0.6}], ("precision", [0.9, 0.6])],
)
def test_rates_are_given_in_many_forms(given):
    assert WantedRate.all_of(given) == [WantedRate("precision", 0.9), WantedRate("precision", 0.6)]


def test_a_threshold_needs_labels():
    with pytest.raises(LabelError, match="no labels"):
        evaluate(scores=np.ones(3), targets=np.arange(3.0), at=["far=0.1"])
