"""Files of web servers: whole ones, those without a length, accounts, and what changes while it is read."""

import numpy as np
import pytest
from far_files import ROWS

import simtool
from simtool.errors import ResourceError
from simtool.io import http_store


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
