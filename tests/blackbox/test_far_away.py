"""Commands whose files lie far away: the same results as here, and no secret in anything that they say."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from far_servers import Web, s3_serving, serving

from simtool.io import retries

ROOT = Path(__file__).resolve().parents[2]
FILES = {f"/{path.name}": path.read_bytes() for path in (ROOT / "sample_data").iterdir() if path.suffix != ".md"}
SECRETS = ("hunter2", "SIGNATURE", "TOPSECRET")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(retries, "PAUSES", [0.001] * 4)


@pytest.fixture
def web():
    with serving(Web(dict(FILES))) as web:
        yield web


def signed(web: Web, name: str, column: str = "") -> str:
    return f"{web.address.replace('://', '://me:hunter2@')}/{name}?X-Amz-Signature=SIGNATURE{column}"


def commands(web: Web) -> list[list[str]]:
    a, b = signed(web, "wordsim_a.npy"), signed(web, "wordsim_b.npy")
    table = signed(web, "wordsim353.parquet")
    words = signed(web, "words.parquet", "::embedding")
    return [
        ["similarity", a, b],
        ["pairwise", words, "-k", "1", "--rows", "0:9"],
        ["compare", a, b],
        ["explain", a, b, "--row", "0"],
        ["loss", table, "--kind", "contrastive"],
        ["evaluate", table],
        ["inspect", signed(web, "words.parquet")],
    ]


@pytest.mark.parametrize("number", range(7))
def test_results_say_no_secret_and_are_those_of_files_here(run, web, number):
    typed = commands(web)[number]
    here = [
        f"sample_data/{word.rpartition('/')[2].partition('?')[0]}{word.partition('SIGNATURE')[2]}"
        if "://" in word
        else word
        for word in typed
    ]
    far, near = run(*typed, "--format", "json"), run(*here, "--format", "json")
    assert not any(secret in far.text + far.err for secret in SECRETS)
    assert far.document["summary"] == near.document["summary"]
    assert far.document["rows"] == near.document["rows"]


@pytest.mark.parametrize("fault", [400, 401, 403, 404, 500, "reset", "truncate"])
def test_failures_of_all_kinds_say_no_secret(run, web, fault):
    web.always = fault
    for typed in commands(web):
        done = run(*typed)
        assert done.code in (2, 3)
        assert not any(secret in done.text + done.err for secret in SECRETS)
        assert "?…" in done.err


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"\x93NUMPY\x01\0\x10", b"PAR1 and more", b"1,2\n3\n"])
def test_damaged_content_says_no_secret(run, web, content):
    web.files["/x.bin"] = content
    for more in ("", "::v"):
        done = run("inspect", signed(web, "x.bin", more))
        assert done.code == 2
        assert not any(secret in done.text + done.err for secret in SECRETS)
        assert "?…" in done.err


def test_a_table_and_its_notes_say_no_secret(run, web):
    done = run("pairwise", signed(web, "words.parquet"), "-k", "1", "--rows", "0:3")
    assert "http://…@127.0.0.1" in done.text
    assert not any(secret in done.text + done.err for secret in SECRETS)


def test_a_head_is_learnt_and_applied_far_away(run, work):
    import boto3

    with s3_serving(Web()) as s3:
        account = {"AWS_ACCESS_KEY_ID": "TOPSECRETID", "AWS_SECRET_ACCESS_KEY": "TOPSECRETKEY"}
        names = {"region_name": "us-east-1", "endpoint_url": s3.address}
        client = boto3.client("s3", aws_access_key_id="x", aws_secret_access_key="x", **names)
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="pairs.parquet", Body=FILES["/wordsim353.parquet"])
        env = account | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": s3.address}
        fit = run("fit", "s3://bucket/pairs.parquet", "--kind", "contrastive", "--epochs", "1", "-o",
                  "s3://bucket/head.safetensors", "--format", "json", env=env)  # fmt: skip
        assert fit.code == 0, fit.err
        done = run(
            "apply", "s3://bucket/head.safetensors", "sample_data/wordsim_a.npy", "-o", "s3://bucket/y.npy", env=env
        )
        assert "wrote s3://bucket/y.npy" in done.err
        again = run("fit", "s3://bucket/pairs.parquet", "--kind", "contrastive", "-o", "s3://bucket/head.safetensors",
                    "--resume", env=env)  # fmt: skip
        assert again.code == 2
        said = fit.text + fit.err + done.text + done.err + again.err
        assert not any(secret in said for secret in SECRETS)
        (work / "y.npy").write_bytes(client.get_object(Bucket="bucket", Key="y.npy")["Body"].read())
        head = client.get_object(Bucket="bucket", Key="head.safetensors")["Body"].read()
    assert b"TOPSECRET" not in head
    (work / "head.safetensors").write_bytes(head)
    run("apply", "head.safetensors", "sample_data/wordsim_a.npy", "-o", "here.npy")
    np.testing.assert_array_equal(np.load(work / "y.npy"), np.load(work / "here.npy"))
    assert json.loads(fit.text)["inputs"]["a"].startswith("s3://bucket/pairs.parquet")


def test_vectors_are_converted_to_parts_far_away(run):
    import boto3

    with s3_serving(Web()) as s3:
        names = {"region_name": "us-east-1", "endpoint_url": s3.address}
        client = boto3.client("s3", aws_access_key_id="x", aws_secret_access_key="x", **names)
        client.create_bucket(Bucket="bucket")
        env = {
            "AWS_ACCESS_KEY_ID": "TOPSECRETID",
            "AWS_SECRET_ACCESS_KEY": "TOPSECRETKEY",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": s3.address,
        }
        split = ["--split", "train=0.9,test=0.1"]
        done = run("convert", "sample_data/wordsim_a.npy", "-o", "s3://bucket/a.npy", *split, env=env)
        assert done.code == 0, done.err
        assert "TOPSECRET" not in done.text + done.err
        bodies = [client.get_object(Bucket="bucket", Key=f"a-{part}.npy")["Body"].read() for part in ("train", "test")]
    train, test = (np.load(io.BytesIO(body)) for body in bodies)
    assert (len(train), len(test)) == (318, 35)
    written = np.concatenate([train, test])
    expected = np.load(ROOT / "sample_data" / "wordsim_a.npy")
    assert sorted(row.tobytes() for row in written) == sorted(row.tobytes() for row in expected)


def test_a_work_folder_may_lie_in_a_bucket_whose_server_drops_requests(run, work):
    boto3 = pytest.importorskip("boto3")
    rows = np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)
    np.save(work / "x.npy", rows)
    line = ["pairwise", "x.npy", "-k", "3"]
    assert run(*line, "-o", "plain.csv").code == 0
    with s3_serving(Web(faults=[*[None] * 9, "reset"] * 100)) as s3:
        account = {"AWS_ACCESS_KEY_ID": "TOPSECRETID", "AWS_SECRET_ACCESS_KEY": "TOPSECRETKEY"}
        names = {"region_name": "us-east-1", "endpoint_url": s3.address}
        client = boto3.client("s3", aws_access_key_id="x", aws_secret_access_key="x", **names)
        client.create_bucket(Bucket="bucket")
        env = account | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": s3.address}
        parts = [run(*line, "--work", "s3://bucket/deep/work", "--shard", f"{n}/2", env=env) for n in (2, 1)]
        parts.append(run("merge", "s3://bucket/deep/work", "-o", "o.csv", env=env))
        keys = [each["Key"] for each in client.list_objects_v2(Bucket="bucket")["Contents"]]
    assert [part.code for part in parts] == [0, 0, 0], parts
    assert (work / "o.csv").read_bytes() == (work / "plain.csv").read_bytes()
    assert sum("block-" in key for key in keys) == 3
    assert not any(secret in part.err for part in parts for secret in SECRETS)


def test_the_parts_of_a_matrix_may_lie_in_a_bucket_whose_server_drops_requests(run, work):
    boto3 = pytest.importorskip("boto3")
    rows = np.random.default_rng(0).normal(size=(2100, 8)).astype(np.float32)
    np.save(work / "x.npy", rows)
    assert run("pairwise", "x.npy", "-o", "plain.npy").code == 0
    with s3_serving(Web(faults=[*[None] * 9, "reset"] * 100)) as s3:
        account = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        names = {"region_name": "us-east-1", "endpoint_url": s3.address}
        client = boto3.client("s3", aws_access_key_id="x", aws_secret_access_key="x", **names)
        client.create_bucket(Bucket="bucket")
        env = account | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": s3.address}
        line = ["pairwise", "x.npy", "-o", "s3://bucket/m/", "--work", "s3://bucket/work"]
        assert [run(*line, "--shard", f"{n}/2", env=env).code for n in (2, 1)] == [0, 0]
        merged = run("merge", "s3://bucket/work", env=env)
        assert "wrote s3://bucket/m/ (2100 × 2100, float32, in 3 files)" in merged.err
        keys = [each["Key"] for each in client.list_objects_v2(Bucket="bucket", Prefix="m/")["Contents"]]
        for key in keys:
            (work / key.rpartition("/")[2]).write_bytes(client.get_object(Bucket="bucket", Key=key)["Body"].read())
        again = run(*line, env=env)
    assert keys[0] == "m/_manifest.json"
    parts = [np.load(work / key.rpartition("/")[2]) for key in keys[1:]]
    np.testing.assert_array_equal(np.concatenate(parts), np.load(work / "plain.npy"))
    assert (again.code, "exists already" in again.err) == (2, True)
