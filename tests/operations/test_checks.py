"""The words of the checks at the door."""

import pytest

from simtool.operations.checks import plural


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [(1, "row", "1 row"), (2, "row", "2 rows"), (1, "class", "1 class"), (2, "class", "2 classes")],
)
def test_nouns_are_counted(count, noun, words):
    assert plural(count, noun) == words
