"""Objects in a bucket of a server that speaks as S3 does, and in stand-ins for gs, az and hf."""

import logging
from threading import Event
from time import sleep

import numpy as np
import pytest
from far_files import BLOCK, ROWS, written
from far_servers import Web, s3_serving

import simtool
from simtool.errors import DataError, InputNotFoundError, OutputError, ResourceError
from simtool.io import delivery, stores

SCHEMES = pytest.mark.parametrize("stand_in", ["gs", "az", "hf"], indirect=True)


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


def test_a_library_that_is_missing_is_named(monkeypatch):
    import fsspec

    def missing(scheme):
        raise ImportError("install gcsfs")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    with pytest.raises(ResourceError, match="not installed") as raised:
        simtool.open_vectors("gs://bucket/x.npy")
    assert "simtool-embeddings[remote]" in raised.value.hint


@SCHEMES
def test_a_password_in_an_address_reaches_no_library(stand_in):
    with pytest.raises(DataError, match="holds no user and password") as refused:
        simtool.open_vectors(f"{stand_in[0]}://me:SECRET@bucket/x.npy")
    assert "SECRET" not in str(refused.value)


def test_a_library_without_an_account_is_named_and_logs_nowhere(monkeypatch, capfd):
    def refuse(scheme):
        logging.getLogger("adlfs").warning("az://cont/x.npy?sig=SECRET")
        raise ValueError("SECRET")

    monkeypatch.setattr("fsspec.filesystem", refuse)
    with pytest.raises(ResourceError) as refused:
        simtool.open_vectors("az://cont/x.npy")
    assert refused.value.what == "the library for az finds no account: ValueError"
    assert refused.value.hint.startswith("AZURE_STORAGE_CONNECTION_STRING")
    assert "SECRET" not in "".join(capfd.readouterr())


@SCHEMES
@pytest.mark.parametrize("verb", ["info", "glob", "filesystem"])
def test_a_library_that_never_answers_is_left_in_time(stand_in, verb, monkeypatch):
    scheme, system = stand_in
    answered = Event()
    never = lambda *_, **__: answered.wait(60)  # noqa: E731
    if verb == "filesystem":
        monkeypatch.setattr("fsspec.filesystem", never)
    else:
        monkeypatch.setattr(type(system), verb, never)
    monkeypatch.setattr(stores, "FIRST_ANSWER", 0.2)
    try:
        with pytest.raises(ResourceError, match="failed 1 time: no answer in time"):
            simtool.open_vectors(f"{scheme}://bucket/{'*' if verb == 'glob' else 'x'}.npy")
        if verb != "glob":
            with pytest.raises(ResourceError, match="no answer in time"):
                written(f"{scheme}://bucket/out.bin", b"x")
    finally:
        answered.set()


@SCHEMES
def test_tries_of_a_library_that_fails_slowly_end_in_time(stand_in, monkeypatch):
    scheme, system = stand_in
    tries = []

    def fail(self, path, **_):
        tries.append(path)
        sleep(0.15)
        raise ConnectionError

    monkeypatch.setattr(type(system), "info", fail)
    monkeypatch.setattr(stores, "FIRST_ANSWER", 0.4)
    with pytest.raises(ResourceError, match=r"failed [23] times"):
        simtool.open_vectors(f"{scheme}://bucket/x.npy")
    assert len(tries) < 5


def test_an_object_of_other_bytes_and_the_same_size_is_told(monkeypatch):
    boto3 = pytest.importorskip("boto3")
    with s3_serving(Web()) as s3:
        account = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
        for name, value in (account | {"AWS_ENDPOINT_URL": s3.address}).items():
            monkeypatch.setenv(name, value)
        client = boto3.client("s3", endpoint_url=s3.address)
        client.create_bucket(Bucket="bucket")
        stamps = set()
        for body in (b"one", b"two"):
            client.put_object(Bucket="bucket", Key="x.npy", Body=body)
            stamps.add(stores.open_store("s3://bucket/x.npy", 1 << 20).status().stamp)
            sleep(1.1)  # S3 tells whole seconds
    assert len(stamps) == 2
