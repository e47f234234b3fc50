"""CSV as Europe writes it: semicolons are read, and a decimal comma never makes two numbers of one."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from opened_text import refused, whole

from simtool.errors import DataError
from simtool.io import column_names, open_table, open_vectors
from simtool.io.origins import provenance

X = np.random.default_rng(0).normal(size=(9, 4)).round(3)
FRAME = pd.DataFrame(X, columns=["d0", "d1", "d2", "d3"]).assign(text="semi; colon, comma")


@pytest.mark.parametrize("writer", ["pandas", "polars"])
def test_semicolons_are_read_and_said(tmp_path, writer):
    path = str(tmp_path / "t.csv")
    if writer == "pandas":
        FRAME.to_csv(path, sep=";", index=False)
    else:
        pl.from_pandas(FRAME).write_csv(path, separator=";")
    vectors = open_vectors(path)
    np.testing.assert_array_equal(whole(vectors), X)
    assert provenance({"a": vectors})["a"].endswith("(not text); semicolons separate its cells")
    assert open_table(path).values("text").tolist() == ["semi; colon, comma"] * 9
    assert column_names(path) == list(FRAME.columns)


@pytest.mark.parametrize("mark", [";", "\t"])
@pytest.mark.parametrize("names", [["d0", "d1", "d2", "d3"], ["u", "v", "w", "z"]])
@pytest.mark.parametrize("header", [True, False])
def test_decimal_commas_are_refused(tmp_path, mark, names, header):
    path = str(tmp_path / "t.csv")
    pd.DataFrame(X, columns=names).to_csv(path, sep=mark, decimal=",", index=False, header=header)
    with pytest.raises(
        DataError, match=r"decimal point as in|has '-?0,.*expected a number with a|line 1 has the number"
    ):
        open_vectors(path)


@pytest.mark.parametrize(
    "text", ["id;x0;x1\na;1,5;2\nb;3;4\n", "u;v\n1,5;2\n3;4\n5;6\n", "1;2\n1,5;3\n", "a;1,5\nb;2,5\n", "a\t1,5e-05\n"]
)
def test_one_decimal_comma_is_enough(write, text):
    assert "1,5" in refused(write(text)).what


def test_what_has_commas_is_separated_by_them(write):
    assert whole(open_vectors(write(";,0.1,0.2\n.,0.3,0.4\n"))).tolist() == [[0.1, 0.2], [0.3, 0.4]]
    assert open_table(write('"a;b",c\nx,y\n')).columns == ("a;b", "c")
    error = refused(write("x;y\n1;2\n3;4;5\n"))
    assert error.what == "line 3 has 3 cells, expected 2"
    assert error.hint == "semicolons separate cells; one that holds them stands in quotes"
