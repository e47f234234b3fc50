"""What is handed over as an input becomes vectors."""

import numpy as np

from simtool.delivery import delivery
from simtool.given_inputs import given


def test_sources_arrays_and_ids_are_taken(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(2))
    (tmp_path / "ids.txt").write_text("p\nq\n")
    names = str(tmp_path / "ids.txt")
    for side in (str(tmp_path / "x.npy"), np.eye(2)):
        with delivery():
            assert given(side, "A", ids=names).ids.tolist() == ["p", "q"]
