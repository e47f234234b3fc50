"""Where far objects lie: one class per way to reach them, all with the same few verbs.

Accepted: s3 through pyarrow; gs, az and hf through the libraries that fsspec names for them; http and https through the
standard library, see `http_store`.
Refused: a library that is not installed; a folder as a file; a password in an address of gs, az or hf.
Lost: nothing. Errors are those of the libraries: `retries` turns them into ours.
"""

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

from ..addresses import without_secrets
from ..errors import DataError, ResourceError
from .retries import CREDENTIALS, FIRST_ANSWER, EndedEarlyError

EXTRA = "pip install 'simtool-embeddings[remote]'"
LIBRARIES = ("fsspec", "gcsfs", "google", "adlfs", "azure", "huggingface_hub", "aiohttp", "asyncio")
STAMPS = ("ETag", "etag", "generation", "blob_id", "last_modified", "LastModified", "updated", "mtime", "created")


@dataclass(frozen=True)
class Status:
    """What a store says of an object: its size in bytes, and a mark that changes with its content."""

    size: int
    stamp: str


class Store(Protocol):
    """One object in a store. Each verb may raise whatever its library does."""

    def status(self) -> Status:
        """Ask for size and stamp, as they are now."""

    def fetch(self, offset: int, length: int) -> bytes:
        """Return so many bytes; they are there."""

    def put(self, path: str) -> None:
        """Let the object be the content of a local file; until then it is what it was."""

    def remove(self) -> None:
        """Let the object vanish."""

    def names(self) -> list[str]:
        """Return the addresses that the pattern of this one fits, in order."""


def open_store(address: str, most: int) -> Store:
    """Return how to reach an object.

    Args:
        address: as it was typed, secrets and all.
        most: bytes that may be held of it.

    Raises:
        ResourceError: a library is missing.
    """
    scheme = address.partition("://")[0].lower()
    if scheme == "s3":
        return S3Store(address)
    if scheme in ("http", "https"):
        from .http_store import HttpStore

        return HttpStore(address, most)
    return FsspecStore(address)


def first_answer(address: str) -> float | None:
    """Return how many seconds the first answer may take; None where our own pauses say so."""
    return None if address.partition("://")[0].lower() in ("s3", "http", "https") else FIRST_ANSWER


class S3Store:
    """An object of S3 or of a server that speaks as S3 does."""

    def __init__(self, address: str) -> None:
        """Read `s3://[KEY:SECRET@]BUCKET/KEY[?region=...&endpoint_override=...&scheme=...]`; connect later."""
        rest, _, query = address.partition("://")[2].partition("?")
        bucket, _, key = rest.partition("/")
        user, _, self._bucket = bucket.rpartition("@")
        self._path = f"{self._bucket}/{key}"
        self._given = {
            name: value for name, value in parse_qsl(query) if name in ("region", "endpoint_override", "scheme")
        }
        if user:
            name, _, secret = user.partition(":")
            self._given |= {"access_key": unquote(name), "secret_key": unquote(secret)}
        self._file: Any = None

    @cached_property
    def _system(self) -> Any:
        from pyarrow import fs

        given = dict(self._given)
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        if endpoint and "endpoint_override" not in given:  # which pyarrow does not look for
            scheme, _, host = endpoint.rpartition("://")
            given |= {"endpoint_override": host.rstrip("/"), "scheme": scheme or "https"}
        is_placed = {"AWS_REGION", "AWS_DEFAULT_REGION"} & set(os.environ)
        if not is_placed and not given.keys() & {"region", "endpoint_override"}:
            with suppress(OSError):  # without a network the first request says why
                given["region"] = fs.resolve_s3_region(self._bucket)
        return fs.S3FileSystem(**given)

    def status(self) -> Status:
        """Ask for size, ETag and time."""
        self._file = self._system.open_input_file(self._path)
        stated = self._file.metadata() or {}
        stamp = stated.get(b"ETag", b"") or stated.get(b"Last-Modified", b"")
        # some releases of Arrow say neither of an open file
        time = "" if stamp else str(self._system.get_file_info(self._path).mtime_ns)
        return Status(self._file.size(), stamp.decode("latin-1") or time)

    def fetch(self, offset: int, length: int) -> bytes:
        """Ask for a range."""
        if self._file is None:
            self._file = self._system.open_input_file(self._path)
        try:
            data: bytes = self._file.read_at(length, offset)
        except BaseException:
            self._file = None
            raise
        return data

    def put(self, path: str) -> None:
        """Upload in parts, which become the object when the stream is closed: a part that failed closes none."""
        import pyarrow as pa

        with pa.memory_map(path) as content:
            stream = self._system.open_output_stream(self._path)
            stream.write(content.read_buffer())
            stream.close()  # pyarrow.fs.copy_files would keep quiet about a failure

    def remove(self) -> None:
        """Delete the object."""
        self._system.delete_file(self._path)

    def names(self) -> list[str]:
        """List the keys below the last folder without a wildcard."""
        from pyarrow import fs

        fixed = self._path[: min(self._path.find(mark) for mark in "*[" if mark in self._path)].rpartition("/")[0]
        found = self._system.get_file_info(fs.FileSelector(fixed, recursive="/" in self._path[len(fixed) + 1 :]))
        names = (each.path for each in found if each.type == fs.FileType.File)
        deep = self._path.count("/")
        return sorted(f"s3://{name}" for name in names if name.count("/") == deep and fnmatchcase(name, self._path))


