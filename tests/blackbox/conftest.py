"""The installed command as a user runs it, in a folder of its own, beside real and odd files."""

import json
import os
import pickle
import pty
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_process import READ_LATE, call

SIMTOOL = str(Path(sys.executable).parent / "simtool")
LABELS = [0, 1, 0, 1, 1, 0]
OF_THE_SHELL = set("|<>;&$*?~`#\n")
# what would change the outcome from outside
FOREIGN = {"SIMTOOL_DEVICE", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONUNBUFFERED"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in FOREIGN}


@dataclass(frozen=True)
class Done:
    """What a finished command left: exit code, stdout, stderr."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def document(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The environment of every command."""
    return dict(ENVIRONMENT)


@pytest.fixture(scope="session")
def simtool_script() -> str:
    """The installed script."""
    return SIMTOOL


@pytest.fixture
def work(tmp_path: Path, sample_data: Path) -> Path:
    """An empty folder but for `sample_data`, so that commands look as they do in the documentation."""
    (tmp_path / "sample_data").symlink_to(sample_data, target_is_directory=True)
    return tmp_path


@pytest.fixture
def run(work: Path) -> Run:
    """Run `simtool ARGS` in `work`, or in `cwd`, with `stdin` as bytes or an open file.

    It needs no process of its own, unless `env` or the test says so: starting one takes longer than most commands.
    """

    def run(
        *args: object,
        stdin: Any = b"",
        cwd: Path = work,
        env: dict[str, str] | None = None,
        process: bool = False,
    ) -> Done:
        if not process and READ_LATE.issuperset(env or {}):
            code, out, err = call([SIMTOOL, *map(str, args)], cwd=cwd, env=ENVIRONMENT | (env or {}), stdin=stdin)
            return Done(code, out, err.decode())
        given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
        done = subprocess.run(
            [SIMTOOL, *map(str, args)],
            cwd=cwd,
            env=ENVIRONMENT | (env or {}),
            capture_output=True,
            timeout=120,
            **given,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Done(done.returncode, done.stdout, done.stderr.decode())

    return run


@pytest.fixture
def shell(work: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run a line of bash in which `simtool` is ours; a line that needs no shell has none."""
    path = f"{Path(SIMTOOL).parent}{os.pathsep}{os.environ['PATH']}"

    def shell(line: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(line)
        if line.startswith("simtool ") and not OF_THE_SHELL.intersection("".join(words)):
            code, out, err = call([SIMTOOL, *words[1:]], cwd=work, env=ENVIRONMENT, stdin=b"")
            return subprocess.CompletedProcess(line, code, out.decode(), err.decode())
        return subprocess.run(
            ["bash", "-c", line], cwd=work, env=ENVIRONMENT | {"PATH": path}, capture_output=True, text=True
        )

    return shell


@pytest.fixture
def on_a_terminal(work: Path) -> Callable[..., tuple[int, str]]:
    """Run `simtool ARGS` with a terminal as stdin, stdout and stderr; give the exit code and all that is shown."""

    def on_a_terminal(*args: object, env: dict[str, str] | None = None) -> tuple[int, str]:
        leader, follower = pty.openpty()
        command, environment = [SIMTOOL, *map(str, args)], ENVIRONMENT | {"TERM": "xterm-256color"} | (env or {})
        process = subprocess.Popen(command, cwd=work, env=environment, stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        shown = b"".join(iter(lambda: _read_terminal(leader), b""))
        os.close(leader)
        return process.wait(60), shown.decode().replace("\r\n", "\n")

    return on_a_terminal


def _read_terminal(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small files, many of them broken; commands that fail may not leave anything in it."""
    folder = tmp_path_factory.mktemp("odd")
    x, y = np.random.default_rng(7).standard_normal((2, 6, 4)).astype(np.float32)
    _arrays(folder, x, y)
    _labels(folder)
    _tables(folder, x, y)
    _broken(folder, x)
    return folder


def _arrays(folder: Path, x: Any, y: Any) -> None:
    nan, zero = x.copy(), x.copy()
    nan[2, 1], zero[3] = np.nan, 0
    cube = np.random.default_rng(8).standard_normal((2, 4, 4)).astype(np.float32)
    arrays = {
        "x": x,
        "y": y,
        "nan": nan,
        "allnan": np.full_like(x, np.nan),
        "zero": zero,
        "one": x[:1],
        "flat": x[0],
        "scalar": np.float32(3),
        "norows": x[:0],
        "nocolumns": x[:, :0],
        "wide": np.ones((6, 5), np.float32),
        "short": x[:4],
        "cube": cube,
        "bool": x > 0,
        "complex": x.astype(np.complex64),
        "text": np.array([["a", "b"]]),
        "date": np.array([["2020-01-01"]], dtype="M8[D]"),
        "taken": x,
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    np.save(folder / "object.npy", np.array([[1, None]], dtype=object), allow_pickle=True)
    np.savez(folder / "two.npz", a=x, b=y)


def _labels(folder: Path) -> None:
    labels: dict[str, Any] = {
        "labels": LABELS,
        "half": [0, 1, 0.5, 1, 1, 0],
        "three": [0, 1, 2, 1, 1, 0],
        "mixed": [0, 1, -1, 1, 1, 0],
        "nanlabel": [0, 1, np.nan, 1, 1, 0],
        "column": [[value] for value in LABELS],
        "few": [0, 1],
    }
    for name, values in labels.items():
        np.save(folder / f"{name}.npy", np.array(values))
    (folder / "yes.txt").write_text("yes\nno\nyes\nno\nyes\nno\n")
    (folder / "headed.csv").write_text("label\n" + "".join(f"{label}\n" for label in LABELS))


def _tables(folder: Path, x: Any, y: Any) -> None:
    pairs = {"a": list(x), "b": list(y)}
    tables = {
        "pairs": {**pairs, "label": LABELS},
        "unlabelled": pairs,
        "twolabels": {**pairs, "label": LABELS, "target": LABELS},
        "nulllabel": {**pairs, "label": [0, None, 0, 1, 1, 0]},
        "twoids": {"id": [1, 2], "key": [3, 4], "v": [[1.0], [2.0]]},
        "ragged": {"v": [[1.0, 2.0], [3.0]]},
        "null": {"v": [[1.0, 2.0], None]},
        "words": {"word": ["a", "b"]},
    }
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def _broken(folder: Path, x: Any) -> None:
    whole = (folder / "x.npy").read_bytes()
    (folder / "truncated.npy").write_bytes(whole[:-5])
    (folder / "overlong.npy").write_bytes(whole + b"abc")
    promise = np.lib.format.header_data_from_array_1_0(x) | {"shape": (10**12, 384)}
    with open(folder / "promise.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, promise)
    (folder / "half.parquet").write_bytes((folder / "pairs.parquet").read_bytes()[:200])
    (folder / "pickle.pkl").write_bytes(pickle.dumps(x))
    (folder / "empty").write_bytes(b"")
    (folder / "noise.dat").write_bytes(bytes(range(256)))
    (folder / "bad.jsonl").write_text('{"v": [1, 2]}\n{"v": [1,\n')
    (folder / "array.json").write_text("[[1, 2], 3]")
