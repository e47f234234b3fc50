"""What reaches stdout and stderr, and what happens when nobody listens."""

import os
import subprocess
import sys

import pytest

from simtool.cli.output.render import FORMATS
from simtool.cli.output.terminal import say, text_of

SCRIPT = """
import sys
import numpy as np
from simtool.cli.output.render import Output, render
from simtool.errors import ResourceError, printable
from simtool.results import Columns, Result

rows = Columns({"row": np.arange(70_000), "score": np.linspace(0, 1, 70_000)})
result = Result("similarity", {}, {}, {"mean": 0.5}, rows, array=np.zeros(70_000))
try:
    render(result, Output.check(None, sys.argv[1], limit=3_000))
    print("end", file=sys.stderr)
except ResourceError as error:
    print(error, file=sys.stderr)
"""


SCRIPT_CLOSED = """
import sys
from simtool.cli.output.terminal import standard_output
from simtool.errors import OutputError

try:
    with standard_output():
        pass
except OutputError as error:
    print(error.what, file=sys.stderr)
"""


@pytest.mark.parametrize("format", FORMATS)
def test_a_reader_that_leaves_ends_it_quietly(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "")
    command = [sys.executable, "-c", SCRIPT, format]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(10)) == 10
        process.stdout.close()
        assert process.stderr.read() == b"end\n"
    assert process.returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_behind_stdout_is_told(format: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-c", SCRIPT, format], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.stderr.startswith("the output could not be written: No space left on device\nstdout\n")
    assert done.returncode == 0


def test_a_line_on_stderr_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("note: two\nlines \ud800")
    assert capsys.readouterr().err == "note: two\\nlines \\ud800\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "undefined"), (float("nan"), "undefined"), (True, "true"), ([0, 3], "0, 3"), (0.5, "0.5"), ("a", "a")],
)
def test_values_as_people_read_them(value: object, expected: str) -> None:
    assert text_of(value) == expected


def test_a_closed_stderr_stops_nothing() -> None:
    script = "from simtool.cli.output.terminal import say; say('note: unheard'); print('done')"
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=write_end, text=True)
    os.close(write_end)
    assert (done.stdout, done.returncode) == ("done\n", 0)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_little_output_for_a_reader_who_left_before_it_came(unbuffered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    script = "from simtool.cli.output.terminal import standard_output\n"
    script += "with standard_output() as stream: stream.write(b'few')"
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([sys.executable, "-c", script], stdout=write_end, stderr=subprocess.PIPE, text=True)
    os.close(write_end)
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_write_to_stdout_is_never_cut_short(unbuffered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    script = """
import io
from simtool.cli.output.terminal import standard_output
print("first")
with standard_output() as stream:
    stream.write(str(isinstance(stream, io.BufferedWriter)).encode())
print(" last")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("first\nTrue last\n", "")


def test_a_closed_stdout_is_an_error() -> None:
    command = f"{sys.executable} -c '{SCRIPT_CLOSED}' >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True)
    assert done.stderr == "stdout is closed\n"
