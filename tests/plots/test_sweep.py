"""The picture of a sweep: which columns are swept, and a line for each of the others."""

import numpy as np
from drawn_pictures import figure_of, texts

from simtool.plots.sweep import sweep_drawing, swept
from simtool.results import Columns, Result


def test_a_sweep_of_two_has_a_line_for_each_of_the_shorter_one():
    columns = {
        "truncate": np.asarray([64, 64, 128, 128, 256, 256]),
        "quantize": np.asarray(["float32", "int8"] * 3, dtype=object),
        "bytes": np.arange(6),
        "roc_auc": np.linspace(0.5, 1, 6),
        "best_f1": np.linspace(0, 1, 6),
        "roc_auc.loss": np.zeros(6),
    }
    result = Result("evaluate", {"a": "x.npy"}, {}, {}, Columns(columns))
    assert swept(result) == ("truncate", "quantize")
    auc, f1 = figure_of(sweep_drawing(result)).axes
    assert [line.get_xdata().tolist() for line in auc.lines] == [[64, 128, 256]] * 2
    assert auc.lines[1].get_ydata().tolist() == columns["roc_auc"][1::2].tolist()
    assert texts(f1) == ["float32", "int8"]
    assert (auc.get_ylabel(), f1.get_ylabel(), f1.get_xlabel()) == ("roc_auc", "best_f1", "truncate")


def test_what_is_no_sweep_is_none():
    assert swept(Result("loss", {}, {}, {}, Columns({"row": np.arange(3), "loss": np.zeros(3)}))) == ()
