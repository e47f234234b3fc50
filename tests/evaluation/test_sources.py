"""What is evaluated, opened from what a user types."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.errors import DataError, InputNotFoundError, ParameterError
from simtool.evaluation.sources import EvaluationSources as Sources
from simtool.evaluation.sources import open_evaluated

LABELS = [1, 0, 1, 0]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Four vectors a to d, pairs of them in every form, and scores."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    np.save("a.npy", x)
    np.save("b.npy", x[::-1])
    np.save("labels.npy", np.asarray(LABELS))
    columns = {"a": list(x), "b": list(x[::-1])}
    pq.write_table(pa.table({**columns, "label": LABELS, "score": [4.0, 1.0, 3.0, 2.0]}), "both.parquet")
    pq.write_table(pa.table({**columns, "label": LABELS, "labels": LABELS}), "twice.parquet")
    pq.write_table(pa.table({"id": list("pqrs"), "v": list(x), "label": [0, 0, 1, 1]}), "rows.parquet")
    with open("pairs.csv", "w") as file:
        file.write("a,b,label,group\np,q,1,x\nr,p,0,y\ns,s,1,x\nq,r,0,y\n")
    with open("scored.csv", "w") as file:
        file.write("score,label,group\n0.9,1,x\n0.1,0,y\n0.8,1,x\n0.3,0,y\n")
    with open("values.txt", "w") as file:
        file.write("0.9\n0.1\n0.8\n0.3\n")
    return x


def test_two_sources_and_labels(folder):
    found = open_evaluated(Sources(["a.npy", "b.npy"], labels="labels.npy"))
    assert (found.a.name, found.b.name, found.names["labels"]) == ("a.npy", "b.npy", "labels.npy")
    assert found.labels.tolist() == LABELS
    assert (found.targets, found.scores, found.by, found.against) == (None, None, None, None)


def test_two_columns_of_one_table_and_another_of_it(folder):
    found = open_evaluated(Sources(["both.parquet::b", "both.parquet::a"], labels="::label", by="::score"))
    assert (found.labels.tolist(), found.by.tolist()) == (LABELS, [4.0, 1.0, 3.0, 2.0])
    np.testing.assert_array_equal(found.a.read(0, 4), folder[::-1])
    pq.write_table(pq.read_table("both.parquet").rename_columns(["left", "right", "label", "score"]), "named.parquet")
    with pytest.raises(DataError, match="several columns hold vectors: left, right") as several:
        open_evaluated(Sources(["named.parquet"]))
    assert "named.parquet::left named.parquet::right «labels» ::NAME" in several.value.hint


def test_a_table_has_labels_and_targets(folder):
    found = open_evaluated(Sources(["both.parquet"]))
    assert (found.labels.tolist(), found.targets.tolist()) == (LABELS, [4.0, 1.0, 3.0, 2.0])
    assert (found.names["labels"], found.names["targets"]) == ("both.parquet::label", "both.parquet::score")
    typed = open_evaluated(Sources(["both.parquet"], labels="::score", by="::label"))
    assert (typed.names["labels"], typed.by.tolist()) == ("both.parquet::score", LABELS)


def test_one_source_has_classes(folder):
    found = open_evaluated(Sources(["rows.parquet"]))
    assert (found.b, found.targets, found.labels.tolist()) == (None, None, [0, 0, 1, 1])
    assert open_evaluated(Sources(["a.npy"], labels="labels.npy")).labels.tolist() == LABELS


@pytest.mark.parametrize("source", ["rows.parquet", "rows.parquet::v"])
def test_pairs_of_ids(folder, source):
    found = open_evaluated(Sources([source], pairs="pairs.csv", by="::group"))
    assert found.a.read(0, 4).tolist() == folder[[0, 2, 3, 1]].tolist()
    assert found.b.read(0, 4).tolist() == folder[[1, 0, 3, 2]].tolist()
    assert (found.labels.tolist(), found.by.tolist()) == ([1, 0, 1, 0], list("xyxy"))
    assert found.names["labels"] == "pairs.csv::label"


def test_pairs_of_row_numbers(folder):
    with open("numbers.csv", "w") as file:
        file.write("a,b,label\n3,0,1\n1,2,0\n")
    found = open_evaluated(Sources(["a.npy"], pairs="numbers.csv", against=["b.npy", "b.npy"]))
    assert found.a.read(0, 2).tolist() == folder[[3, 1]].tolist()
    assert found.against[1].read(0, 2).tolist() == folder[::-1][[0, 2]].tolist()


@pytest.mark.parametrize("labels", [None, "::label", "labels.npy"])
@pytest.mark.parametrize("scores", ["scored.csv", "scored.csv::score"])
def test_scores_of_a_table(folder, scores, labels):
    found = open_evaluated(Sources(scores=scores, labels=labels))
    assert (found.scores.tolist(), found.labels.tolist()) == ([0.9, 0.1, 0.8, 0.3], LABELS)
    assert (found.a, found.targets) == (None, None)


def test_scores_as_values(folder):
    found = open_evaluated(Sources(scores="values.txt", labels="labels.npy", against=["scored.csv::score"] * 2))
    assert found.scores.tolist() == [0.9, 0.1, 0.8, 0.3]
    assert found.against.tolist() == [0.9, 0.1, 0.8, 0.3]


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (Sources(["a.npy", "b.npy", "a.npy"]), ParameterError, "got 3"),
        (Sources(["a.npy"], scores="values.txt"), ParameterError, "need no vectors"),
        (Sources(["a.npy", "b.npy"], pairs="pairs.csv"), ParameterError, "one file of vectors"),
        (
            Sources(["rows.parquet"], pairs="scored.csv"),
            InputNotFoundError,
            "columns are score, label, group",
        ),
        (Sources(["a.npy"], pairs="pairs.csv"), DataError, "'p' is not among the 4 row numbers"),
        (Sources(["twice.parquet"]), DataError, "several columns may be meant: label, labels"),
        (
            Sources(["a.npy", "b.npy"], labels="labels.npy", against=["a.npy"]),
            ParameterError,
            "expected two sources",
        ),
        (
            Sources(scores="values.txt", labels="labels.npy", against=["a.npy", "b.npy"]),
            ParameterError,
            "got 2 sources",
        ),
        (Sources(["a.npy", "b.npy"], labels="::label"), ParameterError, "needs a file"),
        (Sources(["both.parquet"], by="::groop"), InputNotFoundError, "no column 'groop'"),
    ],
)
def test_refusals(folder, asked, error, words):
    with pytest.raises(error) as caught:
        open_evaluated(asked)
    assert words in str(caught.value)


def test_an_id_that_is_not_there_or_twice(folder):
    with open("wrong.csv", "w") as file:
        file.write("a,b,label\np,q,1\nword,p,0\n")
    with pytest.raises(DataError, match=r"row 1: 'word' is not among the 4 ids of rows.parquet"):
        open_evaluated(Sources(["rows.parquet"], pairs="wrong.csv"))
    pq.write_table(pa.table({"id": list("pqqs"), "v": list(folder)}), "double.parquet")
    with pytest.raises(DataError, match="'q' comes twice, in rows 1 and 2"):
        open_evaluated(Sources(["double.parquet"], pairs="pairs.csv"))
