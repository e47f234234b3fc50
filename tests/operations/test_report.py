"""Several runs beside each other."""

import json

import numpy as np
import pytest

from simtool import report
from simtool.errors import DataError, ParameterError
from simtool.results import Columns, Histogram, Result


def run(command="compare", parameters=None, **summary):
    return Result(command, {}, parameters or {}, summary)


def test_a_row_for_each_number_and_a_column_for_each_run():
    one, other = run(argmax=0.9, items=3, gap=None), run(argmax=0.8, items=3, mean=0.5, verdict="good")
    found = report(one, other)
    assert list(found) == [
        {"number": "argmax", "run 1": 0.9, "run 2": 0.8},
        {"number": "items", "run 1": 3, "run 2": 3},
        {"number": "mean", "run 1": None, "run 2": 0.5},
    ]
    assert found.summary == {"runs": 2, "numbers": 3, "differing": 2}


def test_numbers_of_groups_are_rows():
    groups = Columns({"group": np.array(["en", "de"], object), "auc": np.array([0.75, 0.5])})
    found = report(Result("evaluate", {}, {}, {"auc": 0.7}, groups))
    assert [(row["number"], row["run 1"]) for row in found] == [("auc", 0.7), ("auc[en]", 0.75), ("auc[de]", 0.5)]


def test_files_are_called_as_shortly_as_tells_them_apart(tmp_path):
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        for name in ("a.json", "b.json", "b.parquet"):
            run(argmax=0.5).save(tmp_path / folder / name)
    old, new = tmp_path / "old", tmp_path / "new"
    names = [
        report(*paths).rows.names[1:]
        for paths in (
            (old / "a.json", old / "b.json"),
            (old / "b.json", old / "b.parquet"),
            (old / "a.json", new / "a.json"),
        )
    ]
    assert names == [("a", "b"), ("b.json", "b.parquet"), (str(old / "a.json"), str(new / "a.json"))]
    assert report(old / "a.json", old / "a.json").rows.names[1:] == ("run 1", "run 2")
    assert report(old / "a.json").inputs == {"a": str(old / "a.json")}


def test_parameters_are_shared_or_said():
    found = report(run(parameters={"k": 5, "metric": "dot"}), run(parameters={"k": 5, "seed": 1}))
    assert found.parameters == {"command": "compare", "k": 5}
    assert found.notes == ("metric is dot in run 1, not given in run 2", "seed is not given in run 1, 1 in run 2")


def test_histograms_keep_their_run():
    histogram = Histogram("cosine", np.arange(3.0), {"all": np.array([1, 2])})
    runs = [Result("compare", {}, {}, {}, histograms=(histogram,)) for _ in range(2)]
    assert [each.name for each in report(*runs).histograms] == ["run 1: cosine", "run 2: cosine"]


def test_runs_are_of_one_command():
    with pytest.raises(ParameterError, match="run 1 is a run of compare, and run 2 of loss"):
        report(run(), run("loss"))
    with pytest.raises(ParameterError, match="no run is named"):
        report()


def test_a_file_without_a_result_is_refused(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"schema": 2}))
    with pytest.raises(DataError):
        report(tmp_path / "x.json")
