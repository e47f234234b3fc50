"""Files that are switched into their places: what fails or is killed at any step leaves the old or the new ones."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simtool.delivery import delivery
from simtool.errors import OutputError, SimtoolError
from simtool.io.output import replacing

STEPS = ("open", "fchmod", "fsync", "link", "replace")


def write_both(folder: Path, *, force: bool = True) -> None:
    """Write two outputs of one command."""
    with delivery():
        for name in ("a.json", "b.json"):
            with replacing(str(folder / name), force=force) as temporary:
                Path(temporary).write_text("new")


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


class Fault:
    """A function of the system whose call number `number` raises instead; it counts all of them."""

    def __init__(self, real: Callable[..., Any], number: int, error: BaseException) -> None:
        self.real, self.number, self.error = real, number, error
        self.calls = 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls == self.number:
            raise self.error
        return self.real(*args, **options)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR, None])
@pytest.mark.parametrize("before", [{}, {"a.json": "old"}, {"a.json": "old", "b.json": "old"}])
def test_a_step_that_fails_leaves_all_old_or_all_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, kind: int | None, before: dict[str, str]
) -> None:
    number, fired = 0, True
    while fired:  # until there are no more calls of this step
        number += 1
        for path in tmp_path.iterdir():
            path.unlink()
        for name, text in before.items():
            (tmp_path / name).write_text(text)
        error = SystemExit(143) if kind is None else OSError(kind, os.strerror(kind))
        fault = Fault(getattr(os, step), number, error)
        with monkeypatch.context() as patched:
            patched.setattr(os, step, fault)
            try:
                write_both(tmp_path)
                failed = False
            except (SimtoolError, SystemExit):
                failed = True
        fired = fault.calls >= number
        assert content(tmp_path) == (before if failed else {"a.json": "new", "b.json": "new"})
        assert fired or not failed
    # without a file to replace nothing has a mode to keep, or a second name
    assert number > 1 or (not before and step in ("fchmod", "link"))


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_a_killed_run_leaves_is_swept_by_the_next_and_no_file_is_torn(
    tmp_path: Path, step: str, number: int
) -> None:
    script = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_staged import Fault, write_both
class Killed(Fault):
    def __call__(self, *args, **options):
        self.calls += 1
        return os._exit(137) if self.calls == self.number else self.real(*args, **options)
os.{step} = Killed(os.{step}, {number}, SystemExit())
write_both(Path({str(tmp_path)!r}))
"""
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("old")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    was_killed = done.returncode == 137
    assert was_killed == (step == "fsync" or number < 3), done.stderr
    found = content(tmp_path)
    assert len(found) > 2 if was_killed else found == {"a.json": "new", "b.json": "new"}
    assert {found["a.json"], found["b.json"]} <= {"old", "new"}
    write_both(tmp_path)
    assert content(tmp_path) == {"a.json": "new", "b.json": "new"}


def test_a_file_that_is_being_written_is_not_swept(tmp_path: Path) -> None:
    with replacing(str(tmp_path / "slow.json"), force=False) as slow:
        Path(slow).write_text("slow")
        with replacing(str(tmp_path / "quick.json"), force=False) as quick:
            Path(quick).write_text("quick")
    assert content(tmp_path) == {"slow.json": "slow", "quick.json": "quick"}


def test_only_ones_own_files_of_that_name_are_swept(tmp_path: Path) -> None:
    locked, folder = tmp_path / ".simtool-1.tmp", tmp_path / ".simtool-2.tmp"
    locked.write_text("in use elsewhere")
    folder.mkdir()
    (tmp_path / "precious.txt").write_text("mine")
    (tmp_path / ".simtool-3.tmp").symlink_to(tmp_path / "precious.txt")
    (tmp_path / ".simtool-4.tmp").write_text("stale")
    with open(locked) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_both(tmp_path)
    kept = {".simtool-1.tmp", ".simtool-2.tmp", ".simtool-3.tmp", "precious.txt", "a.json", "b.json"}
    assert {path.name for path in tmp_path.iterdir()} == kept
    assert (tmp_path / "precious.txt").read_text() == "mine"


@pytest.mark.parametrize("hard_links", [True, False])
def test_without_force_a_file_that_appears_at_the_last_moment_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    target, link = tmp_path / "a.json", os.link

    def late(source: str, final: str) -> None:
        target.write_text("theirs")
        if not hard_links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        link(source, final)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(OutputError, match="exists already"), replacing(str(target), force=False) as temporary:
        Path(temporary).write_text("ours")
    assert content(tmp_path) == {"a.json": "theirs"}


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", Fault(os.link, 1, OSError(errno.EPERM, os.strerror(errno.EPERM))))
    with replacing(str(tmp_path / "a.json"), force=False) as temporary:
        Path(temporary).write_text("new")
    assert content(tmp_path) == {"a.json": "new"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o400])
def test_a_file_that_is_replaced_keeps_its_mode_and_is_never_more_open(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "secret.json"
    target.write_text("old")
    target.chmod(mode)
    with replacing(str(target), force=True) as temporary:
        Path(temporary).write_text("new")
        assert stat.S_IMODE(os.stat(temporary).st_mode) & ~(mode | 0o600) == 0
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_text() == "new"


def test_bytes_and_names_are_on_the_disk_before_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def noted(step: str) -> Callable[..., Any]:
        real = getattr(os, step)

        def call(*args: Any, **options: Any) -> Any:
            is_folder = step == "fsync" and stat.S_ISDIR(os.fstat(args[0]).st_mode)
            steps.append(f"{step} folder" if is_folder else step)
            return real(*args, **options)

        return call

    for step in ("fsync", "replace"):
        monkeypatch.setattr(os, step, noted(step))
    write_both(tmp_path)
    assert steps == ["fsync", "fsync", "replace", "replace", "fsync folder"]
