"""The records that an operation hands back."""

import numpy as np
import pytest

from simtool.results import Columns, Note, Result, begin, in_batches, nearest_keys, over_batches


@pytest.mark.parametrize(("rows", "sizes"), [(0, [0]), (1, [1]), (4, [4]), (10, [4, 4, 2])])
def test_batches_are_the_whole_table_in_order(rows, sizes):
    table = Columns({"a": np.arange(rows), "b": np.arange(rows) * 0.5})
    found = list(in_batches(table, 4))
    assert [len(batch["a"]) for batch in found] == sizes
    for name in table.names:
        assert np.concatenate([batch[name] for batch in found]).tolist() == table.columns[name].tolist()


def test_progress_of_batches_is_that_of_one_phase():
    told = []

    class Told:
        def phase(self, what, unit):
            told.append((what, unit))

        def __call__(self, done, total):
            told.append((done, total))

    progress = Told()
    begin(progress, "scoring", "pairs")
    begin(lambda done, total: None, "scoring")
    begin(None, "scoring")
    over_batches(progress, 2, 5)(3, 10)
    assert told == [("scoring", "pairs"), (23, 50)]
    assert over_batches(progress, 0, 1) is progress
    assert over_batches(None, 0, 5) is None


def test_notes_keep_what_another_caller_spells_otherwise():
    result = Result("loss", {}, {}, {}, notes=("«top=7» lists all",))
    assert result.notes == ("top=7 lists all",)
    assert result.spelled_notes(lambda name, value: f"--{name} {value}") == ("--top 7 lists all",)
    note = result.notes[0]
    assert Note(note) is note


def test_a_key_of_many_is_guessed_by_its_end():
    known = [
        f"{name}.{key}" for name in ("cosent", "angle", "mse") for key in ("loss", "total", "mean", "items", "active")
    ]
    assert nearest_keys("mean", known).startswith("did you mean cosent.mean, angle.mean, mse.mean")
    assert nearest_keys("mean", known).endswith("the summary has 15 keys")
    assert nearest_keys("x", []) == "the summary has no numbers"
