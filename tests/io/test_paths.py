"""Which files one input stands for: a pattern, a folder, a list."""

import resource

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sharded_files import VECTORS, write_shards

from simtool.errors import DataError, InputNotFoundError
from simtool.io import open_vectors
from simtool.io.formats import READ
from simtool.io.paths import files_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_shards(tmp_path_factory.mktemp("shards"))


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
    with pytest.raises(InputNotFoundError) as typed:
        files_of("[0, 1.5, -2e3]", [".npy"])
    assert "simtool explain takes vectors that are typed" in typed.value.hint
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
