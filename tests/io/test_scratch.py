"""A file for what is more than may be held: no name on the disk, and none where the disk is memory."""

import os

import pytest

from simtool.errors import ResourceError
from simtool.io.scratch import open_scratch


def test_a_scratch_file_holds_bytes_and_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_scratch("the rows are") as file:
        file.write(b"abc")
        file.seek(0)
        assert file.read() == b"abc"
        assert os.listdir(tmp_path) == []


def test_a_folder_in_memory_is_refused(monkeypatch):
    monkeypatch.setattr("simtool.io.scratch.lies_in_memory", lambda folder: True)
    with pytest.raises(ResourceError, match="the rows are more than may be held, and scratch files lie in memory"):
        open_scratch("the rows are")
