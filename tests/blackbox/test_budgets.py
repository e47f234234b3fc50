"""The most memory that each command takes, on inputs that are larger than its budget."""

import gzip
import inspect
import json
import os
import struct
import subprocess
import sys

import h5py
import lance
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from simtool.cli.app import app_for

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

BUDGET = 200  # MiB
NIGHTLY = "SIMTOOL_NIGHTLY" in os.environ
ROWS, WIDTH = 120_000, 512  # 234 MiB per file, of which nothing is written: the files are sparse
# runs the command in this process and leaves the most private memory that it took, which mapped files are no part of
WATCHED = """
import sys, threading, time
def private():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) >> 10
peak, done = 0, False
def watch():
    global peak
    while not done:
        peak = max(peak, private())
        time.sleep(0.005)
import numpy, pyarrow.parquet
base = private()
threading.Thread(target=watch, daemon=True).start()
from simtool.cli.main import main
code = 0
try:
    main()
except SystemExit as end:
    code = end.code or 0
done = True
print("\\nPEAK", code, peak - base, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """Folder of sparse files: `a.npy` and `b.npy` are zeros but for some numbers, `maps.npy` is (n, 8, 64)."""
    folder = tmp_path_factory.mktemp("big")
    for name, shape in {"a": (ROWS, WIDTH), "b": (ROWS, WIDTH), "maps": (ROWS, 8, WIDTH // 8)}.items():
        rows = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float32, shape)
        rows[:: ROWS // 8] = 1.0
        del rows
    np.save(folder / "labels.npy", np.arange(ROWS) % 2)
    (folder / "list.txt").write_text("a.npy\nb.npy\n")
    (folder / "texts").mkdir()
    # 240 MiB of text, which take little while they are encoded
    text = pa.array(["long text " * 200]).take(pa.array(np.zeros(ROWS, np.int64))).dictionary_encode()
    for path in ("texts.parquet", "texts/0.parquet", "texts/1.parquet"):
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2.0 * ROWS)), 2)
        pq.write_table(pa.table({"v": vectors, "few": vectors, "text": text}), folder / path, row_group_size=1 << 14)
    np.save(folder / "few.npy", np.random.default_rng(0).normal(size=(3, WIDTH)).astype(np.float32))
    return folder


@pytest.fixture
def watched(big, environment):
    """Run a command on a small budget; return its exit code, its peak in MiB beyond the libraries, and stderr."""

    def run(arguments, cwd=big):
        command = [sys.executable, "-c", WATCHED, *arguments.split(), "-q", "--max-memory", f"{BUDGET}M"]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
        err, _, found = done.stderr.rpartition("PEAK")
        assert found, done.stderr
        code, peak = map(int, found.split())
        assert "Traceback" not in err
        return code, peak, err

    return run


@pytest.mark.parametrize(
    "arguments", ["-o c.npy --split train=0.9,test=0.1 --shuffle", "-o c.parquet --normalize", "-o c.fvecs --rows 9:-9"]
)
def test_a_conversion_takes_no_more_than_any_job(watched, arguments):
    code, peak, err = watched(f"convert a.npy --force {arguments}")
    assert code == 0, err
    assert peak < 160


@pytest.mark.parametrize(
    "arguments",
    [
        "similarity a.npy b.npy -o s.npy --force",
        "inspect a.npy",
        "explain a.npy b.npy --row 0",
        "pairwise few.npy a.npy -k 2",
        "pairwise few.npy a.npy -o m.npy --force",
        "compare few.npy a.npy --aggregate mean --aggregate argmax",
        "evaluate a.npy b.npy --labels labels.npy",
        "loss a.npy b.npy --labels labels.npy --kind contrastive",
        "pairwise few.npy @list.txt -k 2",
        "inspect @list.txt --list-rows nonfinite",
        "similarity a.npy b.npy --rows 1: --sample 90000",
        "pairwise texts.parquet::few texts.parquet::v -k 2 --rows 0:3 --where-b text!='x' --keep-columns text",
        "inspect texts/*.parquet --where text!='x'",
    ],
)
def test_a_command_that_streams_stays_within_its_budget(watched, arguments):
    code, peak, err = watched(arguments)
    assert code == 0, err
    assert peak < BUDGET


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("loss a.npy b.npy --kind info-nce", "a batch of 120,000 rows takes about"),
        ("fit a.npy --labels labels.npy --kind sup-con", "training with 120,000 examples takes about"),
        ("compare few.npy a.npy --aggregate optimal", "an assignment of 3 x 120,000 rows takes about"),
        ("compare a.npy b.npy --aggregate rsa", "rsa of 120,000 rows takes about"),
        ("channels maps.npy maps.npy --channel-dim 1 -o w.npy --force", "takes about"),
        ("pairwise a.npy b.npy -o m.json --force", "matrix takes about"),
        (
            "evaluate a.npy --labels labels.npy --exact-pairs 99999999999",
            "a ranking of 7,199,940,000 pairs takes about",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_the_work(big, watched, arguments, words):
    code, peak, err = watched(arguments)
    assert code == 3, err
    assert words in err
    assert "--max-memory" in err
    assert peak < BUDGET // 2
    assert not list(big.glob(".simtool*"))


def safetensors_header(rows, kind="F32"):
    width = {"F32": 4, "BF16": 2}[kind]
    entry = {"dtype": kind, "shape": rows.shape, "data_offsets": [0, rows.size * width]}
    text = json.dumps({"x": entry}).encode()
    return struct.pack("<Q", len(text)) + text


# each text is half a minute of work
WRITTEN = ("x.txt", "x.txt.gz", "x.arrow", "x.arrows", "x.h5", "x.lance", "x.pt") if NIGHTLY else ()
OTHERS = {
    "fbin": lambda rows: struct.pack("<II", *rows.shape),
    **({"safetensors": safetensors_header} if NIGHTLY else {}),
    "bf16.safetensors": lambda rows: safetensors_header(rows, "BF16"),
}


def write_containers(folder, shape):
    """Write ones as Arrow, HDF5, Lance and PyTorch, piece by piece."""
    part = np.ones((shape[0] // 100, WIDTH), np.float32)
    batch = pa.record_batch([pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), WIDTH)], ["v"])
    for name, new in {"x.arrow": pa.ipc.new_file, "x.arrows": pa.ipc.new_stream}.items():
        with new(folder / name, batch.schema) as writer:
            for _ in range(100):
                writer.write_batch(batch)
    with h5py.File(folder / "x.h5", "w") as file:
        rows = file.create_dataset("x", (100 * len(part), WIDTH), "f4", chunks=(1000, WIDTH), compression="gzip")
        for start in range(0, len(rows), len(part)):
            rows[start : start + len(part)] = part
    lance.write_dataset(pa.RecordBatchReader.from_batches(batch.schema, iter([batch] * 100)), folder / "x.lance")
    torch.save(torch.ones(shape), folder / "x.pt")


@pytest.fixture(scope="module")
def thrice(tmp_path_factory):
    """Folder of files three times the budget: sparse ones, and at night text of one line over and over, and ones."""
    folder = tmp_path_factory.mktemp("thrice")
    rows = np.broadcast_to(np.float32(0), (3 * (BUDGET << 20) // (WIDTH * 4), WIDTH))
    for name, header in OTHERS.items():
        with open(folder / f"x.{name}", "wb") as file:
            file.write(header(rows))
            file.write(np.ones(WIDTH, np.float32).tobytes())
            file.truncate(len(header(rows)) + rows.size * (2 if "bf16" in name else 4))
    few = np.random.default_rng(0).normal(size=(3, WIDTH)).astype(np.float32)
    np.save(folder / "few.npy", few)
    if not NIGHTLY:
        return folder
    write_containers(folder, rows.shape)
    line = f"the {' '.join(['-0.1234567890123'] * WIDTH)}\n".encode()
    count = 3 * (BUDGET << 20) // len(line)
    with open(folder / "x.txt", "wb") as file, gzip.open(folder / "x.txt.gz", "wb", 1) as packed:
        for _ in range(count // 100):
            file.write(line * 100)
            packed.write(line * 100)
    return folder


@pytest.mark.parametrize("name", [*(f"x.{name}" for name in OTHERS), *WRITTEN])
def test_a_file_of_others_three_times_the_budget_is_read_within_it(thrice, watched, name):
    code, peak, err = watched(f"pairwise few.npy {name} -k 2", cwd=thrice)
    assert code == 0, err
    assert peak < BUDGET


@pytest.mark.parametrize("option", ["max_memory", "input_format"])
def test_every_command_that_reads_vectors_takes_a_budget_and_a_format(option):
    commands = {
        command.name or command.callback.__name__: command.callback for command in app_for().registered_commands
    }
    without = [name for name, body in commands.items() if option not in inspect.signature(body).parameters]
    assert without == ["merge", "report", "list"]  # which read no vectors
