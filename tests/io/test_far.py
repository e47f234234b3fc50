"""Inputs and outputs far away: servers on the loopback interface that fail, and stand-ins for gs, az and hf."""

import gzip
import json
import subprocess
import sys
from _thread import interrupt_main
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from far_servers import Web, s3_serving, serving
from safetensors.numpy import save_file

import simtool
from simtool.errors import DataError, InputNotFoundError, OutputError, ResourceError
from simtool.io import check_output, delivery, far, http_store, replacing, retries, stores

BLOCK = 1 << 12
ROWS = np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)  # 96 kB
IDS = [f"a{row}" for row in range(len(ROWS))]


@pytest.fixture(autouse=True)
def small_blocks_and_pauses(monkeypatch):
    monkeypatch.setattr(far, "BLOCK", BLOCK)
    monkeypatch.setattr(retries, "PAUSES", [0.001] * 4)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
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
def web(files):
    with serving(Web(dict(files))) as web:
        yield web


@pytest.fixture(scope="module")
def s3_server():
    with s3_serving(Web()) as web:
        yield web


@pytest.fixture
def s3(s3_server, files, monkeypatch):
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
        client.put_object(Bucket="bucket", Key=name, Body=files[f"/bucket/{name}"])
    yield s3_server, client
    s3_server.faults, s3_server.always = [], None
    for each in client.list_objects_v2(Bucket="bucket").get("Contents", []):
        client.delete_object(Bucket="bucket", Key=each["Key"])


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


def test_of_parquet_only_the_columns_and_row_groups_that_are_read_are_asked_for(web, files, monkeypatch):
    from simtool.io import arrow

    monkeypatch.setattr(arrow, "FAR_PIECE", 1024)
    content = files["/bucket/x.parquet"]
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


@pytest.mark.parametrize("faults", [[500, 503, None, 429, "reset"], ["truncate", None, "truncate", "reset"]])
def test_faults_that_pass_are_asked_again(web, faults):
    web.faults = list(faults)
    vectors = simtool.open_vectors(f"{web.address}/bucket/x.npy")
    np.testing.assert_array_equal(vectors.read(0, 3000), ROWS)
    assert not web.faults


def test_a_whole_file_that_ends_early_is_asked_again(web):
    web.knows_ranges = False
    web.faults = [None, "truncate", "truncate"]
    vectors = simtool.open_vectors(f"{web.address}/bucket/x.npy")
    np.testing.assert_array_equal(vectors.read(0, 3000), ROWS)


def test_a_server_that_says_no_length_is_read(web):
    web.knows_ranges = web.says_length = False
    np.testing.assert_array_equal(simtool.open_vectors(f"{web.address}/bucket/x.npy").read(0, 3000), ROWS)


def test_a_copy_that_has_no_room_is_refused(web, monkeypatch):
    web.knows_ranges = False
    monkeypatch.setattr(http_store, "lies_in_memory", lambda folder: True)
    store = http_store.HttpStore(f"{web.address}/bucket/x.npy", 1000)
    with pytest.raises(ResourceError, match="no room for a copy"):
        store.fetch(0, 10)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (404, InputNotFoundError, "no such file"),
        (403, InputNotFoundError, "access is denied: 403 Forbidden"),
        (401, InputNotFoundError, "access is denied: 401"),
        (400, ResourceError, "400 Bad Request"),
        (500, ResourceError, "failed 5 times: 500 Internal Server Error"),
        ("reset", ResourceError, "failed 5 times"),
    ],
)
def test_faults_end_and_show_no_secret(web, fault, kind, words):
    web.always = fault
    host = web.address.removeprefix("http://")
    with pytest.raises(kind, match=words) as raised:
        simtool.open_vectors(f"http://me:PASSWORDSECRET@{host}/bucket/x.npy?X-Amz-Signature=SECRET")
    assert "SECRET" not in f"{raised.value} {raised.value!r}"
    assert raised.value.where == f"http://…@{host}/bucket/x.npy?…"
    assert len(web.accounts) == (5 if "5 times" in words else 1)


def test_a_fault_that_does_not_pass_after_opening_ends_too(web):
    vectors = simtool.open_vectors(f"{web.address}/bucket/x.npy")
    web.always = "truncate"
    with pytest.raises(ResourceError, match="failed 5 times: the answer ended early"):
        vectors.read(0, 3000)
    web.always = 404
    with pytest.raises(ResourceError, match="cannot be read any more"):
        vectors.read(0, 3000)


