"""Tables of pairs and of examples: which columns are their sides and labels."""

import pytest
from opened_text import whole

from simtool.errors import DataError, InputNotFoundError
from simtool.io import open_examples, open_pairs


def test_pairs_whose_columns_are_numbered(write):
    pairs = open_pairs([write("a1,a2,b0,b1,label\n1,2,3,4,1\n")])
    assert (whole(pairs.a).tolist(), whole(pairs.b).tolist()) == ([[1, 2]], [[3, 4]])
    with pytest.raises(DataError, match="there is no column b1 between b0 and b2"):
        open_pairs([write("a0,a1,b0,b2\n1,2,3,4\n")])
    path = write("a,a0,a1,b0,b1\nx,1,2,3,4\n")
    with pytest.raises(InputNotFoundError, match="expected a table of pairs with vector columns a and b") as refused:
        open_pairs([path])
    assert refused.value.hint == f"name both sides: {path}::a* {path}::b"
    with pytest.raises(InputNotFoundError) as refused:
        open_pairs([write("a0,a1,c,d\n1,2,3,4\n")])
    assert refused.value.hint == "name the columns a0, a1, ..., b0, b1, ..."


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
