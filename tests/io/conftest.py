"""Fixtures that the tests of readers share."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from far_files import BLOCK, IDS, ROWS
from far_servers import Web, s3_serving, serving
from formed_tables import TABLE, VECTORS
from safetensors.numpy import save_file

from simtool.io import far, retries


@pytest.fixture
def write(tmp_path):
    def write(text, name="a.txt"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / name)

    return write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The table of `formed_tables` in every format."""
    folder = tmp_path_factory.mktemp("selection")
    lists = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel()), 6)
    whole = TABLE.append_column("v", lists)
    pq.write_table(whole, folder / "t.parquet", row_group_size=64)
    with pa.ipc.new_file(folder / "t.arrow", whole.schema) as writer:
        writer.write_table(whole, max_chunksize=50)
    with pa.ipc.new_stream(folder / "t.stream", whole.schema) as writer:
        writer.write_table(whole, max_chunksize=50)
    records = [{**row, "v": VECTORS[number].tolist()} for number, row in enumerate(TABLE.to_pylist())]
    (folder / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in records))
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        cells = csv.writer(file)
        cells.writerow([*TABLE.column_names, *(f"v{number}" for number in range(6))])
        cells.writerows([*row.values(), *VECTORS[number].tolist()] for number, row in enumerate(TABLE.to_pylist()))
    np.savez(folder / "t.npz", v=VECTORS, id=np.asarray(TABLE["id"].to_pylist()), year=TABLE["year"].to_numpy())
    np.save(folder / "t.npy", VECTORS)
    return folder


@pytest.fixture
def small_blocks_and_pauses(monkeypatch):
    monkeypatch.setattr(far, "BLOCK", BLOCK)
    monkeypatch.setattr(retries, "PAUSES", [0.001] * 4)


@pytest.fixture(scope="session")
def far_files(tmp_path_factory) -> dict[str, bytes]:
    """The same rows in every format that is read by parts, and in others."""
    folder: Path = tmp_path_factory.mktemp("files")
    np.save(folder / "x.npy", ROWS)
    np.save(folder / "fortran.npy", np.asfortranarray(ROWS))
    np.savez(folder / "x.npz", v=ROWS)
    save_file({"v": ROWS}, folder / "x.safetensors")
    head = np.array(ROWS.shape, "<u4")
    (folder / "x.fbin").write_bytes(head.tobytes() + ROWS.tobytes())
    widths = np.full((len(ROWS), 1), 8, "<i4").view(np.float32)
    (folder / "x.fvecs").write_bytes(np.hstack([widths, ROWS]).tobytes())
    columns = {"id": IDS, "v": pa.array(list(ROWS)), "text": [text * 20 for text in IDS]}
    pq.write_table(
        pa.table(columns), folder / "x.parquet", row_group_size=500, compression="none", use_dictionary=False
    )
    with pa.ipc.new_file(folder / "x.arrow", pa.table(columns).schema) as arrow:
        arrow.write_table(pa.table(columns))
    lines = (json.dumps({"id": name, "v": row.tolist()}) for name, row in zip(IDS, ROWS, strict=True))
    (folder / "x.jsonl").write_text("\n".join(lines))
    (folder / "x.jsonl.gz").write_bytes(gzip.compress((folder / "x.jsonl").read_bytes()))
    torch.save({"v": torch.from_numpy(ROWS)}, folder / "x.pt")
    return {f"/bucket/{path.name}": path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def web(far_files, small_blocks_and_pauses):
    with serving(Web(dict(far_files))) as web:
        yield web


@pytest.fixture(scope="session")
def s3_server():
    with s3_serving(Web()) as web:
        yield web


@pytest.fixture
def s3(s3_server, far_files, small_blocks_and_pauses, monkeypatch):
    """A bucket with all files, and the environment of an account."""
    import boto3

    for name, value in {
        "AWS_ACCESS_KEY_ID": "TOPSECRETID",
        "AWS_SECRET_ACCESS_KEY": "TOPSECRETKEY",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server.address,
    }.items():
        monkeypatch.setenv(name, value)
    s3_server.faults, s3_server.always = [], None
    client = boto3.client("s3", endpoint_url=s3_server.address)
    client.create_bucket(Bucket="bucket")
    for name in ("x.npy", "x.parquet"):
        client.put_object(Bucket="bucket", Key=name, Body=far_files[f"/bucket/{name}"])
    yield s3_server, client
    s3_server.faults, s3_server.always = [], None
    for each in client.list_objects_v2(Bucket="bucket").get("Contents", []):
        client.delete_object(Bucket="bucket", Key=each["Key"])


@pytest.fixture
def stand_in(far_files, small_blocks_and_pauses, request):
    """A file system in memory for that of a scheme; its library and its servers are not tested."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem
    from fsspec.registry import _registry

    class StandIn(MemoryFileSystem):
        protocol = request.param
        store = {}  # noqa: RUF012 - as its base has it
        pseudo_dirs = [""]  # noqa: RUF012
        cachable = False

        @classmethod
        def _strip_protocol(cls, path):
            return "/" + path.removeprefix(f"{request.param}://").strip("/")

    fsspec.register_implementation(request.param, StandIn, clobber=True)
    system = StandIn()
    for name in ("x.npy", "x.parquet"):
        system.pipe_file(f"/bucket/{name}", far_files[f"/bucket/{name}"])
    yield request.param, system
    _registry.pop(request.param)
