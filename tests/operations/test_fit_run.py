"""What `fit` writes and says after training, against the head and the split that it kept."""

import numpy as np
import pyarrow.csv

import simtool
from simtool.fitting.checkpoint import read_head

ROWS = np.random.default_rng(5).standard_normal((80, 4))
CLASSES = np.arange(80) % 2


def test_the_examples_held_out_are_written_with_their_ids(tmp_path):
    head, held = (str(tmp_path / name) for name in ("head.safetensors", "held.csv"))
    ids = np.asarray([f"item {number}" for number in range(80)])
    found = simtool.fit(ROWS, kind="sup-con", labels=CLASSES, ids=ids, epochs=1, output=head, held_out_ids=held)
    table = pyarrow.csv.read_csv(held)
    assert table["row"].to_pylist() == read_head(head).held_out.tolist()
    assert table["id"].to_pylist() == ids[read_head(head).held_out].tolist()
    assert set(found.written) == {head, held}
    np.testing.assert_array_equal(found.array, read_head(head).head.weight)


def test_without_held_out_data_there_are_no_measures_and_a_note():
    found = simtool.fit(ROWS, kind="sup-con", labels=CLASSES, epochs=1, held_out=0.0)
    assert len(found.rows) == 0
    assert "verdict" not in found.summary
    assert "nothing was held out, so there is no evaluation" in found.notes


def test_a_head_without_a_gradient_is_said_to_stay():
    apart = {"kind": "triplet", "margin": 0.0, "epochs": 1, "held_out": 0.0}
    found = simtool.fit(ROWS, ROWS, -9 * ROWS, **apart)
    assert "the head did not change: no step had a gradient" in found.notes
