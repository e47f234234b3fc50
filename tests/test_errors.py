"""Errors: what each is, beside a SimtoolError, and how it is written."""

import pytest

from simtool import errors
from simtool.errors import ResourceError, ShapeError, SimtoolError

BUILTIN = {
    "ShapeError": ValueError,
    "ParameterError": ValueError,
    "DataError": ValueError,
    "LabelError": ValueError,
    "InputNotFoundError": FileNotFoundError,
    "OutputError": OSError,
    "ResourceError": RuntimeError,
}


def test_every_error_is_the_builtin_that_it_resembles():
    children = {each.__name__: each for each in SimtoolError.__subclasses__() if each.__module__ == errors.__name__}
    assert set(children) == set(BUILTIN)
    for name, builtin in BUILTIN.items():
        assert issubclass(children[name], builtin)
        assert children[name].exit_code == (3 if children[name] is ResourceError else 2)


def test_an_error_is_what_where_and_a_hint_with_parameters_as_arguments():
    error = ShapeError("expected (n, d), got (3,)", "x.npy", "«nonfinite=drop», or «top_k»")
    assert str(error) == "expected (n, d), got (3,)\nx.npy\nnonfinite='drop', or top_k"
    assert (error.what, error.where) == ("expected (n, d), got (3,)", "x.npy")
    assert str(ShapeError("only this")) == "only this"
    with pytest.raises(ValueError, match="only this"):
        raise ShapeError("only this")
