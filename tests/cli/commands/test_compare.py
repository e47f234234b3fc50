"""`simtool compare`: what a person is shown, and what a program."""

import json

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity


def test_argmax_is_the_default(typed):
    shown = json.loads(typed("compare x.npy y.npy --format json")[1])
    matrix = cosine_similarity(np.load("x.npy"), np.load("y.npy"))
    precision, recall = matrix.max(axis=1).mean(), matrix.max(axis=0).mean()
    assert shown["parameters"]["aggregates"] == ["argmax"]
    assert shown["summary"]["argmax"] == pytest.approx(2 * precision * recall / (precision + recall))


def test_a_person_sees_some_matches_and_a_program_all(typed, inputs):
    random = np.random.default_rng(1)
    for name in "ab":
        np.save(inputs / f"{name}.npy", random.normal(size=(40, 3)))
    assert len(json.loads(typed("compare a.npy b.npy --matches --format json")[1])["rows"]) == 80  # both ways
    shown = typed("compare a.npy b.npy --matches")[1]
    assert sum(line.startswith("│") for line in shown.splitlines()) == 21  # ten of each end, and the names
    assert "more row" not in shown
    assert len(json.loads(typed("compare a.npy b.npy --matches --top 3 --format json")[1])["rows"]) == 6


def test_a_column_for_each_aggregate_is_for_programs(typed):
    assert "relaxed" not in typed("compare items.npy items.npy --aggregate all")[1].splitlines()[2]
    rows = json.loads(typed("compare items.npy items.npy --aggregate mean --format json")[1])["rows"]
    assert rows


def test_cross_is_written_as_it_comes(typed, inputs):
    code, _, err = typed("compare items.npy items.npy --cross -o c.npy")
    assert (code, np.load(inputs / "c.npy").shape) == (0, (4, 4))
    assert err.startswith("wrote c.npy (4 × 4")
    assert typed("compare items.npy items.npy -o d.npy")[0] == 2
