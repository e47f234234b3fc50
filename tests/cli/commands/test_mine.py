"""`simtool mine`: what is typed, and what comes out."""

import numpy as np


def test_triplets_of_a_labelled_file(typed, inputs):
    np.save(inputs / "rows.npy", np.asarray([[1.0, 0.0], [1.0, 0.1], [1.0, 1.0], [0.0, 1.0]]))
    np.save(inputs / "classes.npy", np.asarray([0, 0, 1, 1]))
    code, out, _ = typed("mine rows.npy --labels classes.npy --num-negatives 1 --format csv --assert triplets==4")
    assert code == 0
    rows = [line.split(",")[:3] for line in out.splitlines()]
    expected = [["0", "1", "2"], ["1", "0", "2"], ["2", "3", "1"], ["3", "2", "1"]]
    assert rows == [["anchor", "positive", "negative"], *expected]
    assert typed("mine rows.npy --labels classes.npy --num-negatives 1 -o rows3.npy -q")[0] == 0
    assert np.load(inputs / "rows3.npy").tolist() == [list(map(int, row)) for row in expected]


def test_a_seed_without_sampling_has_no_effect(typed, inputs):
    np.save(inputs / "rows.npy", np.eye(4))
    np.save(inputs / "classes.npy", np.asarray([0, 0, 1, 1]))
    assert "--seed has no effect" in typed("mine rows.npy --labels classes.npy --seed 3")[2]


def test_classes_or_pairs_are_asked_for(typed, inputs):
    np.save(inputs / "rows.npy", np.eye(4))
    code, out, err = typed("mine rows.npy")
    assert (code, out) == (2, "")
    assert "--positives" in err


def test_some_rows_are_mined_and_keep_their_numbers(typed, inputs):
    rows = np.random.default_rng(0).normal(size=(40, 4))
    lines = [",".join(map(str, [number, number % 2, number // 10, *row])) for number, row in enumerate(rows)]
    (inputs / "t.csv").write_text("\n".join(["id,label,part,v0,v1,v2,v3", *lines]) + "\n", encoding="utf-8")
    assert typed("mine t.csv --columns v* --where part>1 -o some.npy -q")[0] == 0
    np.save(inputs / "rows.npy", rows[20:])
    np.save(inputs / "classes.npy", np.arange(20) % 2)
    assert typed("mine rows.npy --labels classes.npy -o alone.npy -q")[0] == 0
    assert np.load(inputs / "some.npy").tolist() == (np.load(inputs / "alone.npy") + 20).tolist()


def test_rows_of_the_queries_are_selected_and_the_corpus_stays_whole(typed, inputs):
    rows = np.random.default_rng(0).normal(size=(2, 30, 4))
    np.save(inputs / "q.npy", rows[0])
    np.save(inputs / "c.npy", rows[1])
    (inputs / "pairs.csv").write_text("anchor,positive\n0,7\n3,25\n", encoding="utf-8")
    asked = "mine q.npy --corpus c.npy --positives pairs.csv --format csv"
    assert typed(f"{asked} --rows 0:5")[1] == typed(asked)[1]
