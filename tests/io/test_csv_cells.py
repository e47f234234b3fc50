"""What the cells of a CSV column are: numbers, lists, text, and cells that fit none of the others."""

import json

import pytest
from opened_text import refused, whole

from simtool.errors import DataError
from simtool.io import open_table, open_vectors, read_values


def test_a_csv_of_json_lists(write):
    long = json.dumps([0.123456789] * 20_000)
    path = write(f'id,a,b,label\n1,"[1, 2]","{long}",True\n2,"[3, 4]","{long}",False\n')
    assert open_table(path).vector_columns == ("a", "b")
    assert whole(open_vectors(f"{path}::a")).tolist() == [[1, 2], [3, 4]]
    assert open_vectors(f"{path}::b").shape == (2, 20_000)
    assert read_values(f"{path}::label").tolist() == [True, False]
    error = refused(write('a\n"[1, 2]"\n"[3 4]"\n'))
    assert error.what == "expected a JSON list as in the first row, got '[3 4]' in row 1"


def test_a_bad_cell_of_the_vector_is_named(write):
    path = write("id,x0,x1,x2\nr1,1,2,3\nr2,3,N/A,1\nr3,1,4,2\n", "v.csv")
    with pytest.raises(DataError, match=r"row 1 \(id 'r2'\) has 'N/A' in column 'x1', expected a number as in 'x0'"):
        open_vectors(path)
    kept = open_vectors(write("id,x0,x1,note1\nr1,1,3,a\nr2,3,1,b\n", "w.csv"))
    assert whole(kept).tolist() == [[1, 3], [3, 1]]


@pytest.mark.parametrize("cell", ["x", "true"])
def test_a_bad_cell_of_one_of_several_vectors_is_named(write, cell):
    path = write(f"a0,a1,b0,b1,x0,x1\n1,{cell},3,4,t,u\n")
    with pytest.raises(DataError, match=f"row 0 has '{cell}' in column 'a1', expected a number as in 'a0'"):
        open_vectors(f"{path}::a")
    assert whole(open_vectors(f"{path}::b")).tolist() == [[3, 4]]


def test_a_bool_among_the_numbers_of_a_vector_is_named(write):
    with pytest.raises(DataError, match="row 0 has 'true' in column 'x2', expected a number as in 'x0'"):
        open_vectors(write("x0,x1,x2\n1,2,true\n"))
