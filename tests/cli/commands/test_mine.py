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
