"""Tables of pairs: which columns hold the ids, and rows that are left out."""

import numpy as np
import pytest

from simtool.errors import InputNotFoundError
from simtool.io import as_vectors, with_ids
from simtool.metrics import metric_of
from simtool.mining.inputs import MiningInputs
from simtool.settings import Settings


def pairs_of(tmp_path, text, rows=None):
    (tmp_path / "pairs.csv").write_text(text, encoding="utf-8")
    vectors = with_ids(as_vectors(np.eye(3) if rows is None else rows, "A"), np.asarray(["x", "y", "z"], dtype=object))
    settings = Settings(nonfinite="drop")
    return MiningInputs.of_pairs([vectors], str(tmp_path / "pairs.csv"), metric_of("cosine"), settings)


@pytest.mark.parametrize("text", ["query,document\nx,y\nz,x\n", "note,positive,anchor\n1,y,x\n2,x,z\n"])
def test_ids_are_in_columns_of_their_names_or_the_first_two(tmp_path, text):
    assert pairs_of(tmp_path, text).pairs.tolist() == [[0, 2], [1, 0]]


def test_pairs_of_rows_that_were_dropped_are_left_out(tmp_path):
    rows = np.eye(3)
    rows[1] = np.nan
    found = pairs_of(tmp_path, "anchor,positive\nx,y\nz,x\n", rows)
    assert (found.pairs.tolist(), found.queries) == ([[1], [0]], 1)


def test_a_table_of_one_column_is_refused(tmp_path):
    with pytest.raises(InputNotFoundError, match="expected a table with columns anchor and positive"):
        pairs_of(tmp_path, "anchor\nx\n")
