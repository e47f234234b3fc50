"""Names with values: every form that a caller may give or type, and what is refused."""

import numpy as np
import pytest

from simtool.errors import ParameterError
from simtool.named_values import MOST_VALUES, is_number, named_values, swept_numbers

EXAMPLE = "margin=0:1:0.1"


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("margin=0:1:0.25", "margin", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("margin=0:1:0.1", "margin", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        ("margin=0:1:0.3", "margin", [0.0, 0.3, 0.6, 0.9]),
        ("margin=-0.3:0.3:0.3", "margin", [-0.3, 0.0, 0.3]),
        ("margin=1:0:-0.5", "margin", [1.0, 0.5, 0.0]),
        ("margin=1:1:1", "margin", [1.0]),
        ("temperature=1e-12:3e-12:1e-12", "temperature", [1e-12, 2e-12, 3e-12]),
        ("scale=1,5,20", "scale", [1.0, 5.0, 20.0]),
        ("scale=5", "scale", [5.0]),
        (" positive-margin = 0 , 1 ", "positive_margin", [0.0, 1.0]),
        (f"m=1:{MOST_VALUES}:1", "m", [float(value) for value in range(1, MOST_VALUES + 1)]),
    ],
)
def test_a_sweep_includes_both_ends(text, name, values):
    assert swept_numbers([text], EXAMPLE) == (name, values)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("margin", "expected NAME=V,V or NAME=FROM:TO:STEP, got 'margin'"),
        ("=1,2", "expected NAME=V,V"),
        ("margin=", "expected a number, got ''"),
        ("margin=1,", "expected a number, got ''"),
        ("margin=0:1", "expected NAME=V,V"),
        ("margin=0:1:0.1:2", "expected NAME=V,V"),
        ("margin=a:1:0.1", "expected NAME=V,V"),
        ("margin=nan", "got 'nan'"),
        ("margin=0:inf:1", "expected NAME=V,V"),
        ("margin=0:1e999:1", "expected NAME=V,V"),
        ("margin=0:1:0", "no values"),
        ("margin=1:0:0.1", "no values"),
        ("margin=0:1:1e-9999", "no values"),
        (f"margin=0:{MOST_VALUES}:1", f"more than {MOST_VALUES}"),
    ],
)
def test_a_sweep_that_cannot_be_read_is_refused(text, what):
    with pytest.raises(ParameterError, match=what) as refused:
        swept_numbers([text], EXAMPLE)
    assert (refused.value.where, refused.value.hint[:5]) == ("«sweep»", "as in")


def test_one_parameter_is_swept():
    with pytest.raises(ParameterError, match="got margin and scale"):
        swept_numbers(["margin=1", "scale=2"], EXAMPLE)


@pytest.mark.parametrize(
    "given",
    [
        {"margin": [0.5, 1]},
        {"margin": np.asarray([0.5, 1])},
        {"margin": (0.5, np.float32(1))},
        ("margin", [0.5, 1]),
        ["margin", (0.5, 1)],
        "margin=0.5,1",
        "margin=0.5:1:0.5",
        ["margin=0.5,1"],
        [{"margin": [0.5, 1]}],
        [("margin", [0.5, 1])],
    ],
)
def test_one_sweep_is_given_in_many_forms(given):
    assert swept_numbers(given, EXAMPLE) == ("margin", [0.5, 1.0])


def test_a_single_value_needs_no_list():
    for given in ({"margin": 2}, {"margin": np.asarray(2)}, "margin=2", ("margin", 2)):
        assert swept_numbers(given, EXAMPLE) == ("margin", [2.0])


def test_numbers_without_a_name_are_of_the_only_parameter():
    for given in ([0.5, 1], np.asarray([0.5, 1.0]), {"threshold": [0.5, 1]}, ("threshold", [0.5, 1]), range(1, 2)):
        name, values = swept_numbers(given, "threshold=0.5,1", alone="threshold")
        assert (name, values[-1]) == ("threshold", 1.0)
    with pytest.raises(ParameterError, match="the threshold is swept, and margin is another"):
        swept_numbers({"margin": [1]}, "threshold=0.5,1", alone="threshold")


@pytest.mark.parametrize(
    "given", [3, 0.5, b"margin=1", [0.5, 1], {1: [0.5]}, {"margin": [None]}, {"margin": ["x"]}, {"margin": True}]
)
def test_any_other_form_is_refused_with_an_example(given):
    with pytest.raises(ParameterError) as refused:
        swept_numbers(given, EXAMPLE)
    assert str(refused.value).endswith(f"as in sweep='{EXAMPLE}'")


@pytest.mark.parametrize("given", [[], {"margin": []}, "margin=", {}])
def test_a_sweep_without_a_value_is_refused(given):
    with pytest.raises(ParameterError):
        swept_numbers(given, EXAMPLE)


def test_several_names_keep_their_order_and_text_stays_text():
    given = ["truncate=8, 16", {"quantize": ["int8"]}, "truncate=4:8:4"]
    assert named_values(given, "sweep", EXAMPLE) == [
        ("truncate", [8, 16]),
        ("quantize", ["int8"]),
        ("truncate", [4, 8]),
    ]
    assert all(type(value) is int for value in named_values("truncate=4:8:4", "sweep", EXAMPLE)[0][1])


def test_numbers_are_what_float64_holds():
    assert all(map(is_number, (1, 0.5, np.int8(3), np.float32(2), -1e300)))
    assert not any(map(is_number, (True, "1", None, np.nan, np.inf, 10**400, 1j)))
