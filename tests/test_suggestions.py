"""What a misspelt name was most likely meant to be."""

import pytest

from simtool.suggestions import closest, closest_few

METRICS = ["cosine", "dot", "euclidean", "sqeuclidean", "manhattan", "angular"]


@pytest.mark.parametrize(
    ("name", "choices", "meant"),
    [
        ("--label", ["--device", "--labels", "--scale", "--eps"], "--labels"),
        ("--thresold", ["--metric", "--thresholds-out", "--threshold"], "--threshold"),
        ("--max-mem", ["--max-results", "--max-memory", "--max-pairs"], "--max-memory"),
        ("cosnie", METRICS, "cosine"),
        ("Cosine", METRICS, "cosine"),
        ("euclidian", METRICS, "euclidean"),
        ("euclidean_distance", METRICS, "euclidean"),
        ("knn_overlap", ["cka", "knn-overlap"], "knn-overlap"),
        ("eps", ["scale", "epsilon"], "epsilon"),
        ("dorp", ["error", "propagate", "drop"], "drop"),
        ("id", ["v", "ids"], "ids"),
        # nothing is near
        ("x", ["y", "z"], ""),
        ("jaccard", METRICS, ""),
        ("", METRICS, ""),
        ("a" * 100_000, METRICS, ""),
        ("cosine", [], ""),
    ],
)
def test_the_name_at_the_fewest_edits_is_meant(name, choices, meant):
    assert closest(name, choices) == meant
    assert closest(name, reversed(choices)) == meant


def test_a_swap_is_one_edit_and_the_nearest_come_first():
    # by hand: acb is abc with a swap, 1; abd is one change, 1; abcd is one letter more, 1; xbcd is two edits
    assert closest_few("abc", ["xbcd", "acb", "abd", "abcd"], 9) == ["acb", "abd", "abcd"]
    assert closest_few("abcdef", ["abdcfe", "abcdeg"], 9) == ["abcdeg", "abdcfe"]
    assert closest_few("abcdef", ["abdcfe", "abcdeg"], 1) == ["abcdeg"]
