"""Tables with blanks between their cells, as numpy.savetxt writes them."""

import numpy as np
import pytest
from written_files import X, check


@pytest.mark.parametrize("options", [{}, {"fmt": "%12.6f"}, {"header": "made by a test"}, {"delimiter": "\t"}])
def test_savetxt(tmp_path, options):
    np.savetxt(tmp_path / "a.txt", X, **options)
    expected = np.loadtxt(tmp_path / "a.txt")
    assert (expected == X).all() or "fmt" in options
    check(tmp_path / "a.txt", expected)
    assert check(tmp_path / "a.txt", expected, header="no").dtype == np.float64


def test_savetxt_with_named_columns(tmp_path):
    names = ["id", *(f"x{number}" for number in range(6)), "label"]
    content = np.column_stack([np.arange(10), X, np.arange(10) % 2])
    kinds = ["%d", *["%.9g"] * 6, "%d"]
    np.savetxt(tmp_path / "a.txt", content, kinds, header=" ".join(names))
    check(tmp_path / "a.txt", np.loadtxt(tmp_path / "a.txt")[:, 1:7], list(range(10)))
    np.savetxt(tmp_path / "a.txt", content, kinds, header=" ".join(names), comments="")
    check(tmp_path / "a.txt", np.loadtxt(tmp_path / "a.txt", skiprows=1)[:, 1:7], list(range(10)))
