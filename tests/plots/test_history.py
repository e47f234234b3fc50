"""The picture of a training run."""

from dataclasses import replace

import numpy as np
from drawn_pictures import figure_of, texts

from simtool.plots.history import history_drawing
from simtool.results import Columns, Result


def test_a_history_has_a_panel_for_what_there_is():
    epochs = np.arange(1, 4)
    history = Columns({"epoch": epochs, "loss": np.asarray([3.0, 2, 1]), "score": np.asarray([0.5, 0.7, 0.6])})
    parameters = {"kind": "sup-con", "patience": 5}
    result = Result("fit", {"vectors": "v.npy"}, parameters, {"best_epoch": 2}, history=history)
    loss, score = figure_of(history_drawing(result)).axes
    assert loss.lines[0].get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert score.lines[0].get_ydata().tolist() == [0.5, 0.7, 0.6]
    assert score.lines[1].get_xdata()[0] == 2
    assert (loss.get_ylabel(), score.get_ylabel(), score.get_xlabel()) == (
        "mean training loss",
        "score for early stopping",
        "epoch",
    )
    assert texts(loss) == ["best epoch 2"]
    alone = Columns({**history.columns, "score": np.full(3, np.nan)})
    assert len(figure_of(history_drawing(replace(result, history=alone))).axes) == 1
