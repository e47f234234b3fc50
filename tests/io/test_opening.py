"""What a user types, PATH and PATH::NAME, and what is opened for it."""

import pytest

from simtool.errors import ParameterError
from simtool.io import open_table


def test_a_table_is_not_a_column(tmp_path):
    with pytest.raises(ParameterError, match="expected a whole table, got one column of it") as named:
        open_table("a.npz::x")
    assert named.value.hint == "type a.npz"
