"""Tables of pairs and of examples: which columns are their sides and labels."""

import pytest
from opened_text import whole

from simtool.errors import InputNotFoundError
from simtool.io import open_examples, open_pairs, open_table


@pytest.mark.parametrize("header", ["a0,a1,b0,b2", "a0,a1,b1,b2", "a,a0,a1,b0,b1", "a0,a1,b1,b2,b3"])
def test_a_gap_or_a_name_that_is_taken_makes_no_vector(write, header):
    path = write(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    with pytest.raises(InputNotFoundError, match="expected a table of pairs with vector columns a and b") as refused:
        open_pairs([path])
    assert "name the columns a0, a1, ..., b0, b1, ..., without a gap, and no column a" in refused.value.hint
    assert open_table(path).vector_columns == ("",)


def test_three_columns_or_one_set_are_what_a_triplet_needs(write):
    path = write('{"a": [1, 2], "b": [3, 4], "label": 1}\n')
    with pytest.raises(InputNotFoundError, match="vector columns anchor, positive and negative, but") as error:
        open_examples([path], ("anchor", "positive", "negative"), or_one_set=True)
    assert error.value.hint == (
        f"name all sides: {path}::NAME OTHER::NAME OTHER::NAME; or one set and its classes: {path}::NAME «labels» ..."
    )
    one = open_examples([f"{path}::b"], ("anchor", "positive", "negative"), or_one_set=True)
    assert [whole(side).tolist() for side in one.vectors] == [[[3, 4]]]


def test_a_label_is_named_in_the_file_that_both_sides_are_of(write):
    path = write('{"l": [1, 2], "r": [3, 4], "same": 1}\n{"l": [5, 6], "r": [7, 8], "same": 0}\n')
    assert open_pairs([f"{path}::l", f"{path}::r"], labels="::same").labels.tolist() == [1, 0]
    with pytest.raises(InputNotFoundError, match="vector columns a and b") as unnamed:
        open_pairs([path])
    assert unnamed.value.hint == f"name both sides: {path}::l {path}::r"


def test_labels_and_ids_of_examples_are_in_no_vector(write):
    path = write("x,y,z,key2\n1,2,0,5\n3,4,1,6\n")
    found = open_examples([path], ("vectors",), labels="::z", ids="::key2")
    assert whole(found.vectors[0]).tolist() == [[1, 2], [3, 4]]
    assert (found.labels.tolist(), found.vectors[0].ids.tolist()) == ([0, 1], [5, 6])
