"""A file that appears whole or not at all."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from simtool.errors import DataError, OutputError, ResourceError
from simtool.io.output import check_output, output_format, replacing


def write(path: Path, text: str, *, force: bool = False) -> None:
    with replacing(str(path), force=force) as temporary:
        Path(temporary).write_text(text)


def test_the_file_appears_at_the_end_and_alone(tmp_path: Path) -> None:
    target = tmp_path / "hits.csv"
    with replacing(str(target), force=False) as temporary:
        Path(temporary).write_text("done")
        assert not target.exists()
        assert os.path.dirname(temporary) == str(tmp_path)
        assert os.path.basename(temporary).startswith(".")
    assert target.read_text() == "done"
    assert os.listdir(tmp_path) == ["hits.csv"]


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "hits.csv", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "hits.csv").stat().st_mode) == 0o640


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path: Path, interruption: type[BaseException]) -> None:
    target = tmp_path / "hits.csv"
    target.write_text("old")

    def write_half() -> None:
        with replacing(str(target), force=True) as temporary:
            Path(temporary).write_text("half")
            raise interruption

    with pytest.raises(interruption):
        write_half()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["hits.csv"]


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    target = tmp_path / "hits.csv"
    target.write_text("old")
    with pytest.raises(OutputError) as caught:
        check_output(str(target), force=False, inputs=[])
    assert caught.value.hint == "«force» replaces it"
    with pytest.raises(OutputError):
        write(target, "new")
    assert target.read_text() == "old"
    check_output(str(target), force=True, inputs=[])
    write(target, "new", force=True)
    assert target.read_text() == "new"


def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "hits.csv"

    def write_beside_another() -> None:
        with replacing(str(target), force=False):
            target.write_text("theirs")

    with pytest.raises(OutputError, match="exists already"):
        write_beside_another()
    assert target.read_text() == "theirs"


def test_a_symlink_stands_for_its_target(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "deep" / "real.csv")
    write(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "deep" / "real.csv").read_text() == "new"


@pytest.mark.parametrize("typed", ["{}", "{}::vector", "{}::a::b"])
@pytest.mark.parametrize("link", [os.symlink, os.link, None])
def test_an_output_that_is_an_input_is_refused_even_with_force(
    tmp_path: Path, typed: str, link: Callable[[Path, Path], None] | None
) -> None:
    # a file may have :: in its own name
    source = tmp_path / ("a.npy::a" if "a::b" in typed else "a.npy")
    source.touch()
    output = source
    if link is not None:
        output = tmp_path / "b.npy"
        link(source, output)
    inputs = ["-", "missing.npy", typed.format(tmp_path / "a.npy")]
    with pytest.raises(OutputError, match="is also the input"):
        check_output(str(output), force=True, inputs=inputs)
    check_output(str(tmp_path / "c.npy"), force=False, inputs=inputs)


def test_places_where_nothing_can_be_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path, message in [
        (tmp_path, "is a folder"),
        (tmp_path / "missing" / "hits.csv", "is not there"),
        (tmp_path / "pipe.csv", "not a regular file"),
    ]:
        with pytest.raises(OutputError, match=message):
            check_output(str(path), force=True, inputs=[])


@pytest.mark.parametrize("name", ["\ud800.json", "\0.json"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="the output could not be written"):
        check_output(str(tmp_path / name), force=True, inputs=[])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="may not be written to"):
            check_output(str(tmp_path / "hits.csv"), force=False, inputs=[])
        with pytest.raises(OutputError, match="could not be written"):
            write(tmp_path / "hits.csv", "")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("number", "expected", "exit_code"),
    [(errno.ENOSPC, ResourceError, 3), (errno.EDQUOT, ResourceError, 3), (errno.EROFS, OutputError, 2)],
)
def test_what_the_system_refuses_is_told_in_our_words(
    tmp_path: Path, number: int, expected: type[Exception], exit_code: int
) -> None:
    with pytest.raises(expected, match=os.strerror(number)) as caught, replacing(str(tmp_path / "x.csv"), force=False):
        raise OSError(number, os.strerror(number))
    assert caught.value.exit_code == exit_code  # type: ignore[attr-defined]
    assert os.listdir(tmp_path) == []


def test_a_refused_input_keeps_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ragged"), replacing(str(tmp_path / "x.csv"), force=False):
        raise DataError("ragged rows")


def test_a_disk_that_fills_up_while_an_array_is_written(tmp_path: Path) -> None:
    script = """
import resource, sys
import numpy as np
from simtool.errors import ResourceError
from simtool.io.output import replacing
from simtool.io.array_writers import write_array
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    with replacing(sys.argv[1], force=False) as temporary:
        write_array(temporary, np.zeros(100_000))
except ResourceError as error:
    print(error.what)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "x.npy")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "could not be written" in done.stdout, done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.npy", "npy"),
        ("a.pq", "parquet"),
        ("a.b/c.PARQUET", "parquet"),
        ("a.feather", "arrow"),
        ("a.ndjson", "jsonl"),
        ("a.md", "markdown"),
    ],
)
def test_the_suffix_names_the_format(path: str, expected: str) -> None:
    assert output_format(path) == expected


@pytest.mark.parametrize("path", ["scores", "scores.xlsx", "dir.npy/scores", ".npy", "-"])
def test_an_unknown_suffix_lists_the_known_ones(path: str) -> None:
    with pytest.raises(OutputError) as caught:
        output_format(path)
    assert ".parquet" in caught.value.hint
    assert caught.value.where == path
