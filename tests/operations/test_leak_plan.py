"""What a plan of `leak` refuses and says of two sets."""

import numpy as np
import pytest

import simtool
from simtool.errors import ShapeError


def test_vectors_of_two_widths_are_refused():
    with pytest.raises(ShapeError, match="differ in length"):
        simtool.leak("sample_data/digits.parquet", "sample_data/words.parquet", threshold=0.9)


def test_messages_say_which_is_the_training_set():
    rows = np.random.default_rng(0).normal(size=(4, 3))
    found = simtool.leak(np.zeros((2, 3)), rows, threshold=0.9)
    assert "2 zero rows in train" in " ".join(found.notes)
    with pytest.raises(ShapeError, match="3 in train, 2 in test"):
        simtool.leak(rows, rows[:, :2], threshold=0.9)
