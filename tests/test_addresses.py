"""Addresses, and what is shown of them."""

import pytest

from simtool.addresses import is_address, without_secrets
from simtool.errors import DataError
from simtool.results import Result


@pytest.mark.parametrize(
    "path", ["s3://b/x", "gs://b/x", "az://b/x", "hf://datasets/a/b/x", "HTTPS://host/x", "http://host"]
)
def test_addresses_are_told_from_paths(path):
    assert is_address(path)


@pytest.mark.parametrize(
    "path", ["x.npy", "-", "@list.txt", "file:///x.npy", "ftp://host/x", "s3:/b/x", "folder/s3://b", ""]
)
def test_paths_are_no_addresses(path):
    assert not is_address(path)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://host/x.npz::a", "https://host/x.npz::a"),
        ("https://host/x.npz?sig=S#f::a", "https://host/x.npz?…::a"),
        ("https://me:S@host:80/x.npy", "https://…@host:80/x.npy"),
        ("https://me:S'S S@host/x.npy", "https://…@host/x.npy"),
        ("https://me:S::S@host/x.npy", "https://…@host/x.npy"),
        ("https://me:S/S@host/x.npy", "https://…"),
        ("https://host/x.npy?sig=S::S&a=S", "https://host/x.npy?…"),
        ("https://me@host/x.npy?sig=a@S", "https://…@host/x.npy?…"),
        ("http://[::1]:80/x.npy", "http://[::1]:80/x.npy"),
        ("hf://datasets/a/b@main/x.npy", "hf://datasets/a/b@main/x.npy"),
        ("s3://KEY:S@bucket/x@2.npy", "s3://…@bucket/x@2.npy"),
        ("see 'https://host/x?S' and https://me:S@host/y", "see 'https://host/x?…' and https://…@host/y"),
        ("C:/x?y@z", "C:/x?y@z"),
        ("no address: a/b?c@d", "no address: a/b?c@d"),
    ],
)
def test_secrets_are_cut(typed, shown):
    assert without_secrets(typed) == shown


def test_errors_and_results_are_without_secrets():
    address = "https://me:hunter2@host/x.npy?signature=S3CRET"
    error = DataError(f"what {address}", address, f"try {address}")
    result = Result(
        "pairwise", {"a": address}, {"labels": [address]}, {}, notes=(f"of {address}",), provenance={"a": address}
    )
    said = f"{error} {error.args} {result.to_json()} {result.notes} {result.spelled_notes(lambda name, _: name)}"
    assert "hunter2" not in said
    assert "S3CRET" not in said
