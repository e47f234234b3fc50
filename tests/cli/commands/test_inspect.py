"""`simtool inspect`: all columns, and gates on what they hold."""

import json

import numpy as np


def test_what_a_file_holds(typed):
    np.save("twice.npy", np.repeat(np.load("x.npy"), 2, axis=0))
    summary = json.loads(typed("inspect twice.npy --format json")[1])["summary"]
    assert summary["duplicates"] == 8
    assert typed("inspect twice.npy --assert duplicates==0")[0] == 1
    assert typed("inspect x.npy --assert duplicates==0")[0] == 0
