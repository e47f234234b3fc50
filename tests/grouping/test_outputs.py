"""The files that groups are written to."""

import pytest

from simtool.errors import OutputError
from simtool.grouping.outputs import GroupOutputs


def test_a_file_that_holds_no_rows_is_refused(tmp_path):
    for paths, what in ((("k.md", None, None), "no rows of a file"), ((None, "g.npy", None), "are a table")):
        kept, groups, dropped = (path and str(tmp_path / path) for path in paths)
        with pytest.raises(OutputError, match=what):
            GroupOutputs(kept, groups, dropped, force=False, escape=False).check([])


def test_what_is_asked_for_is_named(tmp_path):
    assert GroupOutputs("a.npy", None, "b.npy", force=False, escape=False).paths == ["a.npy", "b.npy"]
