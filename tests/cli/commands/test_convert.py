"""`simtool convert`: vectors into another format."""

import numpy as np


def test_rows_and_parts_are_those_that_were_typed(typed, inputs):
    code, _, err = typed("convert x.npy x.npy -o z.npy --rows 2:14 --split a=0.5,b=0.5 --shuffle --seed 3")
    assert code == 0
    assert "wrote z-a.npy (6 rows)" in err
    rows = np.concatenate([np.load(inputs / f"z-{name}.npy") for name in "ab"])
    given = np.concatenate([np.load(inputs / "x.npy")] * 2)[2:14]
    assert sorted(rows.tolist()) == sorted(given.tolist())


def test_a_split_that_is_none_is_refused(typed):
    for text, what in (("a", "expected NAME=SHARE"), ("a=1,a=0", "a is given twice"), ("a=x,b=0", "expected a number")):
        code, out, err = typed(f"convert x.npy -o z.npy --split {text}")
        assert (code, out) == (2, "")
        assert what in err


def test_a_seed_without_effect_is_said(typed):
    assert "--seed has no effect" in typed("convert x.npy -o z.npy --seed 3")[2]


def test_what_goes_to_stdout_is_a_report(typed):
    for options, where in (
        ("-o -", "--output -"),
        ("-o - --format npy", "--output -"),
        ("-o z.npy --format npy", "--format npy"),
    ):
        code, out, err = typed(f"convert x.npy {options}")
        assert (code, out) == (2, "")
        assert "convert writes files, which it reads back, and a report of them to stdout" in err
        assert f"in:  {where}" in err