class FsspecStore:
    """An object of a file system of fsspec."""

    def __init__(self, address: str) -> None:
        """Connect later."""
        self._scheme, self._name = address.partition("://")[0], without_secrets(address)
        self._address = address

    @cached_property
    def _system(self) -> Any:
        return _filesystem(self._address)

    @cached_property
    def _path(self) -> str:
        """The address as the file system takes it apart."""
        path: str = self._system._strip_protocol(self._address)
        return path

    def status(self) -> Status:
        """Ask for size and stamp, past what the library remembers."""
        self._system.invalidate_cache()
        stated = self._system.info(self._path)
        if stated.get("type") == "directory":
            raise DataError("expected a file, got a folder", self._name, f"name its files: '{self._name}/*.parquet'")
        return Status(int(stated["size"]), next((str(stated[name]) for name in STAMPS if stated.get(name)), ""))

    def fetch(self, offset: int, length: int) -> bytes:
        """Ask for a range."""
        data: bytes = self._system.cat_file(self._path, start=offset, end=offset + length)
        return data

    def put(self, path: str) -> None:
        """Upload the file."""
        self._system.put_file(path, self._path)
        if self._system.info(self._path)["size"] != os.path.getsize(path):
            raise EndedEarlyError

    def remove(self) -> None:
        """Delete the object."""
        self._system.rm_file(self._path)

    def names(self) -> list[str]:
        """Let the library list them."""
        return sorted(f"{self._scheme}://{name.lstrip('/')}" for name in self._system.glob(self._path))


def _filesystem(address: str) -> Any:
    """Return the file system of a scheme, by its own conventions for accounts."""
    name, scheme = without_secrets(address), address.partition("://")[0].lower()
    if ":" in address.partition("://")[2].partition("/")[0].rpartition("@")[0]:
        # it would be taken for part of a name, and stand in the log of the library
        raise DataError(f"an address of {scheme} holds no user and password", name, CREDENTIALS[scheme])
    for library in LIBRARIES:  # what they log stands in no terminal: it may hold an address with its signature
        logging.getLogger(library).addHandler(logging.NullHandler())
    try:
        import fsspec

        return fsspec.filesystem(scheme)
    except ImportError:
        raise ResourceError(f"reading {scheme}:// needs a library that is not installed", name, EXTRA) from None
    except Exception as error:
        what = f"the library for {scheme} finds no account: {type(error).__name__}"
        raise ResourceError(what, name, CREDENTIALS[scheme]) from None
