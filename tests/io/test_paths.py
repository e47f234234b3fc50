"""Which files one input stands for: a pattern, a folder, a list."""

import csv
import json
import resource
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.errors import DataError, InputNotFoundError
from simtool.io import open_vectors
from simtool.io.formats import READ
from simtool.io.paths import files_of


def test_folders_devices_and_empty_files_are_refused(tmp_path):
    (tmp_path / "empty.npy").write_bytes(b"")
    other = tmp_path / "other"
    other.mkdir()
    for name in ("model.pkl", "README.md", "a.NPY", "b.csv"):
        (other / name).touch()
    with pytest.raises(
        DataError, match=r"expected a file, got a folder of files of several kinds: .NPY, .csv"
    ) as folder:
        open_vectors(str(other))
    assert folder.value.hint == f"name one, or those of one kind: '{other}/*.NPY'"
    for name in ("a.NPY", "b.csv"):
        (other / name).unlink()
    with pytest.raises(
        DataError, match=r"got a folder without a file that can be read: README.md, model.pkl"
    ) as folder:
        open_vectors(str(other))
    assert folder.value.hint == f"name a file; {READ}"
    with pytest.raises(DataError, match="the input is empty"):
        open_vectors(str(tmp_path / "empty.npy"))
    with pytest.raises(DataError, match="expected a file, got a device"):
        open_vectors("/dev/null")
    with pytest.raises(InputNotFoundError, match=r"this file cannot be read: .*embedded null"):
        open_vectors("a\0b")


ROWS, CUTS = 90, (0, 20, 21, 60, 90)


VECTORS = np.random.default_rng(3).standard_normal((ROWS, 5))
IDS = [f"r{row}" for row in range(ROWS)]
COLUMNS = {
    "id": IDS,
    "text": [None if row % 6 == 0 else f"t {row}" for row in range(ROWS)],
    # in the first file text that looks like integers, in the last one integers beyond none
    "mixed": [str(row) if row < 60 else f"x{row}" for row in range(ROWS)],
    "number": [row if row < 60 else row + 0.5 for row in range(ROWS)],
}


def write(path, rows):
    part = {name: values[rows.start : rows.stop] for name, values in COLUMNS.items()}
    vectors = VECTORS[rows.start : rows.stop]
    records = [dict(zip(part, row, strict=True)) for row in zip(*part.values(), strict=True)]
    match path.suffix:
        case ".parquet" | ".arrow":
            lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 5)
            table = pa.table({**part, "number": pa.array(part["number"], pa.float64()), "v": lists})
            if path.suffix == ".parquet":
                pq.write_table(table, path, row_group_size=7)
            else:
                with pa.ipc.new_file(path, table.schema) as writer:
                    writer.write_table(table, max_chunksize=9)
        case ".jsonl":
            lines = [json.dumps({**record, "v": row.tolist()}) for record, row in zip(records, vectors, strict=True)]
            path.write_text("".join(f"{line}\n" for line in lines))
        case ".csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                cells = csv.writer(file)
                cells.writerow([*part, *(f"v{number}" for number in range(5))])
                cells.writerows([*r.values(), *row.tolist()] for r, row in zip(records, vectors, strict=True))
        case ".npz":
            np.savez(path, id=np.asarray(part["id"]), v=vectors)
        case _:
            np.save(path, vectors)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    for suffix in ("parquet", "arrow", "jsonl", "csv", "npz", "npy"):
        write(folder / f"whole.{suffix}", range(ROWS))
        (folder / suffix).mkdir()
        for number, (start, stop) in enumerate(pairwise(CUTS)):
            write(folder / suffix / f"shard-{number}.{suffix}", range(start, stop))
    return folder


def test_files_of_patterns_folders_and_lists(folder, monkeypatch):
    monkeypatch.chdir(folder)
    expected = [f"npy/shard-{number}.npy" for number in range(4)]
    (folder / "list.txt").write_text("\n".join([expected[2], "", expected[0]]))
    assert files_of("npy/shard-?.npy", [".npy"]) == expected
    assert files_of("npy", [".npy"]) == expected
    assert files_of("**/shard-1.npy", [".npy"]) == [expected[1]]
    assert files_of("@list.txt", [".npy"]) == [expected[2], expected[0]]
    for name in ("missing.npy", "https://host/x.npy?key=*", "-"):
        assert files_of(name, [".npy"]) == [name]
    np.save("odd[1].npy", VECTORS)
    assert files_of("odd[1].npy", [".npy"]) == ["odd[1].npy"]
    for name in ("_SUCCESS", ".hidden.npy", "README.md"):
        (folder / "npy" / name).write_text("")
    assert files_of("npy", [".npy"]) == expected
    with pytest.raises(InputNotFoundError, match="no file fits this pattern"):
        files_of("nothing-*.npy", [".npy"])
    with pytest.raises(DataError, match=r"files of several kinds: .npy, .npz, .parquet"):
        files_of(".", [".npy", ".npz", ".parquet"])
    with pytest.raises(DataError, match="a folder without a file that can be read"):
        files_of("csv", [".npy"])
    with pytest.raises(InputNotFoundError, match="no such list of files"):
        files_of("@no.txt", [".npy"])
    (folder / "bad.txt").write_text("npy/shard-0.npy\nnpy/shard-9.npy\n")
    with pytest.raises(InputNotFoundError, match=r"line 2: no such file: npy/shard-9.npy"):
        files_of("@bad.txt", [".npy"])
    (folder / "empty.txt").write_text(" \n")
    with pytest.raises(DataError, match="expected a path per line"):
        files_of("@empty.txt", [".npy"])


def test_more_files_than_a_process_may_open_by_default(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for number in range(260):
        pq.write_table(pa.table({"v": [[float(number), 1.0]]}), tmp_path / f"s-{number:03}.parquet")
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        assert open_vectors(str(tmp_path)).read(0, 260)[:, 0].tolist() == list(range(260))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
