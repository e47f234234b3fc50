"""What a plan of `convert` writes and refuses to write."""

import json

import numpy as np
import pytest

import simtool
from simtool.errors import DataError


@pytest.mark.parametrize("suffix", ["npy", "parquet", "jsonl", "csv"])
def test_rows_that_are_not_finite(tmp_path, suffix):
    rows = np.asarray([[1, 2], [np.nan, 1], [3, np.inf], [5, 6.0]])
    np.save(tmp_path / "x.npy", rows)
    given, output = str(tmp_path / "x.npy"), str(tmp_path / f"y.{suffix}")
    with pytest.raises(DataError, match="rows 1, 2 of 4 hold NaN or infinity"):
        simtool.convert(given, output=output)
    assert not (tmp_path / f"y.{suffix}").exists()
    found = simtool.convert(given, output=output, nonfinite="drop")
    assert simtool.open_vectors(output).read(0, 2).tolist() == [[1, 2], [5, 6]]
    assert "2 rows not finite, left out" in found.notes[0]


def test_text_that_a_spreadsheet_would_run_is_escaped_where_asked(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"id": "=1+1", "v": [1.0, 2.0]}) + "\n")
    simtool.convert(str(path), output=str(tmp_path / "y.csv"), escape_formulas=True)
    assert (tmp_path / "y.csv").read_text() == "id,v_0,v_1\n'=1+1,1.0,2.0\n"
