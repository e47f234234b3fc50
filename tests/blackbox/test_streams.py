"""Pipes that close, terminals, closed and full streams, and signals."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from signalled import hear_every_signal

WORDS = "sample_data/words.parquet"


@pytest.mark.parametrize(
    "command",
    [
        f"pairwise {WORDS} --top-k 50",
        f"pairwise {WORDS} --threshold -1 --format csv",
        f"pairwise {WORDS} --threshold -1 --format json",
        f"pairwise {WORDS} --format parquet",
        "pairwise --help",
        "list",
    ],
)
def test_a_reader_that_leaves_is_no_error(shell, command):
    done = shell(f"simtool {command} | head -c 1 > /dev/null; echo ${{PIPESTATUS[0]}}")
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_the_gate_still_counts_when_the_reader_leaves(shell):
    done = shell(f"simtool pairwise {WORDS} --assert 'mean > 1' | true; echo ${{PIPESTATUS[0]}}")
    assert done.stdout == "1\n"


def test_commands_make_a_pipe(shell):
    done = shell(
        f"simtool pairwise {WORDS} --format npy | simtool pairwise - --top-k 1 --format csv | tail -n +2 | wc -l"
    )
    assert (done.stdout.strip(), done.stderr) == ("437", "")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"pairwise {WORDS} --top-k 1 2>&-", 0),
        ("pairwise nothing.npy 2>&-", 2),
        ("similarity 2>&-", 2),
        (f"pairwise {WORDS} --top-k 1 >&-", 2),
        (f"pairwise {WORDS} --top-k 1 <&-", 0),
        ("pairwise - <&-", 2),
        ("loss --kind contrastive <&-", 2),
    ],
)
def test_closed_streams(shell, command, code):
    done = shell(f"simtool {command}")
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("command", [f"pairwise {WORDS} --top-k 1", "--help", "--version", "list -h"])
def test_a_full_disk_behind_stdout(shell, command):
    done = shell(f"simtool {command} > /dev/full")
    assert done.returncode == 3
    assert done.stderr.startswith("error: ")
    assert "No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_a_disk_that_fills_leaves_nothing(shell, work):
    # a file may not pass 64 KiB, which is what a full disk looks like
    done = shell(f"ulimit -f 64; simtool pairwise {WORDS} -o scores.parquet | cat")
    assert "error: the output could not be written: File too large" in done.stderr
    assert os.listdir(work) == ["sample_data"]


# terminals


def test_no_vectors_and_a_terminal_is_a_usage_error(on_a_terminal):
    code, text = on_a_terminal("loss", "--kind", "contrastive")
    assert code == 2
    assert "error: no vectors were named, and stdin is a terminal" in text
    assert "try: name files, or pipe a table in" in text


@pytest.mark.parametrize("format", ["npy", "parquet", "arrow"])
def test_binary_data_never_meets_a_terminal(on_a_terminal, format):
    code, text = on_a_terminal("pairwise", WORDS, "--format", format)
    assert code == 2
    assert f"error: {format} is binary, and stdout is a terminal" in text


def test_a_small_matrix_is_shaded_on_a_terminal_and_plain_without_colour(run, on_a_terminal, odd):
    _, coloured = on_a_terminal("pairwise", odd / "x.npy")
    _, plain = on_a_terminal("pairwise", odd / "x.npy", env={"NO_COLOR": "1"})
    assert "\x1b[38;" in coloured
    assert "\x1b" not in plain
    assert plain == run("pairwise", odd / "x.npy").text


# signals


@pytest.fixture(params=["pairwise long.npy -o scores.npy", "convert long.npy -o c.jsonl --split a=0.5,b=0.5"])
def long_job(request, work, environment, simtool_script):
    """Start what takes long and is being written."""
    np.save(work / "long.npy", np.random.default_rng(1).standard_normal((30_000, 256)).astype(np.float32))
    command = [simtool_script, *request.param.split()]
    process = subprocess.Popen(
        command,
        cwd=work,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_every_signal,  # noqa: PLW1509 - it takes no lock
    )
    until = time.monotonic() + 60
    while not any(name.endswith(".tmp") for name in os.listdir(work)):
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.2)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=str,
)
def test_a_signal_ends_it_quietly_and_leaves_nothing(work, long_job, number, code):
    long_job.send_signal(number)
    out, err = long_job.communicate(timeout=60)
    assert long_job.returncode == code
    assert (out, err.strip()) == (b"", b"")
    assert sorted(os.listdir(work)) == ["long.npy", "sample_data"]


def test_nohup_is_heard(work, environment):
    script = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); sys.argv = ['simtool', 'list']\n"
    script += "from simtool.cli import main\n"
    script += "try:\n    main.main()\nfinally:\n    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN"
    done = subprocess.run([sys.executable, "-c", script], cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_column_of_a_table_on_stdin(run, sample_data):
    piped = (sample_data / "words.parquet").read_bytes()
    named = run("pairwise", "-::embedding", "-k", "1", "--format", "csv", stdin=piped)
    assert named.code == 0
    assert named.out == run("pairwise", "-", "-k", "1", "--format", "csv", stdin=piped).out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a disk that is always full")
def test_of_several_outputs_none_appears_where_one_fails(work, shell):
    pairs = "sample_data/wordsim_a.npy sample_data/wordsim_b.npy --labels sample_data/wordsim_labels.npy"
    outputs = "--thresholds-out t.json -o o.json"
    done = shell(f"simtool evaluate {pairs} {outputs} --format json > /dev/full")
    assert done.returncode == 3
    assert "wrote" not in done.stderr
    assert [path.name for path in work.iterdir()] == ["sample_data"]
    done = shell(f"simtool evaluate {pairs} {outputs}")
    assert done.returncode == 0
    assert done.stderr.count("wrote") == 2
    assert sorted(path.name for path in work.iterdir()) == ["o.json", "sample_data", "t.json"]
