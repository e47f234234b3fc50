"""The file of thresholds: what is written is what is read."""

import json

import numpy as np
import pytest

from simtool import evaluate
from simtool.delivery import delivery
from simtool.errors import DataError, InputNotFoundError, OutputError, ParameterError, ResourceError
from simtool.evaluation.thresholds_file import read_threshold, thresholds_of, write_thresholds


@pytest.fixture
def result():
    rng = np.random.default_rng(0)
    labels = rng.random(40) < 0.5
    return evaluate(scores=rng.normal(size=40) + labels, labels=labels)


def test_round_trip(tmp_path, result):
    path = str(tmp_path / "t.json")
    count = write_thresholds(path, result, force=False)
    found = thresholds_of(result)
    assert count == len(found) == 5  # eer, tar@far1e-1, best_accuracy, best_f1, best_mcc
    assert list(found) == ["eer", "tar@far1e-1", "best_accuracy", "best_f1", "best_mcc"]
    for name, value in found.items():
        assert read_threshold(f"{path}:{name}", "cosine") == value == result.summary[f"{name}.threshold"]
    assert read_threshold(path, "cosine") == found["best_f1"]
    assert json.loads((tmp_path / "t.json").read_text())["metric"] == "cosine"


def test_a_file_that_changes_after_it_was_read_is_refused(tmp_path, result):
    path = tmp_path / "t.json"
    write_thresholds(str(path), result, force=False)

    def run():
        with delivery():
            read_threshold(str(path), "cosine")
            path.write_text(path.read_text() + " ")

    with pytest.raises(ResourceError, match="this input changed while it was read"):
        run()


def test_an_existing_file_is_kept(tmp_path, result):
    path = tmp_path / "t.json"
    path.write_text("mine")
    with pytest.raises(OutputError):
        write_thresholds(str(path), result, force=False)
    assert path.read_text() == "mine"
    write_thresholds(str(path), result, force=True)
    assert read_threshold(str(path), "cosine")


def test_undefined_thresholds_are_not_written():
    far_positives = evaluate(scores=np.asarray([0.0, 1, 2, 3]), labels=np.asarray([1, 0, 0, 0]))
    assert "best_accuracy" not in thresholds_of(far_positives)
    assert "best_f1" in thresholds_of(far_positives)


def document_of(number):
    return f'{{"metric": "cosine", "thresholds": {{"best_f1": {number}}}}}'


@pytest.mark.parametrize(
    ("content", "typed", "metric", "error", "words"),
    [
        (None, "t.json", "cosine", InputNotFoundError, "no such file"),
        ("{", "t.json", "cosine", DataError, "JSON"),
        ("[1]", "t.json", "cosine", DataError, "thresholds_out"),
        ("[" * 100_000, "t.json", "cosine", DataError, "nested too deep"),
        (document_of("9" * 4000), "t.json", "cosine", DataError, "finite numbers by name"),
        (document_of("9" * 5000), "t.json", "cosine", DataError, "expected thresholds as JSON"),
        (document_of("NaN"), "t.json", "cosine", DataError, "finite numbers by name"),
        (document_of("1e999"), "t.json", "cosine", DataError, "finite numbers by name"),
        ('{"metric": "cosine"}', "t.json", "cosine", DataError, "expected thresholds"),
        ('{"metric": "cosine", "thresholds": {"eer": "x"}}', "t.json", "cosine", DataError, "numbers by name"),
        ('{"metric": "cosine", "thresholds": {"eer": ' + "9" * 4000 + "}}", "t.json", "cosine", DataError, "by name"),
        ('{"metric": "cosine", "thresholds": {"eer": ' + "9" * 5000 + "}}", "t.json", "cosine", DataError, "as JSON"),
        ("[" * 100_000, "t.json", "cosine", DataError, "as JSON"),
        ('{"metric": "cosine", "thresholds": {"eer": 1}}', "t.json:err", "cosine", InputNotFoundError, "did you mean"),
        ('{"metric": "cosine", "thresholds": {"eer": 1}}', "t.json", "cosine", InputNotFoundError, "it has eer"),
        ('{"metric": "cosine", "thresholds": {"eer": 1}}', "t.json:eer", "euclidean", ParameterError, "are of cosine"),
    ],
)
def test_refusals(tmp_path, monkeypatch, content, typed, metric, error, words):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "t.json").write_text(content)
    with pytest.raises(error, match=words):
        read_threshold(typed, metric)
