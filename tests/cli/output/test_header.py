"""What stands above a table."""

import pytest

from simtool.cli.output.header import header
from simtool.results import Result


def lines(parameters, command="pairwise", width=10_000):
    return [line.plain for line in header(Result(command, {"a": "a.npy", "b": "b.npy"}, parameters, {}), width)]


def test_what_is_the_default_of_the_library_is_not_said():
    parameters = {"metric": "cosine", "eps": 1e-8, "top_k": None, "nonfinite": "drop", "scan": "float32, numpy"}
    assert lines(parameters) == ["pairwise  a=a.npy  b=b.npy", "nonfinite=drop"]


def test_shapes_have_a_line_of_their_own():
    assert lines({"shapes": "(2, 3) x (2, 3) along 1 -> (2,)"})[1:] == ["(2, 3) x (2, 3) along 1 -> (2,)"]


def test_a_set_leaves_its_rows_out_of_their_own_answers_unless_it_says_so():
    for inputs, excluded_by, said in (
        ("a", "row", []),
        ("a", None, ["exclude_self=false"]),
        ("ab", None, []),
        ("ab", "id", ["exclude_self=true  excluded_by=id"]),
    ):
        parameters = {"exclude_self": excluded_by is not None, "excluded_by": excluded_by}
        result = Result("pairwise", {name: f"{name}.npy" for name in inputs}, parameters, {})
        assert [line.plain for line in header(result, 80)][1:] == said


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"kind": "contrastive", "margin": 1.0, "distance": "euclidean"}, "kind=contrastive"),
        (
            {"kind": "contrastive", "margin": 0.5, "distance": "angular"},
            "kind=contrastive  margin=0.5  distance=angular",
        ),
    ],
)
def test_a_loss_says_what_is_not_in_its_row_of_the_catalogue(parameters, said):
    assert lines(parameters, "loss")[1:] == [said]


def test_an_aggregate_says_what_is_not_in_its_row_of_the_catalogue():
    assert lines({"prdc.k": 5, "knn-overlap.k": 3}, "compare")[1:] == ["knn-overlap.k=3"]


def test_no_line_is_longer_than_its_words_allow():
    shown = lines({f"parameter{number}": number for number in range(9)}, "x", width=40)
    assert max(map(len, shown)) <= 40
    assert " ".join(shown).split() == ["x", "a=a.npy", "b=b.npy", *(f"parameter{n}={n}" for n in range(9))]
