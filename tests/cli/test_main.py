"""The one boundary: exit codes of what nobody foresaw, signals at any time, and what a message may repeat."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from signalled import hear_every_signal

from simtool.cli import app as application
from simtool.cli import main as program
from simtool.cli.output.terminal import say
from simtool.errors import DataError


class OutOfMemoryError(RuntimeError):
    """As torch's, which is known by its name."""


class Panic(BaseException):
    """As a panic of a library in Rust, which is no Exception."""


@pytest.fixture
def end(monkeypatch, capsys):
    """Let a command raise an error; give the exit code and stderr."""
    monkeypatch.setattr(program, "_on_signals", lambda handler: None)
    monkeypatch.setattr(program, "discard_stdout", lambda: None)
    monkeypatch.setattr(sys, "argv", ["simtool"])

    def end(error):
        def run(typed):
            raise error

        monkeypatch.setattr(application, "run", run)
        with pytest.raises(SystemExit) as raised:
            program.main()
        return raised.value.code, capsys.readouterr().err

    return end


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyError("x"), 70, "this is a defect of simtool: KeyError: 'x'"),
        (RecursionError("too deep"), 70, "RecursionError: too deep"),
        (EOFError("nothing left"), 70, "EOFError: nothing left"),
        (Panic("unwrap"), 70, "Panic: unwrap"),
        (ImportError("no catalogue", name="simtool.catalogue"), 70, "ImportError: no catalogue"),
        (MemoryError(), 3, "not enough memory"),
        (OutOfMemoryError("CUDA"), 3, "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 3, "not enough memory"),
        (RuntimeError("can't start new thread"), 3, "not enough memory"),
        (ModuleNotFoundError("No module named 'scipy'", name="scipy"), 3, "pip install scipy"),
        (ImportError("libtorch.so: cannot open shared object file"), 3, "a library cannot be loaded: libtorch.so"),
        (OSError(28, "No space left on device", "x.npy"), 3, "the system refused: No space left on device"),
        (DataError("row 3 is bad", "x.npy", "mend it"), 2, "row 3 is bad"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=repr,
)
def test_what_nobody_foresaw_has_an_exit_code_of_its_own(end, monkeypatch, error, code, words):
    monkeypatch.delenv("SIMTOOL_DEBUG", raising=False)
    found, err = end(error)
    assert found == code
    assert words in err
    assert "Traceback" not in err
    assert ("report it" in err) == (code == 70)
    assert len(err.splitlines()) <= 3


def test_the_traceback_is_shown_to_those_who_ask(end, monkeypatch):
    monkeypatch.setenv("SIMTOOL_DEBUG", "1")
    code, err = end(KeyError("x"))
    assert code == 70
    assert err.startswith("Traceback (most recent call last):\n")
    assert "KeyError: 'x'" in err
    assert "report it" in err.splitlines()[-1]
    assert "Traceback" not in end(DataError("row 3 is bad"))[1]


def test_an_import_that_makes_another_error_of_a_signal_ends_as_the_signal(end, monkeypatch):
    monkeypatch.setattr(program, "_received", [signal.SIGINT])
    assert end(ImportError("numpy failed to import")) == (130, "")


def test_an_end_of_file_in_a_command_is_a_defect_and_no_interrupt(monkeypatch):
    def fail():
        raise EOFError("nothing left")

    app = application.typer.Typer()
    app.command()(fail)
    monkeypatch.setattr(application, "app_for", lambda typed: app)
    with pytest.raises(EOFError, match="nothing left"):
        application.run([])


def python(*arguments, folder, before=None):
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, preexec_fn=before, timeout=60)


