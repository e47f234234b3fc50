"""What counts as a number and as an integer in a cell of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtool.io.numbers import is_integer, is_number


@given(st.floats())
def test_what_python_writes_of_a_float_is_a_number(value):
    assert is_number(repr(value))
    assert is_number(f"{value:e}")


@given(st.integers())
def test_an_integer_is_one_of_64_bits(value):
    assert is_number(str(value))
    assert is_integer(str(value)) == (-(2**63) <= value < 2**63)


@pytest.mark.parametrize("cell", ["", "007", "1_000", "0x1F", "1e", "+", ".", "1,5", " 1", "1\n", "٣", "nanx", "true"])
def test_what_is_neither(cell):
    assert not is_number(cell)
    assert not is_integer(cell)


def test_so_many_digits_are_no_integer():
    assert not is_integer("1" * 10**6)
