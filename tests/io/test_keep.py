"""Columns asked for of several inputs: each is taken of those that have it, and one that none has is refused."""

import pytest

from simtool.errors import InputNotFoundError
from simtool.io import Keep, open_table


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "a.csv").write_text("x0,x1,text\n1,2,one\n")
    (tmp_path / "b.csv").write_text("x0,x1,topic\n1,2,two\n")
    return [open_table(str(tmp_path / name)) for name in ("a.csv", "b.csv")]


def test_a_column_comes_of_any_input(tables):
    keep = Keep(("::text", "topic"), inputs=2)
    assert [keep.of(table) for table in tables] == [["text"], ["topic"]]


def test_a_column_that_no_input_has_is_refused_with_a_near_one(tables):
    keep = Keep(("topix",), inputs=2)
    assert keep.of(tables[0]) == []
    with pytest.raises(InputNotFoundError, match="no column 'topix'") as refused:
        keep.of(tables[1])
    assert refused.value.hint == "did you mean topic?"
