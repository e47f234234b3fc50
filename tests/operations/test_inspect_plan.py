"""Norms of all columns of vectors together, against numpy."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool import inspect

X = np.random.default_rng(0).normal(size=(20, 3))
Y = np.random.default_rng(1).normal(size=(20, 5))


def test_norms_of_several_columns_are_those_of_all_their_finite_rows(tmp_path):
    y = Y.copy()
    y[4] = np.nan
    pq.write_table(pa.table({"x": list(X), "y": list(y), "text": ["t"] * 20}), tmp_path / "t.parquet")
    norms = np.concatenate([np.linalg.norm(X, axis=1), np.delete(np.linalg.norm(Y, axis=1), 4)])
    summary = inspect(str(tmp_path / "t.parquet")).summary
    assert summary["norm_min"] == pytest.approx(norms.min())
    assert summary["norm_mean"] == pytest.approx(norms.mean())
    assert summary["norm_max"] == pytest.approx(norms.max())


def test_a_file_without_vectors_has_no_norms(tmp_path):
    pq.write_table(pa.table({"text": ["t"] * 20}), tmp_path / "t.parquet")
    summary = inspect(str(tmp_path / "t.parquet")).summary
    assert [summary[name] for name in ("norm_min", "norm_mean", "norm_max")] == [None] * 3
