"""What moved since an earlier run, for people."""

from simtool.cli.output.moved import moved_since
from simtool.results import Baseline, Result

BEFORE = Baseline("old.json", Result("compare", {}, {"k": 5, "seed": None}, {"argmax": 0.9, "mean": 0.5, "twin": 0.9}))
NOW = Result("compare", {}, {"k": 10, "seed": 3}, {"argmax": 0.8, "mean": 0.5, "twin": 0.8}, repeats=("twin",))


def test_numbers_that_are_as_they_were_are_counted():
    moved, said = moved_since(NOW, BEFORE)
    assert {name: column.tolist() for name, column in moved.items()} == {
        "number": ["argmax"],
        "before": [0.9],
        "now": [0.8],
        "difference": [0.8 - 0.9],
    }
    assert said == [
        "not the same parameters: k 10, was 5; seed 3, was not given",
        "1 number is as it was",
    ]


def test_nothing_in_common_is_said():
    other = Result("compare", {}, {"k": 5}, {"cka": 1.0})
    assert moved_since(other, BEFORE) == ({}, ["no number is in both"])