@pytest.mark.parametrize("swallowed", [False, True], ids=["raised", "swallowed"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_a_signal_during_the_imports_ends_it_quietly(tmp_path, number, code, swallowed):
    interrupt = f"import os\nos.kill(os.getpid(), {number:d})\n"
    # as the C code of numpy does with what is raised while it is loaded
    guarded = "try:\n    for _ in range(1000): pass\nexcept BaseException:\n    raise ImportError('C code')\n"
    (tmp_path / "typer.py").write_text(interrupt + (guarded if swallowed else "") + "raise ValueError('went on')")
    done = python("-m", "simtool", "list", folder=tmp_path, before=hear_every_signal)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_an_interrupt_before_the_boundary_is_there_ends_it_quietly(tmp_path):
    (tmp_path / "traceback.py").write_text("raise KeyboardInterrupt")  # as the default handler does
    done = python("-c", "import simtool.cli.main", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_package_itself_loads_nothing(tmp_path):
    script = "import sys\nbefore = set(sys.modules)\nimport simtool\nprint(sorted(set(sys.modules) - before))"
    assert python("-S", "-c", f"import sys\nsys.path[:0] = {sys.path!r}\n{script}", folder=tmp_path).stdout == (
        "['simtool']\n"
    )


def test_an_interrupt_that_was_ignored_from_the_start_stays_ignored(tmp_path):
    script = (
        "import os, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nimport sys\nsys.argv = ['simtool', 'list']"
    )
    script += "\nfrom simtool.cli import app, main\nrun = app.run\n"
    script += "app.run = lambda typed: (os.kill(os.getpid(), signal.SIGINT), run(typed))[1]\nmain.main()"
    done = python("-c", script, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cosine" in done.stdout


def test_the_module_is_the_command(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(2))
    done = python("-m", "simtool", "pairwise", str(tmp_path / "x.npy"), "--format", "csv", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "a,b,score\n0,1,0.0\n1,0,0.0\n")


# ---- what a message repeats


@pytest.fixture
def said(monkeypatch, capsys):
    """Say a line, after a command line of one argument; give what stderr has."""

    def said(text, argument=""):
        monkeypatch.setattr(sys, "argv", ["simtool", argument])
        say(text)
        return capsys.readouterr().err.removesuffix("\n")

    return said


@pytest.mark.parametrize("long", ["x" * 100_000, "\x1b" * 300, "ab c" * 60])
def test_no_argument_is_repeated_at_more_than_200_characters(said, long):
    line = said(f"error: expected a number, got {long!r} in {long!r}", long)
    assert len(line) == 200
    assert line.startswith("error: expected a number, got '")
    assert "…" in line


def test_a_line_keeps_its_words_where_no_argument_is_long(said):
    path = "folder/" * 28 + "x.npy"  # 201 characters
    assert said(f"wrote {path[1:]} (3 rows)", path[1:]) == f"wrote {path[1:]} (3 rows)"
    assert len(said("in:  " + "label " * 1000)) == 1000


@pytest.mark.parametrize(
    ("typed", "repeated"),
    [
        ("https://user:hunter2@host/x.npy", "https://…@host/x.npy"),
        ("https://token@host:80/x.npy::v", "https://…@host:80/x.npy::v"),
        ("s3://bucket/x.npy?X-Amz-Signature=SECRET&token=T#f", "s3://bucket/x.npy?…"),
        ("https://user:a/b?c@host/x.npy?sig=SECRET", "https://…"),
        ("https://user@host/x.npy?sig=a@SECRET", "https://…@host/x.npy?…"),
        ("HTTPS://host/x.npy#access_token=SECRET", "HTTPS://host/x.npy#…"),
        ("https:/user:hunter2@host/x.npy", "https:/…@host/x.npy"),
        ("https://host/x.npy", "https://host/x.npy"),
        ("data/x@2.npy::a?b", "data/x@2.npy::a?b"),
    ],
)
def test_secrets_of_a_url_are_not_repeated(said, typed, repeated):
    assert said(f"in:  {typed} and {typed!r}", typed) == f"in:  {repeated} and {repeated!r}"


def test_a_url_is_no_missing_folder(end, said):
    from simtool import open_vectors
    from simtool.errors import InputNotFoundError

    with pytest.raises(InputNotFoundError, match="address") as raised:
        open_vectors("ftp://user:hunter2@host/x.npy?X-Amz-Signature=SECRET")
    assert "hunter2" not in end(raised.value)[1]
    assert "SECRET" not in end(raised.value)[1]
