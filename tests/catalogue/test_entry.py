"""Rows of the catalogue: frozen, and found by name."""

from dataclasses import FrozenInstanceError

import pytest

from simtool.catalogue import LOSSES, METRICS, find, search
from simtool.errors import ParameterError


def test_a_row_is_frozen():
    with pytest.raises(FrozenInstanceError):
        METRICS[0].name = "other"


def test_a_misspelt_name_gets_the_closest_one():
    with pytest.raises(ParameterError) as refused:
        find("metric", "cosinus")
    assert (refused.value.what, refused.value.hint) == ("unknown metric 'cosinus'", "did you mean cosine?")
    with pytest.raises(ParameterError) as refused:
        search("qqqq")
    assert refused.value.hint == "simtool list shows all names"


def test_search_finds_kinds_and_shared_names():
    assert search("losses") == LOSSES
    assert [entry.kind for entry in search("cosine")] == ["metric", "loss"]
