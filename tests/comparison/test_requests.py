"""Which aggregates are asked for, and their parameters."""

import pytest

from simtool.catalogue import names
from simtool.comparison.requests import every_aggregate, named_aggregates, names_with, read_requests
from simtool.errors import ParameterError


def test_all_is_the_catalogue_and_begins_with_the_default():
    assert sorted(every_aggregate()) == sorted(names("aggregate"))
    assert every_aggregate()[0] == "argmax"
    assert named_aggregates(["all"]) == every_aggregate()
    assert named_aggregates(["bertscore", "argmax", "max"]) == ["argmax", "max"]
    assert {"argmax", "optimal", "mutual"} <= set(names_with("matched"))


def test_parameters_go_to_all_that_have_them_or_to_one():
    k = {request.name: request.parameters.get("k") for request in read_requests(["prdc", "top-k-mean"], {"k": 3}, 0)}
    assert k == {"prdc": 3, "top-k-mean": 3}
    one = read_requests(["prdc", "top-k-mean"], {"top_k_mean.k": 2.0, "prdc.k": 4}, 0)
    assert [request.parameters["k"] for request in one] == [4, 2]
    assert isinstance(one[1].parameters["k"], int)
    assert read_requests(["mmd"], {}, 7)[0].parameters["seed"] == 7


@pytest.mark.parametrize(
    ("aggregates", "parameters", "what"),
    [
        (["max"], {"k": 3}, "no parameter is called 'k'"),
        (["prdc"], {"kk": 3}, "no aggregate here has a parameter 'kk'"),
        (["prdc"], {"k": 2.5}, "k is 2.5, expected a whole number"),
    ],
)
def test_parameters_that_are_refused(aggregates, parameters, what):
    with pytest.raises(ParameterError, match=what):
        read_requests(aggregates, parameters, 0)


def test_names_that_are_refused():
    for typed, what in (([], "no aggregate was asked for"), (["all", "max"], "all has every aggregate in it")):
        with pytest.raises(ParameterError, match=what):
            named_aggregates(typed)
