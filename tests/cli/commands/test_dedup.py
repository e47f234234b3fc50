"""`simtool dedup`: what is typed, and where rows and groups go."""

import numpy as np


def test_rows_that_are_left_are_written_and_counted(typed, inputs):
    np.save(inputs / "twice.npy", np.repeat(np.eye(3), 2, axis=0))
    code, out, err = typed(
        "dedup twice.npy --threshold 0.9 -o kept.npy --groups groups.csv --dropped gone.npy --assert dropped==3"
    )
    assert code == 0
    assert "largest_group  2" in out
    assert "wrote kept.npy (3 rows)" in err
    np.testing.assert_array_equal(np.load(inputs / "kept.npy"), np.eye(3))
    np.testing.assert_array_equal(np.load(inputs / "gone.npy"), np.eye(3))
    assert (inputs / "groups.csv").read_text().splitlines()[:3] == [
        "id,group,kept,score",
        "0,0,true,1.0",
        "1,0,false,1.0",
    ]


def test_a_sweep_is_of_the_threshold(typed):
    code, out, err = typed("dedup x.npy --sweep margin=0:1:0.1")
    assert (code, out) == (2, "")
    assert "the threshold is swept, and margin is another parameter" in err
    assert typed("dedup x.npy --sweep threshold=0.9:0.99:0.01 --format csv")[1].count("\n") == 11


def test_a_gate_that_fails_ends_with_1_and_a_seed_without_effect_is_said(typed):
    code, _, err = typed("dedup x.npy --threshold 0.9 --seed 3 --assert kept==0")
    assert code == 1
    assert "--seed has no effect" in err
    assert "--seed" not in typed("dedup x.npy --threshold 0.9 --seed 3 --keep random")[2]
