"""Leaked rows of a test set: those of a plain loop in float64, their labels, what is left."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import OutputError, ParameterError, SimtoolError

DIGITS = "sample_data/digits.parquet"


@pytest.fixture
def halves(tmp_path):
    table = pq.read_table(DIGITS)
    paths = [str(tmp_path / f"{name}.parquet") for name in ("train", "test")]
    pq.write_table(table.slice(0, 1000), paths[0])
    pq.write_table(table.slice(1000), paths[1])
    return paths


def unit_rows(path):
    vectors = simtool.open_vectors(path)
    rows = vectors.read(0, vectors.shape[0]).astype("f8")
    return rows / np.linalg.norm(rows, axis=1)[:, None]


def loop(train, test, threshold):
    """Return test row, train row and cosine of each leaked row, worst first."""
    leaked = []
    for row, vector in enumerate(test):
        scores = train @ vector
        if scores.max() >= threshold:
            leaked.append((row, int(scores.argmax()), float(scores.max())))
    return sorted(leaked, key=lambda each: (-each[2], each[0]))


@pytest.mark.parametrize("threshold", [0.9, 0.97, 0.99])
def test_leaked_rows_are_those_of_a_loop_worst_first(halves, threshold):
    expected = loop(*map(unit_rows, halves), threshold)
    found = simtool.leak(*halves, threshold=threshold)
    rows, ids = found.rows.read(0, 10**6), simtool.open_table(DIGITS).ids()
    assert rows["test"].tolist() == [ids[1000 + row] for row, _, _ in expected]
    assert rows["train"].tolist() == [ids[row] for _, row, _ in expected]
    np.testing.assert_allclose(rows["score"], [score for _, _, score in expected], atol=1e-12)
    labels = simtool.open_table(DIGITS).values("label")
    assert found.summary == {
        "rows": 797,
        "train_rows": 1000,
        "leaked": len(expected),
        "clean": 797 - len(expected),
        "share": len(expected) / 797,
        "disagreeing": sum(labels[1000 + row] != labels[other] for row, other, _ in expected),
        "threshold": threshold,
    }


def test_tables_and_arrays_in_memory_are_files(halves):
    expected = simtool.leak(*halves, threshold=0.97)
    for found in (
        simtool.leak(*map(pq.read_table, halves), threshold=0.97),
        simtool.leak(halves[0], pq.read_table(halves[1]).to_pandas(), threshold=0.97),
    ):
        assert found.summary == expected.summary
        assert found.rows.read(0, 999)["test"].tolist() == expected.rows.read(0, 999)["test"].tolist()
    train, test = np.eye(3), np.asarray([[0.0, 1.0, 0.1]])
    found = simtool.leak(train, test, threshold=0.9, ids_train=["a", "b", "c"])
    assert found.rows.read(0, 1)["train"].tolist() == ["b"]


def test_labels_that_disagree_are_told(tmp_path):
    for name, labels in (("train", ["cat", "dog"]), ("test", ["cat", "cat"])):
        pq.write_table(pa.table({"v": [[1.0, 0.0], [0.0, 1.0]], "kind": labels}), tmp_path / f"{name}.parquet")
    paths = [str(tmp_path / f"{name}.parquet") for name in ("train", "test")]
    found = simtool.leak(*paths, threshold=0.9, labels="::kind", require_keys=["disagreeing"])
    rows = found.rows.read(0, 2)
    assert (rows["label_test"].tolist(), rows["label_train"].tolist()) == (["cat", "cat"], ["cat", "dog"])
    assert found.summary["disagreeing"] == 1
    assert found.notes == ("1 leaked row has another label than the closest row of the training set",)
    assert simtool.leak(*paths, threshold=0.9).summary["disagreeing"] is None


def test_a_sweep_is_what_runs_of_their_own_give(halves):
    thresholds = [0.9, 0.95, 0.99, 0.999999]
    rows = simtool.leak(*halves, sweep=thresholds).rows.read(0, 4)
    for place, threshold in enumerate(thresholds):
        alone = simtool.leak(*halves, threshold=threshold).summary
        assert {key: rows[key][place] for key in rows} == {key: alone[key] for key in rows}


def test_what_is_left_has_all_its_columns_as_they_were(halves, tmp_path):
    output = str(tmp_path / "clean.parquet")
    simtool.leak(*halves, threshold=0.97, output=output)
    leaked = {row for row, _, _ in loop(*map(unit_rows, halves), 0.97)}
    whole = pq.read_table(halves[1])
    assert pq.read_table(output).equals(whole.filter(pa.array([row not in leaked for row in range(797)])))


def test_a_distance_leaks_what_is_at_it_or_closer(tmp_path):
    for name, rows in (("train", [[0.0], [5.0]]), ("test", [[1.0], [3.0], [4.5]])):
        np.save(tmp_path / f"{name}.npy", np.asarray(rows))
    found = simtool.leak(
        str(tmp_path / "train.npy"), str(tmp_path / "test.npy"), threshold=1.0, metric="euclidean"
    ).rows.read(0, 9)
    assert (found["test"].tolist(), found["train"].tolist(), found["score"].tolist()) == ([2, 0], [1, 0], [0.5, 1.0])


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({}, ParameterError, "nothing says which rows are close"),
        ({"threshold": 0.9, "sweep": [0.9]}, ParameterError, "thresholds of its own"),
        ({"sweep": []}, ParameterError, "at least one value"),
        ({"threshold": -7.0, "metric": "euclidean"}, ParameterError, "no euclidean can reach"),
        ({"sweep": [0.9], "output": "out.npy"}, ParameterError, "nothing to write"),
        ({"threshold": 0.9, "labels": "other.npy::kind"}, ParameterError, "expected a column of both"),
        ({"threshold": 0.9, "labels": "::lable"}, SimtoolError, "no column 'lable'"),
        ({"threshold": 0.9, "output": "out.json"}, OutputError, "no rows of a file"),
        ({"threshold": 0.9, "output": DIGITS}, OutputError, "the output is also the input"),
    ],
)
def test_what_does_not_go_together_is_refused(options, kind, message):
    with pytest.raises(kind, match=message):
        simtool.leak(DIGITS, DIGITS, **options)
