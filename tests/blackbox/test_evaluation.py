"""`simtool evaluate` as a user runs it."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics

PAIRS = "sample_data/wordsim353.parquet"
A, B, LABELS = (f"sample_data/wordsim_{name}.npy" for name in ("a", "b", "labels"))
DIGITS = "sample_data/digits.parquet"


@pytest.fixture
def cosine(sample_data):
    """The 353 cosines in float64, and their labels."""
    a, b = (np.load(sample_data / f"wordsim_{side}.npy").astype(np.float64) for side in "ab")
    scores = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return scores, np.load(sample_data / "wordsim_labels.npy") == 1


def rows_of(done):
    """The rows of a csv on stdout by metric."""
    assert done.code == 0, done.err
    return {row["metric"]: row for row in csv.DictReader(done.text.splitlines())}


def test_pairs_of_a_table(run, cosine):
    done = run("evaluate", PAIRS, "--format", "json")
    document = done.document
    assert document["summary"]["roc_auc"] == pytest.approx(metrics.roc_auc_score(cosine[1], cosine[0]), abs=1e-12)
    assert document["summary"]["spearman"] == pytest.approx(0.728898, abs=5e-7)
    assert document["summary"]["tar@far1e-3"] is None
    assert [row["metric"] for row in document["rows"]][:3] == ["roc_auc", "average_precision", "eer"]
    assert "labels read as 0 = dissimilar, 1 = similar" in done.err
    assert "109 negatives are too few to measure at a false accept rate of 0.001 or 0.0001" in done.err


def test_every_way_to_name_pairs_gives_the_same(run, work, cosine):
    np.savetxt(work / "scores.csv", cosine[0], fmt="%.17g", header="cosine", comments="")
    table = pq.read_table(work / PAIRS)
    pq.write_table(pa.table({"id": [f"{i}a" for i in range(353)], "v": table["a"]}), work / "one.parquet")
    vectors = table["a"].to_pylist() + table["b"].to_pylist()
    names = [f"{i}{side}" for side in "ab" for i in range(353)]
    pq.write_table(pa.table({"id": names, "v": pa.array(vectors, pa.list_(pa.float32()))}), work / "one.parquet")
    ids = {"a": names[:353], "b": names[353:], "label": table["label"]}
    pq.write_table(pa.table(ids), work / "ids.parquet")
    found = [
        run("evaluate", *typed, "--format", "json").document["summary"]
        for typed in (
            (A, B, "--labels", LABELS),
            (f"{PAIRS}::a", f"{PAIRS}::b", "--labels", f"{PAIRS}::label"),
            ("one.parquet", "--pairs", "ids.parquet"),
            ("--scores", "scores.csv::cosine", "--labels", LABELS),
        )
    ]
    for other in found[1:]:
        assert other == pytest.approx(found[0], abs=1e-12)
    piped = run("evaluate", "--format", "json", stdin=(work / PAIRS).read_bytes()).document["summary"]
    assert piped["roc_auc"] == found[0]["roc_auc"]


def test_the_table_is_short_and_says_each_number_once(run):
    done = run("evaluate", PAIRS)
    lines = done.text.splitlines()
    assert sum("roc_auc" in line for line in lines) == 1
    assert lines[-3:] == ["pairs      353", "positives  244", "negatives  109"]
    assert len(lines) < 30
    assert max(map(len, lines[1:])) <= 80


def test_digits(run):
    done = run("evaluate", DIGITS, "--labels", f"{DIGITS}::label", "--format", "json")
    summary = done.document["summary"]
    assert (summary["pairs"], summary["rows"], summary["classes"]) == (1_613_706, 1797, 10)
    # the nearest neighbour of a digit is of its class: 1 777 of 1 797, counted by scikit-learn's KNeighborsClassifier
    assert summary["precision@1"] == pytest.approx(1777 / 1797, abs=1e-12)
    assert "10 classes" in done.err


def test_gates_know_their_keys_before_the_work(run):
    wrong = run("evaluate", "nothing.npy", "--assert", "roc_auk >= 0.5")
    assert (wrong.code, wrong.out) == (2, b"")
    assert "did you mean roc_auc? " in wrong.err
    alone = run("evaluate", DIGITS, "--no-retrieval", "--assert", "mrr > 0")
    assert (alone.code, "no number is called 'mrr'" in alone.err) == (2, True)
    passed = run("evaluate", PAIRS, "--assert", "roc_auc >= 0.85", "--assert", "best_f1.threshold < 0.3")
    assert (passed.code, passed.err.count("passed ")) == (0, 2)
    failed = run("evaluate", PAIRS, "--bootstrap", 50, "--assert", "roc_auc.low >= 0.85", "-q")
    assert failed.code == 1
    assert "FAILED roc_auc.low " in failed.err
    undefined = run("evaluate", PAIRS, "--assert", "tar@far1e-6 >= 0.1")
    assert undefined.code == 1
    assert "FAILED tar@far1e-6 >= 0.1 (is undefined)" in undefined.err


def test_thresholds_go_to_pairwise(run, work, cosine):
    done = run("evaluate", PAIRS, "--thresholds-out", "t.json", "--format", "csv")
    rows = rows_of(done)
    assert "wrote t.json (6 thresholds)" in done.err
    document = json.loads((work / "t.json").read_text())
    for name, threshold in document["thresholds"].items():
        assert float(rows[name]["threshold"]) == threshold
    for typed, name in (("@t.json", "best_f1"), ("@t.json:eer", "eer")):
        listed = run("pairwise", A, B, "--threshold", typed, "--format", "json").document
        by_hand = run("pairwise", A, B, "--threshold", document["thresholds"][name], "--format", "json").document
        assert listed["parameters"]["threshold"] == document["thresholds"][name]
        assert listed["rows"] == by_hand["rows"]
    again = run("evaluate", PAIRS, "--thresholds-out", "t.json")
    assert (again.code, again.out) == (2, b"")
    assert "exists already" in again.err


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("@none.json", ["no such file", "none.json"]),
        ("@t.json:err", ["no threshold 'err'", "did you mean @t.json:eer?"]),
        ("many", ["expected a number, got 'many'", "--threshold"]),
    ],
)
def test_thresholds_that_are_not_there(run, work, typed, words):
    (work / "t.json").write_text('{"metric": "cosine", "thresholds": {"eer": 0.3}}')
    done = run("pairwise", A, B, "--threshold", typed)
    assert (done.code, done.out) == (2, b"")
    for word in words:
        assert word in done.err
    metric = run("pairwise", A, B, "--threshold", "@t.json:eer", "--metric", "euclidean")
    assert "are of cosine, and the metric is euclidean" in metric.err


def test_groups(run, work, cosine):
    groups = np.arange(353) % 3
    np.save(work / "groups.npy", groups)
    done = run("evaluate", PAIRS, "--by", "groups.npy", "--format", "csv")
    rows = list(csv.DictReader(done.text.splitlines()))
    assert [row["group"] for row in rows] == ["0", "1", "2", "overall"]
    part = groups == 1
    expected = metrics.roc_auc_score(cosine[1][part], cosine[0][part])
    assert float(rows[1]["roc_auc"]) == pytest.approx(expected, abs=1e-12)
    assert sum(int(row["pairs"]) for row in rows[:3]) == int(rows[3]["pairs"]) == 353


def test_two_models(run, work, sample_data):
    noise = np.random.default_rng(0).normal(size=(353, 384)).astype(np.float32) / 10
    np.save(work / "other.npy", np.load(sample_data / "wordsim_a.npy") + noise)
    options = ("--labels", LABELS, "--against", "other.npy", B, "--bootstrap", 100, "--format", "json")
    summary = run("evaluate", A, B, *options).document["summary"]
    other = run("evaluate", "other.npy", B, "--labels", LABELS, "--format", "json").document["summary"]
    assert summary["roc_auc.against"] == other["roc_auc"]
    assert summary["roc_auc.difference"] == pytest.approx(summary["roc_auc"] - other["roc_auc"], abs=1e-15)
    assert summary["roc_auc.difference.low"] < summary["roc_auc.difference"] < summary["roc_auc.difference.high"]


def test_every_format(run, work):
    document = run("evaluate", PAIRS, "--bootstrap", 5, "--format", "json").document
    for suffix in ("parquet", "jsonl", "json"):
        assert run("evaluate", PAIRS, "--bootstrap", 5, "-o", f"e.{suffix}").code == 0
    assert json.loads((work / "e.json").read_text()) == document
    assert pq.read_table(work / "e.parquet").to_pylist() == document["rows"]
    assert [json.loads(line) for line in (work / "e.jsonl").read_text().splitlines()] == document["rows"]
    refused = run("evaluate", PAIRS, "-o", "e.npy")
    assert refused.code == 2
    assert "npy holds one array" in refused.err


def test_the_seed_gives_the_bytes(run):
    options = ("evaluate", PAIRS, "--bootstrap", 5, "--format", "json")
    assert run(*options).out == run(*options, env={"OMP_NUM_THREADS": "1"}).out != run(*options, "--seed", 1).out


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("x.npy y.npy --labels half.npy", ["row 2 has label 0.5", "half.npy", "--targets"]),
        ("x.npy y.npy --labels three.npy", ["row 2 has label 2", "three.npy"]),
        ("x.npy y.npy --labels few.npy", ["6 pairs, 2 labels"]),
        ("x.npy y.npy --labels nanlabel.npy", ["row 2", "nan"]),
        ("x.npy y.npy", ["one binary label or one target score per pair"]),
        ("x.npy", ["class of each row", "--labels"]),
        ("x.npy --labels half.npy", ["row 2 has label 0.5", "not a class"]),
        ("nan.npy y.npy --labels labels.npy", ["row 2", "NaN", "--nonfinite drop"]),
        ("nan.npy --labels labels.npy", ["row 2", "NaN"]),
        ("x.npy short.npy --labels labels.npy", ["6 rows", "4"]),
        ("x.npy wide.npy --labels labels.npy", ["differ in length: 4 in A, 5 in B"]),
        ("one.npy --labels one.npy", ["label"]),
        ("x.npy y.npy --labels labels.npy --thresholds-out taken.npy", ["exists already"]),
        ("x.npy y.npy --labels labels.npy --thresholds-out x.npy --force", ["also the input x.npy"]),
        ("x.npy y.npy --labels labels.npy --thresholds-out t.json -o t.json", ["one path"]),
        ("x.npy y.npy --labels labels.npy --k 0", ["--k"]),
        ("x.npy y.npy --labels labels.npy --against x.npy", ["--against"]),
        ("x.npy y.npy --scores labels.npy --labels labels.npy", ["need no vectors"]),
        ("--scores headed.csv --labels labels.npy", ["row 0 is 'label'", "then type headed.csv::label"]),
        ("--scores yes.txt --labels labels.npy", ["row 0 is 'yes'", "expected a number"]),
        ("cube.npy --labels few.npy", ["shape (n, d)"]),
    ],
)
def test_refusals(run, odd, typed, words):
    before = sorted(path.name for path in odd.iterdir())
    done = run("evaluate", *typed.split(), cwd=odd)
    assert (done.code, done.out) == (2, b"")
    for word in words:
        assert word in done.err
    assert sorted(path.name for path in odd.iterdir()) == before


def test_one_class_is_null_and_not_zero(run, work):
    np.save(work / "ones.npy", np.ones(353))
    done = run("evaluate", A, B, "--labels", "ones.npy", "--format", "json")
    assert done.document["summary"]["roc_auc"] is None
    assert "all pairs are positive" in done.err


def test_every_input_is_recorded(run, work):
    scores, labels = np.linspace(0, 1, 8), np.arange(8) % 2
    for name, values in {"s": scores, "o": scores[::-1], "y": labels}.items():
        np.save(work / f"{name}.npy", values)
    typed = ["evaluate", "--scores", "s.npy", "--labels", "y.npy", "--against", "o.npy", "o.npy"]
    typed += ["--bootstrap", "0", "--folds", "2"]
    document = run(*typed, "--thresholds-out", "t.json", "--format", "json").document
    assert document["inputs"] == {"scores": "s.npy", "labels": "y.npy", "against": "o.npy"}
    assert (document["parameters"]["metric"], document["parameters"]["direction"]) == (None, "larger is closer")
    assert json.loads((work / "t.json").read_text())["metric"] == "cosine"
    markdown = run(*typed, "--format", "markdown").text
    assert markdown.endswith("\n\n- scores: s.npy\n- labels: y.npy\n- against: o.npy\n")
    assert "cosine" not in markdown + run(*typed).text
