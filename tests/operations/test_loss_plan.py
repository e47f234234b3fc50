"""What `loss` computes of inputs with rows that are left out."""

import numpy as np
import pytest
from loss_inputs import ROWS, data

import simtool
from simtool.errors import DataError


def test_dropped_rows_leave_batches_too():
    (x,), options = data("sup-con")
    bad = x.copy()
    bad[4] = np.nan
    with pytest.raises(DataError, match="row 4"):
        simtool.loss(bad, **options)
    keep = np.delete(np.arange(ROWS), 4)
    dropped = simtool.loss(bad, nonfinite="drop", **options)
    kept = simtool.loss(x[keep], **{**options, "labels": options["labels"][keep]})
    np.testing.assert_allclose(dropped.array, kept.array, rtol=1e-12)
    assert dropped.rows.columns["id"].tolist() == keep.tolist()
