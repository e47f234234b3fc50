"""A result as a file."""

import numpy as np
import pytest

import simtool
from simtool.errors import OutputError
from simtool.io.saving import save


def test_a_matrix_is_saved_as_an_array_and_as_rows(tmp_path):
    result = simtool.pairwise(np.eye(3), np.ones((2, 3)))
    save(result, str(tmp_path / "x.npy"), force=False)
    save(result, str(tmp_path / "x.parquet"), force=False)
    assert np.array_equal(np.load(tmp_path / "x.npy"), result.array)
    assert simtool.inspect(tmp_path / "x.parquet").summary["rows"] == 6


def test_a_suffix_that_says_nothing_is_refused(tmp_path):
    with pytest.raises(OutputError):
        save(simtool.pairwise(np.eye(2)), str(tmp_path / "x.what"), force=False)


def test_a_report_is_no_format_to_save(tmp_path):
    with pytest.raises(OutputError, match=r"save a \.json"):
        save(simtool.pairwise(np.eye(2)), str(tmp_path / "x.md"), force=False)
    assert not (tmp_path / "x.md").exists()
