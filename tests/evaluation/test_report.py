"""What a report of measures lists, and the keys that its summary may have."""

import numpy as np

from simtool.evaluation.measure import UNDEFINED, Measure
from simtool.evaluation.report import Report, evaluation_keys, group_rows, notes_on
from simtool.evaluation.threshold_metrics import NAMES
from simtool.statistics.bootstrap import Intervals

MEASURES = {**dict.fromkeys(NAMES, UNDEFINED), "roc_auc": Measure(0.75), "eer": Measure(0.25, 0.5)}
COUNTED = {"pairs": 9, "positives": 4, "negatives": 5}


def test_a_summary_has_every_number_by_a_key_that_is_known_beforehand():
    intervals = Intervals({"roc_auc": (0.6, 0.9), "roc_auc.difference": (-0.1, 0.2)}, 0)
    against = {**MEASURES, "roc_auc": Measure(0.5)}
    found = Report(COUNTED, MEASURES, intervals, against, {"roc_auc": 0.01}).summary()
    expected = {
        "pairs": 9,
        "roc_auc": 0.75,
        "roc_auc.low": 0.6,
        "roc_auc.high": 0.9,
        "roc_auc.against": 0.5,
        "roc_auc.difference": 0.25,
        "roc_auc.difference.high": 0.2,
        "roc_auc.error": 0.01,
        "eer.threshold": 0.5,
        "eer.low": None,
    }
    assert expected.items() <= found.items()
    assert set(found) <= set(evaluation_keys())
    assert not any(".low" in key or "against" in key for key in evaluation_keys(bootstrap=False, against=False))
    assert "precision@3" in evaluation_keys([3])
    assert not any("precision@" in key for key in evaluation_keys(retrieval=False))


def test_rates_that_cannot_be_shown_are_no_rows():
    rows = Report(COUNTED, MEASURES).rows().columns
    assert rows["metric"].tolist() == [name for name in NAMES if not name.startswith("tar@")]
    assert rows["threshold"].tolist()[rows["metric"].tolist().index("eer")] == 0.5
    assert "low" not in rows


def test_groups_are_rows_and_their_measures_columns():
    few = Report({"pairs": 2, "positives": 1, "negatives": 1}, {**MEASURES, "roc_auc": Measure(None)})
    columns = group_rows({"x": few, "overall": Report(COUNTED, MEASURES)}).columns
    assert columns["group"].tolist() == ["x", "overall"]
    assert columns["pairs"].tolist() == [2, 9]
    assert np.isnan(columns["roc_auc"]).tolist() == [True, False]
    assert "d_prime" not in columns  # of no group


def test_notes_say_what_is_missing():
    assert "only no rate is defined" in next(notes_on(Report({**COUNTED, "negatives": 0}, MEASURES)))
    assert any("5 negatives are too few" in note for note in notes_on(Report(COUNTED, MEASURES)))
    drawn = Report(COUNTED, MEASURES, Intervals({}, 3))
    assert any(note.startswith("3 resamples had too few") for note in notes_on(drawn))
