"""The inputs of losses: labels by row and value, weights by id."""

import numpy as np
import pytest
from loss_inputs import ROWS, data

import simtool
from simtool.catalogue import LOSSES
from simtool.errors import LabelError
from simtool.io import as_vectors, with_ids

BAD = {
    "binary": [0.5, 2, np.nan, "maybe"],
    "score": [np.nan, np.inf, "high"],
    "class": [0.5, np.nan, np.inf],
}


def test_weights_are_found_by_id():
    (x,), options = data("arcface")
    weights = options.pop("weights")
    names = np.asarray(["ant", "bee", "cow"], dtype=object)
    by_number = simtool.loss(x, weights=weights, **options)
    order = [2, 0, 1]
    turned = with_ids(as_vectors(weights[order]), names[order])
    by_name = simtool.loss(x, weights=turned, **{**options, "labels": names[options["labels"]]})
    np.testing.assert_allclose(by_name.array, by_number.array, rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [(entry.name, bad) for entry in LOSSES if entry.labels != "none" for bad in BAD[entry.labels]],
)
def test_bad_labels_are_refused_by_row_and_value(kind, bad):
    inputs, options = data(kind)
    labels = options["labels"].astype(object if isinstance(bad, str) else float)
    labels[4] = bad
    with pytest.raises(LabelError, match=rf"row 4 has label {bad!r}".replace("'", ".")):
        simtool.loss(*inputs, **{**options, "labels": labels})


@pytest.mark.parametrize("kind", [entry.name for entry in LOSSES])
def test_labels_of_another_shape_are_refused(kind):
    inputs, options = data(kind)
    labels = np.ones(ROWS) if options["labels"] is None else options["labels"]
    wrong = [labels] if options["labels"] is None else [labels[:-1], labels[:, None], None]
    for each in wrong:
        if kind == "triplet" and each is not None:
            continue  # three sets take none, one set takes classes
        with pytest.raises(LabelError):
            simtool.loss(*inputs, **{**options, "labels": each})
