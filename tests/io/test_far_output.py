"""Outputs far away: they appear whole or not at all, and replace nothing that they may not."""

import signal
from _thread import interrupt_main
from pathlib import Path

import pytest
from far_files import keys, written

from simtool.errors import OutputError, ResourceError
from simtool.io import check_output, delivery, replacing, retries, stores

SCHEMES = pytest.mark.parametrize("stand_in", ["gs", "az", "hf"], indirect=True)


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


def test_an_interrupt_while_it_is_uploaded_leaves_nothing(s3, monkeypatch):
    upload = stores.S3Store.put

    def interrupted(self, path):
        interrupt_main()
        upload(self, path)

    monkeypatch.setattr(stores.S3Store, "put", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which a runner may have it ignore
    try:
        with pytest.raises(KeyboardInterrupt):
            written("s3://bucket/out.bin", b"whole")
    finally:
        signal.signal(signal.SIGINT, before)
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
