"""Inputs far away, of servers on the loopback interface: what is asked of them, and that it is what it is here."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from far_files import BLOCK, IDS, ROWS

import simtool
from simtool.errors import DataError, ResourceError
from simtool.io import delivery, far

NAMES = ["x.npy", "fortran.npy", "x.npz", "x.safetensors", "x.fbin", "x.fvecs", "x.parquet", "x.arrow", "x.jsonl",
         "x.jsonl.gz", "x.pt"]  # fmt: skip


@pytest.mark.parametrize("knows_ranges", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_the_web_is_what_it_is_here(web, name, knows_ranges):
    web.knows_ranges = knows_ranges
    vectors = simtool.open_vectors(f"{web.address}/bucket/{name}")
    np.testing.assert_array_equal(vectors.read(0, len(ROWS)), ROWS)
    np.testing.assert_array_equal(vectors.read(5, 8), ROWS[5:8])
    assert vectors.shape == ROWS.shape


@pytest.mark.parametrize("name", ["x.npy", "x.fbin", "x.fvecs", "x.safetensors", "x.npz"])
def test_of_an_array_only_the_rows_that_are_read_are_asked_for(web, name):
    vectors = simtool.open_vectors(f"{web.address}/bucket/{name}")
    opened = web.served
    assert opened < 8 * BLOCK
    vectors.read(1500, 1510)
    assert web.served - opened <= 2 * BLOCK


def test_of_parquet_only_the_columns_and_row_groups_that_are_read_are_asked_for(web, far_files, monkeypatch):
    from simtool.io import parquet_and_arrow

    monkeypatch.setattr(parquet_and_arrow, "FAR_PIECE", 1024)
    content = far_files["/bucket/x.parquet"]
    vectors = simtool.open_vectors(f"{web.address}/bucket/x.parquet", ids="::id")
    opened = web.served
    group = pq.ParquetFile(pa.BufferReader(content)).metadata.row_group(4)
    chunk = next(group.column(number) for number in range(3) if group.column(number).path_in_schema.startswith("v."))
    web.ranges.clear()
    np.testing.assert_array_equal(vectors.read(2000, 2500), ROWS[2000:2500])
    assert web.served - opened <= chunk.total_compressed_size + 2 * BLOCK
    assert all(stop > chunk.data_page_offset - BLOCK for _, stop in web.ranges)


def test_what_was_read_is_held_within_the_budget(web, monkeypatch):
    vectors = simtool.open_vectors(f"{web.address}/bucket/x.npy")
    vectors.read(0, 3000)
    before = web.served
    vectors.read(0, 3000)
    assert web.served == before
    file = far.FarFile(f"{web.address}/bucket/x.npy", 16 * BLOCK)
    for start in range(0, file.size, BLOCK):
        file.read(start, BLOCK)
    assert len(file._held) == 16 // far.HELD


def test_a_file_that_changes_after_it_was_read_is_refused(web):
    def work():
        with delivery():
            simtool.open_vectors(f"{web.address}/bucket/x.npy").read(0, 3000)
            web.version = "2"

    with pytest.raises(ResourceError, match="changed while it was read"):
        work()


def test_results_hold_no_secret(web):
    address = f"{web.address}/bucket/x.npy?X-Amz-Signature=SECRET"
    result = simtool.similarity(address, address)
    assert "SECRET" not in result.to_json() + str(result.notes)
    result = simtool.pairwise(simtool.Selection(address, rows="0:9"), top_k=1)
    assert "SECRET" not in result.to_json() + str(result.notes)
    assert "x.npy?…" in result.to_json()


def test_an_empty_file_is_refused(web):
    web.files["/empty"] = b""
    with pytest.raises(DataError, match="empty"):
        simtool.open_vectors(f"{web.address}/empty")


def test_a_list_may_name_files_far_away(web, tmp_path):
    (tmp_path / "list.txt").write_text(f"{web.address}/bucket/x.npy?a=SECRET\n{web.address}/bucket/x.fbin\n")
    vectors = simtool.open_vectors(f"@{tmp_path / 'list.txt'}")
    np.testing.assert_array_equal(vectors.read(2999, 3001), ROWS[[2999, 0]])


def test_values_are_read_far_away(web):
    labels = simtool.io.read_values(f"{web.address}/bucket/x.parquet::id")
    assert labels.tolist() == IDS


def test_nothing_of_it_is_imported_for_files_here(sample_data):
    code = (
        "import sys, simtool; from simtool.io import check_output;"
        f"simtool.open_vectors({str(sample_data / 'wordsim_a.npy')!r}).read(0, 1);"
        "check_output('new.npy', force=False, inputs=['x.npy']);"
        "far = ('fsspec', 'urllib.request', 'http.client', 'ssl', 'simtool.io.far', 'simtool.io.stores');"
        "print([name for name in far if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
