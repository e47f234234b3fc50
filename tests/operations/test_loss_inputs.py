"""The inputs of losses: labels by row and value, weights by id."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from loss_inputs import ROWS, data

import simtool
from simtool.catalogue import LOSSES
from simtool.errors import DataError, InputNotFoundError, LabelError, ParameterError
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


DIGITS = "sample_data/digits.parquet"


@pytest.fixture
def mined(tmp_path):
    """A table of triplets as `mine` writes it, and their rows in float64."""
    found = simtool.mine(DIGITS, absolute_margin=0.05, num_negatives=2)
    pq.write_table(found.to_arrow(), tmp_path / "triplets.parquet")
    rows = simtool.open_vectors(DIGITS).read(0, 1797).astype("f8")
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    return str(tmp_path / "triplets.parquet"), [rows[numbers] for numbers in found.array.T]


def test_the_loss_of_mined_triplets_is_that_of_a_loop(mined):
    path, (a, p, n) = mined
    how = {"kind": "triplet", "distance": "cosine-distance", "margin": 0.15}
    found = simtool.loss(DIGITS, examples=path, **how)
    expected = [max(0.0, (1 - x @ y) - (1 - x @ z) + 0.15) for x, y, z in zip(a, p, n, strict=True)]
    np.testing.assert_allclose(found.array, expected, atol=1e-12)
    assert found.inputs["examples"] == path
    assert simtool.loss(DIGITS, DIGITS, examples=path, **how).array.tolist() == found.array.tolist()


def test_pairs_of_ids_have_the_labels_of_their_table(tmp_path):
    words = simtool.open_vectors("sample_data/words.parquet")
    ids, rows = words.ids.tolist(), words.read(0, 437).astype("f8")
    (tmp_path / "pairs.csv").write_text("a,b,label\ntiger,cat,1\nbook,tiger,0\n", encoding="utf-8")
    found = simtool.loss("sample_data/words.parquet", examples=str(tmp_path / "pairs.csv"), kind="cosine", margin=0.1)
    x, y = rows[[ids.index("tiger"), ids.index("book")]], rows[[ids.index("cat"), ids.index("tiger")]]
    cosine = (x * y).sum(axis=1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    np.testing.assert_allclose(found.array, [1 - cosine[0], max(0.0, cosine[1] - 0.1)], atol=1e-12)


def test_a_loss_of_pairs_takes_the_first_two_columns_of_triplets(mined):
    path, (a, p, _) = mined
    found = simtool.loss(DIGITS, examples=path, kind="info-nce", temperature=0.1)
    scores = a @ p.T / 0.1
    np.testing.assert_allclose(found.array, np.log(np.exp(scores).sum(axis=1)) - scores.diagonal(), atol=1e-5)


def test_a_head_is_fitted_to_mined_triplets(mined):
    path, _ = mined
    how = {"kind": "triplet", "margin": 0.2, "epochs": 2, "held_out": 0.0}
    rows = simtool.open_vectors(DIGITS).read(0, 1797)
    numbers = simtool.mine(DIGITS, absolute_margin=0.05, num_negatives=2).array
    found = simtool.fit(DIGITS, examples=path, **how)
    np.testing.assert_allclose(found.array, simtool.fit(*(rows[each] for each in numbers.T), **how).array, atol=1e-6)
    assert found.inputs["examples"] == path


@pytest.mark.parametrize(
    ("vectors", "how", "error", "said"),
    [
        ([DIGITS], {"kind": "sup-con"}, ParameterError, "pairs or triplets"),
        ([DIGITS] * 4, {"kind": "triplet"}, ParameterError, "there are 4 inputs"),
        (["sample_data/words.parquet"], {"kind": "triplet"}, DataError, "'digit-0' is not among"),
        ([DIGITS], {"kind": "triplet", "examples": DIGITS}, InputNotFoundError, "anchor, positive, negative"),
        ([DIGITS, DIGITS], {"kind": "triplet", "join": "id"}, ParameterError, "by their ids already"),
    ],
)
def test_examples_that_do_not_fit_are_refused(mined, vectors, how, error, said):
    with pytest.raises(error, match=said):
        simtool.loss(*vectors, **{"examples": mined[0], **how})


def test_selected_examples_without_ids_go_by_their_row_numbers(tmp_path):
    rows = np.random.default_rng(2).normal(size=(12, 4))
    (tmp_path / "t.csv").write_text("anchor,positive,negative\n1,2,3\n4,5,6\n7,8,9\n9,10,11\n", encoding="utf-8")
    examples = simtool.Selection(f"{tmp_path}/t.csv", rows="2:")
    found = simtool.loss(rows, examples=examples, kind="triplet", margin=9.0)
    expected = {2: (7, 8, 9), 3: (9, 10, 11)}
    for number, loss in zip(found.rows.columns["id"].tolist(), found.rows.columns["loss"].tolist(), strict=True):
        anchor, positive, negative = rows[list(expected[number])]
        gap = np.linalg.norm(anchor - positive) - np.linalg.norm(anchor - negative)
        assert loss == pytest.approx(gap + 9.0)
