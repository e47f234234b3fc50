"""`simtool leak`: what is typed, and the gate."""

import numpy as np


def test_a_leaked_row_fails_the_gate_and_the_others_are_written(typed, inputs):
    np.save(inputs / "train.npy", np.eye(4)[:2])
    np.save(inputs / "test.npy", np.eye(4)[1:])
    code, out, err = typed("leak train.npy test.npy --threshold 0.9 -o clean.npy --assert leaked==0 --format csv")
    assert code == 1
    assert out == "test,train,score\n0,1,1.0\n"
    assert "FAILED leaked == 0 (is 1)" in err
    np.testing.assert_array_equal(np.load(inputs / "clean.npy"), np.eye(4)[2:])


def test_a_threshold_is_asked_for(typed):
    code, out, err = typed("leak x.npy x.npy")
    assert (code, out) == (2, "")
    assert "--threshold" in err
