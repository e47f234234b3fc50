"""Faults of a network: those that pass are asked again, all others end at once, and none shows a secret."""

import socket

import numpy as np
import pytest
from far_files import ROWS

import simtool
from simtool.errors import InputNotFoundError, ResourceError
from simtool.io.retries import Fault, fault_of


@pytest.mark.parametrize("faults", [[500, 503, None, 429, "reset"], ["truncate", None, "truncate", "reset"]])
def test_faults_that_pass_are_asked_again(web, faults):
    web.faults = list(faults)
    vectors = simtool.open_vectors(f"{web.address}/bucket/x.npy")
    np.testing.assert_array_equal(vectors.read(0, 3000), ROWS)
    assert not web.faults


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


def test_no_host_and_no_port_are_refused(small_blocks_and_pauses):
    with pytest.raises(ResourceError, match="failed 5 times: Connection refused") as raised:
        simtool.open_vectors("http://me:SECRET@127.0.0.1:1/x.npy?SECRET")
    assert "SECRET" not in str(raised.value)
    with pytest.raises(ResourceError, match="cannot be reached") as raised:
        simtool.open_vectors("http://me:SECRET/x.npy")
    assert "SECRET" not in str(raised.value)


def test_what_a_library_wraps_is_looked_at(small_blocks_and_pauses):
    class WrappedError(OSError):
        os_error = socket.gaierror(socket.EAI_NONAME, "SECRET is not known")

    assert fault_of(WrappedError()) == Fault("the host is not known", "lasting")