def test_no_host_and_no_port_are_refused(monkeypatch):
    with pytest.raises(ResourceError, match="failed 5 times: Connection refused") as raised:
        simtool.open_vectors("http://me:SECRET@127.0.0.1:1/x.npy?SECRET")
    assert "SECRET" not in str(raised.value)
    with pytest.raises(ResourceError, match="cannot be reached") as raised:
        simtool.open_vectors("http://me:SECRET/x.npy")
    assert "SECRET" not in str(raised.value)


def test_an_account_goes_to_its_host(web, tmp_path, monkeypatch):
    from base64 import b64encode

    host = web.address.removeprefix("http://")
    simtool.open_vectors(f"http://me:a%40b@{host}/bucket/x.npy")
    assert web.accounts[-1] == f"Basic {b64encode(b'me:a@b').decode()}"
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login you password c\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    simtool.open_vectors(f"{web.address}/bucket/x.npy")
    assert web.accounts[-1] == f"Basic {b64encode(b'you:c').decode()}"


def test_a_file_that_changes_is_refused_by_the_range_that_tells(web):
    vectors = simtool.open_vectors(f"{web.address}/bucket/x.npy")
    web.version = "2"
    with pytest.raises(ResourceError, match="changed while it was read"):
        vectors.read(0, 3000)


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


@pytest.mark.parametrize("faults", [[], [500, "reset", None, "truncate"]])
@pytest.mark.parametrize("name", ["x.npy", "x.parquet"])
def test_a_file_in_a_bucket_is_what_it_is_here(s3, name, faults):
    s3[0].faults = list(faults)
    with delivery():
        vectors = simtool.open_vectors(f"s3://bucket/{name}")
        np.testing.assert_array_equal(vectors.read(0, len(ROWS)), ROWS)
    assert not s3[0].faults


def test_of_an_object_only_ranges_are_asked_for(s3):
    vectors = simtool.open_vectors("s3://bucket/x.npy")
    before = s3[0].served
    vectors.read(1500, 1510)
    assert s3[0].served - before <= 2 * BLOCK


def test_objects_of_a_pattern_are_one_input(s3):
    client = s3[1]
    for number in range(2):
        client.copy_object(Bucket="bucket", Key=f"parts/p-{number}.npy", CopySource="bucket/x.npy")
    vectors = simtool.open_vectors("s3://bucket/parts/p-*.npy")
    np.testing.assert_array_equal(vectors.read(2999, 3001), ROWS[[2999, 0]])
    with pytest.raises(InputNotFoundError, match="no file fits"):
        simtool.open_vectors("s3://bucket/parts/q-*.npy")


@pytest.mark.parametrize("status", [403, 404])
def test_an_object_that_is_not_there_or_denied(s3, status):
    s3[0].always = status
    with pytest.raises(InputNotFoundError, match="denied" if status == 403 else "no such file") as raised:
        simtool.open_vectors("s3://OTHERID:HIDDEN@bucket/x.npy?region=HIDDEN")
    assert not any(secret in str(raised.value) for secret in ("OTHERID", "HIDDEN", "TOPSECRET"))


def keys(client) -> set[str]:
    return {each["Key"] for each in client.list_objects_v2(Bucket="bucket").get("Contents", [])}


def written(address: str, content: bytes, *, force: bool = False) -> None:
    with replacing(address, force=force) as temporary:
        Path(temporary).write_bytes(content)


def test_an_output_in_a_bucket_appears_whole(s3):
    address, client = "s3://bucket/new/out.bin", s3[1]
    check_output(address, force=False, inputs=[])
    written(address, b"x" * (12 << 20))
    assert client.head_object(Bucket="bucket", Key="new/out.bin")["ContentLength"] == 12 << 20
    with pytest.raises(OutputError, match="exists already"):
        check_output(address, force=False, inputs=[])
    with pytest.raises(OutputError, match="exists already"):
        written(address, b"y")
    written(address, b"y", force=True)
    assert client.get_object(Bucket="bucket", Key="new/out.bin")["Body"].read() == b"y"


@pytest.mark.parametrize("end", [KeyboardInterrupt, ValueError])
def test_an_output_that_is_interrupted_is_absent(s3, end):
    def work():
        with replacing("s3://bucket/out.bin", force=False) as temporary:
            paths.append(Path(temporary))
            paths[0].write_bytes(b"half")
            raise end

    paths = []
    with pytest.raises(end):
        work()
    assert "out.bin" not in keys(s3[1])
    assert not paths[0].exists()


