"""The losses by the names of libraries: each against the library's own number, defaults included.

The numbers in libraries.json are those of the libraries; benchmarks/peer_names.py computes them again.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import simtool
from simtool.catalogue import find, search
from simtool.catalogue.libraries import LIBRARY_LOSSES
from simtool.errors import ParameterError
from simtool.nn import Loss

STORED = json.loads(Path(__file__).with_name("libraries.json").read_text(encoding="utf-8"))
INPUTS = {name: np.asarray(values) for name, values in STORED["inputs"].items()}
SIDES = INPUTS["sides"]


@pytest.mark.parametrize("row", LIBRARY_LOSSES, ids=lambda row: row.full_name)
def test_a_library_s_name_means_its_loss(row):
    entry = find("loss", row.full_name)
    sides, labels = SIDES[: len(entry.roles)], INPUTS.get(entry.labels)
    weights = SIDES[1][: STORED["classes"]] if entry.inputs == "classifier" else None
    reported = simtool.loss(*sides, kind=row.full_name, labels=labels, weights=weights).summary["loss"]
    assert reported == pytest.approx(STORED["losses"][row.full_name], rel=1e-6)
    if weights is None:
        assert Loss(row.full_name)(*map(torch.from_numpy, sides), labels=labels).item() == pytest.approx(reported)


def test_every_name_has_a_number_of_its_library():
    assert list(STORED["losses"]) == [row.full_name for row in LIBRARY_LOSSES]


def test_a_name_of_one_library_needs_no_other():
    assert find("loss", "SupConLoss") == find("loss", "pml.SupConLoss")
    assert search("SupConLoss") == (find("loss", "SupConLoss"),)
    own = find("loss", "sup-con")
    assert (own.variant, find("loss", "SupConLoss").variant) == ("", "pml")


@pytest.mark.parametrize("name", ["TripletMarginLoss", "ContrastiveLoss"])
def test_a_name_of_two_libraries_is_refused(name):
    libraries = [row.full_name for row in LIBRARY_LOSSES if row.name == name]
    with pytest.raises(ParameterError, match="are different losses") as refused:
        find("loss", name)
    assert refused.value.hint == f"say {libraries[0]} or {libraries[1]}"


def test_full_names_are_unique_and_name_rows_and_variants():
    names = [row.full_name for row in LIBRARY_LOSSES]
    assert len(set(names)) == len(names)
    for row in LIBRARY_LOSSES:
        assert not row.variant or row.variant in find("loss", row.loss).variants


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "SupConLoss", "variant": "khosla"}, "means its own variant of sup-con"),
        ({"kind": ["SupConLoss", "sup-con"]}, "sup-con is asked for as of several libraries"),
        ({"kind": "SupConLos"}, "unknown loss 'SupConLos'"),
    ],
)
def test_what_does_not_go_together_is_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        simtool.loss(SIDES[0], labels=INPUTS["class"], **options)


def test_a_misspelt_name_of_a_library_is_offered():
    with pytest.raises(ParameterError) as caught:
        find("loss", "SupConLos")
    assert caught.value.hint == "did you mean SupConLoss?"
    with pytest.raises(ParameterError) as full:
        find("loss", "pml.SupConLos")
    assert full.value.hint == "did you mean pml.SupConLoss?"


def test_a_name_of_the_catalogue_is_meant_before_one_of_a_library_that_is_as_near():
    for typed in ("infonce", "info_nce", "INFO-NCE"):
        with pytest.raises(ParameterError) as caught:
            find("loss", typed)
        assert caught.value.hint == "did you mean info-nce?"
