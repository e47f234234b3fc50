"""Integers that float64 rounds: a difference of them is refused, never silently 0."""

import numpy as np
import pytest
import torch

import simtool
from simtool.errors import DataError, LabelError
from simtool.labels import class_labels
from simtool.metrics import is_rounded

DISTANCES = ["euclidean", "sqeuclidean", "manhattan"]
A, B = np.asarray([[1], [2**53]]), np.asarray([[1], [2**53 + 1]])
FUNCTIONS = [simtool.metrics.euclidean, simtool.metrics.sqeuclidean, simtool.metrics.manhattan]
OPERATIONS = {
    "similarity": lambda metric: simtool.similarity(A, B, metric=metric),
    "pairwise": lambda metric: simtool.pairwise(A, B, metric=metric),
    "top k": lambda metric: simtool.pairwise(A, B, metric=metric, top_k=1),
    "evaluate": lambda metric: simtool.evaluate(A, B, labels=np.asarray([0, 1]), metric=metric),
    "evaluate classes": lambda metric: simtool.evaluate(B, labels=np.asarray([0, 1]), metric=metric),
    "channels": lambda metric: simtool.channels(A[:, :, None, None], B[:, :, None, None], metric=metric),
}


@pytest.mark.parametrize("metric", DISTANCES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_distance_of_rounded_integers_names_the_row(operation, metric):
    with pytest.raises(DataError, match=f"row 1 holds 9007199254740993, which float64 rounds: {metric} would lose"):
        OPERATIONS[operation](metric)


def test_an_aggregate_of_differences_refuses_them_and_one_of_cosines_does_not():
    with pytest.raises(DataError, match="row 1 holds 9007199254740993, which float64 rounds: hausdorff"):
        simtool.compare(A, B, aggregates=["hausdorff"])
    assert simtool.compare(A, B, aggregates=["argmax"]).summary["argmax"] == 1.0


@pytest.mark.parametrize("operation", [simtool.loss, simtool.fit])
def test_a_loss_of_distances_refuses_them(operation):
    with pytest.raises(DataError, match="row 1 holds 9007199254740993, which float64 rounds: euclidean"):
        operation(A, B, kind="contrastive", distance="euclidean", labels=np.asarray([0, 1]))


def test_an_explanation_of_a_rounded_row_refuses_it():
    with pytest.raises(DataError, match="row 1 holds 9007199254740993, which float64 rounds: euclidean"):
        simtool.explain(A, B, row=1)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("array", [np.asarray, torch.asarray])
def test_the_public_functions_refuse_them(function, array):
    with pytest.raises(DataError, match="float64 rounds an integer"):
        function(array([2**53]), array([2**53 + 1]))
    assert function(array([2**53]), array([2**53 - 1])) == 1.0


def test_integers_that_float64_holds_are_exact():
    a, b = np.asarray([[2**60, -(2**63)]]), np.asarray([[2**60 + 2**8, -(2**63) + 2**11]])
    assert simtool.pairwise(a, b, metric="manhattan").array.item() == 2**8 + 2**11
    assert simtool.similarity(a.astype(np.uint64), b.astype(np.uint64), metric="euclidean").summary["count"] == 1


def test_products_of_rounded_integers_are_as_exact_as_their_terms():
    assert simtool.similarity(A, B, metric="dot").array.tolist() == pytest.approx([1, float(2**53) ** 2], rel=1e-15)
    assert simtool.similarity(A, B).array.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("array", [np.asarray, torch.asarray])
def test_rounded_is_what_does_not_come_back(array):
    numbers = [0, 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**62 + 2**8, 2**62 + 2**9, 2**63 - 1, -(2**63)]
    assert is_rounded(array(numbers)).tolist() == [int(float(number)) != number for number in numbers]


@pytest.mark.parametrize("array", [np.asarray, torch.asarray])
def test_so_it_is_without_a_sign(array):
    numbers = [0, 2**53 + 1, 2**63, 2**63 + 1, 2**64 - 2**11, 2**64 - 1]
    unsigned = array(np.asarray(numbers, dtype=np.uint64))
    assert is_rounded(unsigned).tolist() == [int(float(number)) != number for number in numbers]


def test_float_classes_that_may_be_merged_are_refused():
    with pytest.raises(LabelError, match=r"row 1 has label 9\.223372036854776e\+18, and a float of that size"):
        class_labels(np.asarray([1.0, 2.0**63, 2.0**63 + 2**11]), 3, "y.npy")
    with pytest.raises(LabelError, match=r"row 0 has label -9007199254740992\.0"):
        class_labels(np.asarray([-(2.0**53), 0.0]), 2, "y.npy")


def test_integer_classes_of_any_size_stay_apart():
    values = np.asarray([2**63, 2**63 + 1, 2**64 - 1, 5], dtype=np.uint64)
    assert class_labels(values, 4, "y.npy").codes.tolist() == [1, 2, 3, 0]
    assert class_labels(np.asarray([2.0**53 - 1, 3.0]), 2, "y.npy").names.tolist() == [3, 2**53 - 1]
