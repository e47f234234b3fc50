"""`simtool pairwise`: selections, the file that is written as it comes, and what does not go together."""

import json

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity


def expected():
    return cosine_similarity(np.load("x.npy"), np.load("y.npy"))


def rows(out):
    return json.loads(out)["rows"]


def test_the_matrix_is_written_as_npy(typed, inputs):
    code, out, err = typed("pairwise x.npy y.npy -o m.npy")
    assert (code, out) == (0, "")
    assert err.startswith("wrote m.npy (8 × 8, float")
    np.testing.assert_allclose(np.load(inputs / "m.npy"), expected(), atol=1e-6)


def test_top_k_and_the_closest_pairs(typed):
    best = [row["b"] for row in rows(typed("pairwise x.npy y.npy -k 1 --format json")[1])]
    assert best == expected().argmax(axis=1).tolist()
    scores = [row["score"] for row in rows(typed("pairwise x.npy y.npy --max-pairs 3 --format json")[1])]
    assert scores == pytest.approx(np.sort(expected().ravel())[:-4:-1].tolist())


def test_a_threshold_is_a_number_or_one_of_a_file(typed):
    found = rows(typed("pairwise x.npy y.npy --threshold 0.5 --format json")[1])
    assert {(row["a"], row["b"]) for row in found} == {tuple(pair) for pair in np.argwhere(expected() >= 0.5).tolist()}
    assert typed("evaluate x.npy y.npy --labels similar.npy --thresholds-out t.json --quiet")[0] == 0
    at = json.loads(typed("pairwise x.npy y.npy --threshold @t.json:eer --format json")[1])["parameters"]["threshold"]
    assert (
        len(rows(typed("pairwise x.npy y.npy --threshold @t.json:eer --format json")[1]))
        == (expected() >= at - 1e-9).sum()
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("pairwise x.npy -k 2 --max-pairs 3", "error: "),
        ("pairwise x.npy -k 2 -o x2.npy", "error: npy holds one array, and this result is a table"),
        ("pairwise x.npy --threshold high", "error: expected a number, got 'high'"),
        ("pairwise x.npy -k 2 --plot heat.png", "error: "),
        ("pairwise x.npy -k two", "error: invalid value for '--top-k' / '-k': expected a whole number, got 'two'"),
    ],
)
def test_refusals_come_before_the_work(typed, inputs, line, what):
    before = sorted(path.name for path in inputs.iterdir())
    code, out, err = typed(line)
    assert (code, out) == (2, "")
    assert err.startswith(what)
    assert sorted(path.name for path in inputs.iterdir()) == before
