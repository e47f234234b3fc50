"""A result against an earlier one: differences by hand, intervals against a simulation, gates, and what is refused."""

import json

import numpy as np
import pytest

from simtool import evaluate
from simtool.errors import ParameterError
from simtool.results import Baseline, Columns, GateError, Result
from simtool.results.baseline import Estimate, numbers_named


def run(summary, parameters=None, **groups):
    rows = Columns({"group": np.array(list(groups), object), "auc": np.array(list(groups.values()), float)})
    return Result("evaluate", {}, parameters or {}, summary, rows if groups else Columns({}))


BEFORE = run({"auc": 0.8, "auc.low": 0.75, "auc.high": 0.84, "n": 10, "gone": 1, "gap": None}, en=0.7, de=0.9)
NOW = run({"auc": 0.9, "auc.low": 0.87, "auc.high": 0.92, "n": 12, "new": 1, "gap": 0.5}, en=0.75, fr=0.9)


def test_a_row_for_each_number_of_both_runs():
    rows = list(Result("x", {}, {}, {}, Baseline("old", BEFORE).differences(NOW)))
    assert [row["number"] for row in rows] == ["auc", "n", "gap", "auc[en]"]
    auc, count, gap, group = rows
    assert auc["difference"] == pytest.approx(0.1)
    # by hand: 0.1 - sqrt(0.03^2 + 0.04^2), 0.1 + sqrt(0.02^2 + 0.05^2)
    assert (auc["low"], auc["high"]) == (pytest.approx(0.05), pytest.approx(0.1 + 0.0029**0.5))
    assert (count["before"], count["now"], count["difference"], count["low"]) == (10, 12, 2, None)
    assert (gap["before"], gap["difference"]) == (None, None)
    assert group["difference"] == pytest.approx(0.05)


def test_the_interval_of_a_difference_covers_it_as_often_as_it_says():
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(2000):
        estimates = []
        for chance, count in ((0.7, 80), (0.6, 120)):
            share = random.binomial(count, chance) / count
            centre = (share + 1.96**2 / 2 / count) / (1 + 1.96**2 / count)  # Wilson 1927
            half = 1.96 / (1 + 1.96**2 / count) * np.sqrt(share * (1 - share) / count + 1.96**2 / 4 / count**2)
            estimates.append(Estimate(share, centre - half, centre + half))
        moved = estimates[0].minus(estimates[1])
        inside += moved.low <= 0.1 <= moved.high
    assert 0.93 < inside / 2000 < 0.97


def test_gates_on_differences():
    result = NOW.against(BEFORE)
    result.check(
        "delta.auc >= 0.0999", "delta.auc.low > 0.0499", "delta.n == 2", "delta.auc[en] < 0.051", "auc[fr] > 0.8"
    )
    with pytest.raises(GateError, match=r"FAILED delta.auc.high <= 0.1 \(is 0.153852\)"):
        result.check("delta.auc.high <= 0.1")
    with pytest.raises(GateError, match="is undefined"):
        result.check("delta.gap >= 0")


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("delta.new > 0", "no number is called 'new'"),
        ("delta.gone > 0", "no number is called 'gone'"),
        ("delta.auc[de] > 0", "no group is called 'de'"),
        ("auc[es] > 0", "no group is called 'es'"),
    ],
)
def test_a_number_that_one_of_both_lacks(gate, said):
    with pytest.raises(ParameterError, match=said):
        NOW.against(BEFORE).check(gate)


def test_a_number_beyond_all_floats_is_none():
    found = Result("evaluate", {}, {}, {"auc": 0.5}).against(Result("evaluate", {}, {}, {"auc": 10**400}))
    assert found.summary == {"auc": 0.5}
    with pytest.raises(GateError, match="undefined"):
        found.check("delta.auc > 0")


def test_a_difference_needs_an_earlier_run_of_the_same_command():
    with pytest.raises(ParameterError, match="none is named"):
        NOW.check("delta.auc > 0")
    with pytest.raises(ParameterError, match="of compare, and it is compared with one of evaluate"):
        NOW.against(Result("compare", {}, {}, {"auc": 1}))


def test_what_a_gate_will_need_is_looked_for_before_the_work():
    baseline = Baseline("old.json", BEFORE)
    assert baseline.check("evaluate", ["delta.auc", "delta.auc[en]", "later"]) is baseline
    with pytest.raises(ParameterError, match="no number is called 'acu'") as refusal:
        baseline.check("evaluate", ["delta.acu"])
    assert (refusal.value.where, refusal.value.hint[:19]) == ("old.json", "did you mean auc? t")


def test_parameters_that_differ():
    one, other = (
        run({}, {"metric": "cosine", "k": (1, 5), "seed": None}),
        run({}, {"metric": "dot", "k": [1, 5], "at": 2}),
    )
    assert Baseline("", one).changed(other) == {"metric": ("cosine", "dot"), "at": (None, 2)}


def test_the_document_holds_the_comparison():
    found = json.loads(NOW.against(BEFORE).to_json())["baseline"]
    assert (found["source"], found["parameters"]) == ("the earlier result", {})
    assert [row["number"] for row in found["numbers"]] == ["auc", "n", "gap", "auc[en]"]
    assert "baseline" not in json.loads(NOW.to_json())


def test_two_evaluations_differ_as_their_numbers_do():
    random = np.random.default_rng(0)
    labels, by = random.random(200) < 0.5, np.arange(200) % 2
    scores = [random.normal(size=200) + labels * shift for shift in (0.5, 1.5)]
    before, now = (evaluate(scores=each, labels=labels, by=by, bootstrap=20) for each in scores)
    keys = ["delta.roc_auc", "delta.roc_auc[1]", "roc_auc[0]"]
    numbers = numbers_named(now.against(before), keys)
    assert numbers["delta.roc_auc"] == now.summary["roc_auc"] - before.summary["roc_auc"]
    of_group = [next(row for row in each if row["group"] == "1")["roc_auc"] for each in (now, before)]
    assert numbers["delta.roc_auc[1]"] == of_group[0] - of_group[1]
    listed = [row["number"] for row in Result("x", {}, {}, {}, now.baseline or Baseline("", before).differences(now))]
    assert "roc_auc.low" not in listed
    assert "roc_auc[overall]" not in listed
