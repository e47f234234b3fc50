"""The settings that all doors share."""

import numpy as np
import pytest

from simtool.errors import ParameterError
from simtool.settings import Settings


def test_settings_outside_their_range_are_refused():
    assert Settings(nonfinite="drop").checked().nonfinite == "drop"
    with pytest.raises(ParameterError, match="unknown value 'drop'"):
        Settings(nonfinite="drop").checked(("error", "propagate"))
    with pytest.raises(ParameterError, match="eps is -1"):
        Settings(eps=-1.0).checked()


def test_sources_are_opened_as_the_settings_say(tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n3,\n")
    source = str(tmp_path / "x.csv")
    assert Settings(header="no", nonfinite="drop").open(source, "A").shape == (2, 2)
    opened = Settings().open(np.eye(2), "A", ids=np.asarray(["p", "q"]))
    assert (opened.name, opened.ids.tolist()) == ("A", ["p", "q"])
    assert Settings(max_memory="1G").budget(opened).total == 1 << 30
    assert Settings(backend="numpy").space().name == "numpy"
