"""Numbers by their name and their group."""

import numpy as np
import pytest

from simtool.errors import ParameterError
from simtool.results import Columns, Result
from simtool.results.numbers import check_group, numbers_of, place_of, split_group

GROUPS = Columns({"group": np.array(["en", "de"], object), "auc": np.array([0.9, 0.8]), "n": np.array([3, 4])})


def test_numbers_of_the_summary_and_of_groups():
    result = Result("evaluate", {}, {}, {"auc": 0.85, "verdict": "good", "gap": None}, GROUPS)
    expected = {("auc", None): 0.85, ("gap", None): None, ("auc", "en"): 0.9, ("auc", "de"): 0.8}
    assert numbers_of(result, ["auc"]) == expected
    assert numbers_of(result) == {**expected, ("n", "en"): 3, ("n", "de"): 4}


def test_rows_that_are_no_groups_have_no_numbers_of_their_own():
    rows = Columns({"id": np.array(["en"], object), "auc": np.array([0.9])})
    assert numbers_of(Result("evaluate", {}, {}, {"auc": 0.5}, rows)) == {("auc", None): 0.5}


def test_a_key_of_the_summary_may_look_like_one_of_a_group():
    swept = Result("evaluate", {}, {}, {"auc[truncate=64].loss": 0.1})
    assert place_of("auc[truncate=64].loss", swept) == ("auc[truncate=64].loss", None)
    assert place_of("auc[en].low", swept) == ("auc.low", "en")


@pytest.mark.parametrize(
    ("key", "place"),
    [("auc", ("auc", None)), ("auc[en]", ("auc", "en")), ("p@1[a b <= c].low", ("p@1.low", "a b <= c"))],
)
def test_the_group_of_a_key(key, place):
    assert split_group(key) == place


def test_an_unknown_group_names_near_ones_and_lists_a_few():
    known = [f"language-{number}" for number in range(20)]
    check_group("language-3", known)
    with pytest.raises(ParameterError, match="no group is called 'langage-3'") as refusal:
        check_group("langage-3", known)
    assert refusal.value.hint.startswith("did you mean language-3")
    assert refusal.value.hint.endswith("language-7 and 12 more")
