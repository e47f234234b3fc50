"""Which selections go together, and what they list at most."""

import pytest

from simtool.engine import Choice
from simtool.errors import ParameterError


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(top_k=1, max_pairs=2), "go with no other selection"),
        (Choice(threshold=0.5, max_pairs=2), "go with no other selection"),
        (Choice(top_k=0), "top_k"),
        (Choice(threshold=0.5, max_results=0), "max_results"),
        (Choice(top_k=1, max_results=3), "is for a threshold alone"),
        (Choice(top_k=1, threshold=0.5, max_results=3), "is for a threshold alone"),
        (Choice(max_results=3), "is for a threshold alone"),
    ],
)
def test_selections_that_do_not_go_together_and_numbers_that_are_no_counts_are_refused(choice, said):
    with pytest.raises(ParameterError, match=said):
        choice.checked()


@pytest.mark.parametrize(
    ("choice", "most"),
    [
        (Choice(top_k=3), 6),
        (Choice(top_k=9, threshold=0.5), 8),
        (Choice(threshold=0.5), None),
        (Choice(max_pairs=5), 5),
        (Choice(max_pairs=50), 8),
    ],
)
def test_what_is_listed_of_2_times_4_rows_at_most(choice, most):
    assert choice.checked().most(2, 4) == most
