"""The picture of a sweep: which columns are swept, and a line for each of the others."""

import numpy as np
from drawn_pictures import figure_of, texts

from simtool.plots.sweep import sweep_curves, sweep_drawing, swept
from simtool.results import Columns, Result


def evaluated(**first):
    columns = {**first, "roc_auc": np.linspace(0.5, 1, 6), "roc_auc.low": np.zeros(6), "best_f1": np.linspace(0, 1, 6)}
    return Result("evaluate", {"a": "x.npy"}, {}, {"roc_auc": 0.9, "best_f1": 0.8}, Columns(columns))


def test_measures_go_over_the_bytes_with_a_line_for_each_precision():
    precisions = np.asarray(["float32", "int8"] * 3, dtype=object)
    widths, size = np.asarray([64, 64, 256, 256, 128, 128]), np.asarray([256, 64, 1024, 256, 512, 128])
    result = evaluated(truncate=widths, quantize=precisions, bytes=size)
    assert swept(result) == ("truncate", "quantize")
    auc, f1 = figure_of(sweep_drawing(result)).axes
    float32, int8, full = auc.lines
    assert float32.get_xdata().tolist() == [256, 512, 1024]
    assert int8.get_xdata().tolist() == [64, 128, 256]
    assert int8.get_ydata().tolist() == result.rows.columns["roc_auc"][[1, 5, 3]].tolist()
    assert full.get_ydata() == [0.9, 0.9]
    assert texts(auc) == ["float32", "int8", "full vectors"]
    assert (auc.get_ylabel(), f1.get_ylabel(), f1.get_xlabel()) == ("roc_auc", "best_f1", "bytes of a vector")
    assert f1.get_xscale() == "log"


def test_curves_share_what_they_go_over():
    precisions = np.asarray(["float32", "int8"] * 3, dtype=object)
    result = evaluated(quantize=precisions, bytes=np.asarray([8, 1, 16, 2, 32, 8]))
    curves = sweep_curves(result)
    assert curves.names == ("bytes", "roc_auc, float32", "roc_auc, int8", "best_f1, float32", "best_f1, int8")
    assert curves.columns["bytes"].tolist() == [1, 2, 8, 16, 32]
    np.testing.assert_array_equal(curves.columns["roc_auc, int8"], [0.6, 0.8, 1.0, np.nan, np.nan])


def test_what_is_no_sweep_is_none():
    assert swept(Result("loss", {}, {}, {}, Columns({"row": np.arange(3), "loss": np.zeros(3)}))) == ()