def test_an_output_whose_upload_fails_is_absent(s3, monkeypatch):
    monkeypatch.setattr(retries, "PAUSES", [0.001])  # the library has pauses of its own
    server, client = s3
    server.faults = [404, None, *[500] * 200]  # it is not there; the upload begins, and no part arrives
    with pytest.raises(ResourceError, match="failed 2 times"):
        written("s3://bucket/out.bin", b"x" * (12 << 20))
    server.faults = []
    assert "out.bin" not in keys(client)


def test_an_output_that_may_not_be_written_is_refused_before_the_work(s3):
    s3[0].always = 403
    with pytest.raises(OutputError, match="denied"):
        check_output("s3://bucket/out.bin", force=False, inputs=[])
    with pytest.raises(OutputError, match="by http"):
        check_output("https://host/x.npy?SECRET", force=False, inputs=[])
    with pytest.raises(OutputError, match="also the input"):
        check_output("s3://bucket/x.npy", force=True, inputs=["s3://bucket/x.npy::a"])


@pytest.fixture
def stand_in(files, monkeypatch, request):
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
        system.pipe_file(f"/bucket/{name}", files[f"/bucket/{name}"])
    yield request.param, system
    _registry.pop(request.param)


SCHEMES = pytest.mark.parametrize("stand_in", ["gs", "az", "hf"], indirect=True)


@SCHEMES
def test_other_stores_are_read_and_written(stand_in):
    scheme, system = stand_in
    for name in ("x.npy", "x.parquet", "*.npy"):
        vectors = simtool.open_vectors(f"{scheme}://bucket/{name}")
        np.testing.assert_array_equal(vectors.read(0, len(ROWS)), ROWS)
    written(f"{scheme}://bucket/out.bin", b"x")
    assert system.cat_file("/bucket/out.bin") == b"x"
    with pytest.raises(OutputError, match="exists already"):
        written(f"{scheme}://bucket/out.bin", b"x")
    with pytest.raises(InputNotFoundError, match="no such file"):
        simtool.open_vectors(f"{scheme}://bucket/none.npy")
    with pytest.raises(DataError, match="folder"):
        simtool.open_vectors(f"{scheme}://bucket")


@SCHEMES
def test_errors_of_other_stores_show_no_secret(stand_in, monkeypatch):
    scheme, system = stand_in
    tries = []

    def fail(self, path, **_):
        tries.append(path)
        raise ConnectionError("https://account:SECRET@host?sig=SECRET")

    monkeypatch.setattr(type(system), "cat_file", fail)
    with pytest.raises(ResourceError, match="failed 5 times: ConnectionError") as raised:
        simtool.open_vectors(f"{scheme}://bucket/x.npy")
    assert "SECRET" not in str(raised.value)
    assert len(tries) == 5


@SCHEMES
def test_an_upload_that_fails_midway_leaves_nothing(stand_in, monkeypatch):
    scheme, system = stand_in

    def fail(self, local, path, **_):
        self.pipe_file(path, b"half")
        raise PermissionError

    monkeypatch.setattr(type(system), "put_file", fail)
    with pytest.raises(OutputError, match="denied"):
        written(f"{scheme}://bucket/out.bin", b"whole")
    assert not system.exists("/bucket/out.bin")


def test_a_library_that_is_missing_is_named(monkeypatch):
    import fsspec

    def missing(scheme):
        raise ImportError("install gcsfs")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    with pytest.raises(ResourceError, match="not installed") as raised:
        simtool.open_vectors("gs://bucket/x.npy")
    assert "simtool-embeddings[remote]" in raised.value.hint


def test_an_interrupt_while_it_is_uploaded_leaves_nothing(s3, monkeypatch):
    upload = stores.S3Store.put

    def interrupted(self, path):
        interrupt_main()
        upload(self, path)

    monkeypatch.setattr(stores.S3Store, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        written("s3://bucket/out.bin", b"whole")
    assert "out.bin" not in keys(s3[1])


def test_an_upload_that_fails_leaves_the_object_that_it_was_to_replace(s3, monkeypatch):
    monkeypatch.setattr(retries, "PAUSES", [0.001])
    server, client = s3
    written("s3://bucket/out.bin", b"old")
    server.faults = [None, None, *[500] * 200]
    with pytest.raises(ResourceError, match="failed 2 times"):
        written("s3://bucket/out.bin", b"new", force=True)
    server.faults = []
    assert client.get_object(Bucket="bucket", Key="out.bin")["Body"].read() == b"old"


def test_of_two_outputs_none_stays_where_the_second_fails(s3):
    client = s3[1]

    def work():
        with delivery():
            written("s3://bucket/one.bin", b"1")
            written("s3://nobucket/two.bin", b"2")

    with pytest.raises(OutputError, match="could not be written"):
        work()
    assert "one.bin" not in keys(client)


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
