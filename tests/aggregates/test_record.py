"""Records of aggregates: keys, parameters, weights, and what is computed once."""

import numpy as np
import pytest

from simtool.aggregates.record import (
    AggregateRequest,
    Evaluator,
    MatchedPairs,
    Sets,
    keys_of,
    parameter_types,
    record_of,
)
from simtool.backend import choose_backend
from simtool.catalogue import AGGREGATES, find
from simtool.errors import SimtoolError

X, Y = np.eye(3), np.ones((2, 3))


def evaluator(*names, **parameters):
    requests = [AggregateRequest(find("aggregate", name), parameters) for name in names]
    return Evaluator(requests, Sets(X, Y), None, 1e-8, choose_backend())


@pytest.mark.parametrize("name", [entry.name for entry in AGGREGATES])
def test_every_aggregate_has_a_record_beside_its_function(name):
    record, request = record_of(name), AggregateRequest(find("aggregate", name), {})
    assert keys_of(name) == request.keys == (name, *(f"{name}.{part}" for part in record.parts))
    known = set(parameter_types(request.entry))
    assert set(find("aggregate", name).parameters) - {"seed"} <= known
    assert record.depth is None or record.depth in known


def test_what_two_aggregates_share_is_computed_once():
    job, computed = evaluator("argmax", "mutual"), []
    for _ in range(2):
        assert job.once("matches", lambda: computed.append(1) or "found") == "found"
    assert computed == [1]
    assert [request.name for request in job.asked(record_of("mutual"))] == ["mutual"]


def test_numbers_come_by_key_and_an_undefined_aggregate_as_its_error():
    job = evaluator("argmax", "prdc")
    assert job.numbers(job.requests[0]) == pytest.approx(
        {"argmax": 3**-0.5, "argmax.precision": 3**-0.5, "argmax.recall": 3**-0.5, "argmax.f1": 3**-0.5}
    )
    assert isinstance(job.numbers(job.requests[1]), SimtoolError)


def test_weights_are_those_that_a_function_takes():
    taken = {entry.name: AggregateRequest(entry, {}).weighs for entry in AGGREGATES}
    assert (taken["argmax"], taken["maxsim"], taken["energy"]) == ((True, True), (True, False), (False, False))


def test_rows_without_a_match_come_last():
    found = MatchedPairs.with_rest(Sets(X, Y), np.asarray([1]), np.asarray([0]), np.asarray([0.5]))
    assert (found.a.tolist(), found.b.tolist()) == ([1, 0, 2, -1], [0, -1, -1, 1])
    assert np.isnan(found.score).tolist() == [False, True, True, True]
