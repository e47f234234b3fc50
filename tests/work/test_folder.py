"""The files of a work folder."""

import pytest

from simtool.errors import OutputError
from simtool.work import WorkFolder


def test_files_appear_whole_and_are_listed(tmp_path):
    folder = WorkFolder(str(tmp_path / "deep" / "work"))
    assert folder.read("a/b") is None
    assert folder.names("a") == set()
    folder.write("a/b", b"one")
    folder.write("a/b", b"two")
    assert folder.read("a/b") == b"two"
    assert folder.names("a") == {"a/b"}
    with pytest.raises(OutputError, match="exists already"):
        folder.write("a/b", b"three", force=False)


def test_what_a_killed_run_has_left_is_removed(tmp_path):
    (tmp_path / "a").mkdir()
    left = tmp_path / "a" / ".simtool-0123456789abcdef0123456789abcdef.tmp"
    left.write_bytes(b"half")
    WorkFolder(str(tmp_path))
    assert not left.exists()


def test_a_folder_that_is_only_read_is_not_made(tmp_path):
    assert WorkFolder(str(tmp_path / "none"), makes=False).read("manifest.json") is None
    assert not (tmp_path / "none").exists()


def test_a_file_and_http_are_no_folders(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="could not be written"):
        WorkFolder(str(tmp_path / "file"))
    with pytest.raises(OutputError, match="by http"):
        WorkFolder("https://example.org/work")


@pytest.mark.parametrize("before", [None, b"one"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, before):
    folder = WorkFolder(str(tmp_path))
    if before is not None:
        folder.write("a/b", before)
    with pytest.raises(TypeError):
        folder.write("a/b", 5)
    assert folder.read("a/b") == before
    assert folder.names("a") == (set() if before is None else {"a/b"})
