"""JSON that may come from anywhere."""

import pytest

from simtool.documents import is_finite_number, read_document


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000])
def test_what_is_no_document_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever json says
        read_document(text)


def test_numbers_that_a_float_holds():
    values = read_document('[1, -2.5, 1e308, 1e999, NaN, true, null, "1", 1' + "0" * 400 + "]")
    assert [is_finite_number(value) for value in values] == [True, True, True, *[False] * 6]
