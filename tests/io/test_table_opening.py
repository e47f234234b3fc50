"""What a user types as PATH::NAME is a path and a name."""

import pytest

from simtool.io import split_source


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a.npy", ("a.npy", None)),
        ("a.npz::x", ("a.npz", "x")),
        ("-::x", ("-", "x")),
        ("::x", ("", "x")),
        ("a::b::c", ("a::b", "c")),
    ],
)
def test_split_source(source, parts):
    assert split_source(source) == parts
