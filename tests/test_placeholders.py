"""Parameters in messages, as a caller spells them."""

import pytest

from simtool.placeholders import as_argument, spelled


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("use «top_k»", "use top_k"),
        ("«nonfinite=drop» leaves them out", "nonfinite='drop' leaves them out"),
        ("«lr=0.01», «rank=R»", "lr=0.01, rank=R"),
        ("«against=A B»", "against='A B'"),
        ("a file called {seed}.npy stays", "a file called {seed}.npy stays"),
        ("«Not one»", "«Not one»"),
    ],
)
def test_parameters_are_written_as_arguments(text, written):
    assert spelled(text, as_argument) == written


def test_a_caller_spells_the_name_and_the_value():
    seen = []
    assert spelled("«top_k» «eps=1»", lambda *each: seen.append(each) or "?") == "? ?"
    assert seen == [("top_k", None), ("eps", "1")]
