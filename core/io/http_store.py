"""Objects of web servers, read by ranges, or copied once where a server knows none.

Accepted: http and https, redirects, proxies by `http_proxy` and `https_proxy`; a user and password in the address, or
in the file that `NETRC` names, ~/.netrc by default, sent to that host alone.
Refused: another file under the same address while it is read; outputs.
Lost: nothing. A server that knows no ranges sends the whole, which lies in a scratch file.
"""

import os
import re
import shutil
import tempfile
from base64 import b64encode
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen
from weakref import finalize

from ..addresses import without_secrets
from ..errors import DataError, ResourceError
from ..memory import lies_in_memory, shown
from .retries import EndedEarlyError, StatusError
from .stores import Status

TIMEOUT = 30  # seconds without a byte
PIECE = 1 << 20


class HttpStore:
    """What one address answers with."""

    def __init__(self, address: str, most: int) -> None:
        """Take user and password out of the address, of which `most` bytes may be held."""
        self._name, self._most = without_secrets(address), most
        parts = urlsplit(address)
        user, _, host = parts.netloc.rpartition("@")
        path, query = (quote(part, safe="/%:=&?~#+!$,;'@()*[]") for part in (parts.path, parts.query))
        self._address = urlunsplit((parts.scheme, host, path or "/", query, ""))
        self._account = _account(user, parts.hostname or "")
        self._status: Status | None = None
        self._copy: Any = None

    def status(self) -> Status:
        """Ask for the first byte, as an address that is signed for reading may refuse to tell only the size."""
        try:
            with self._asked(0, 1) as answer:
                found = self._status_of(answer)
        except StatusError as error:
            if error.status != 416:  # there is no first byte
                raise
            found = Status(0, "")
        self._status = self._status or found
        return found

    def fetch(self, offset: int, length: int) -> bytes:
        """Ask for a range."""
        if self._copy is None:
            with self._asked(offset, length) as answer:
                if answer.status == 206:
                    self._check_range(answer, offset)
                    data: bytes = answer.read(length)
                    return data
                self._copy = self._copied(answer)
        self._copy.seek(offset)
        copied: bytes = self._copy.read(length)
        return copied

    def put(self, path: str) -> None:
        """Outputs by http are refused before the work."""
        raise NotImplementedError

    def remove(self) -> None:
        """See `put`."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """Return the address: a server lists nothing."""
        return [self._address]

    def _asked(self, offset: int, length: int) -> Any:
        request = Request(self._address, headers={"Accept-Encoding": "identity", "User-Agent": "simtool"})
        request.add_header("Range", f"bytes={offset}-{offset + length - 1}")
        if self._account:  # not to where a redirect leads
            request.add_unredirected_header("Authorization", f"Basic {b64encode(self._account.encode()).decode()}")
        try:
            return urlopen(request, timeout=TIMEOUT)
        except HTTPError as error:
            error.close()
            raise StatusError(error.code) from None

    def _status_of(self, answer: Any) -> Status:
        """Return size and stamp of an answer, after copying one that does not say its size."""
        stamp = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        if answer.status == 206:
            return Status(_total(answer), stamp)
        length = answer.headers.get("Content-Length")
        if length is not None and length.isdigit():
            return Status(int(length), stamp)
        self._copy = self._copied(answer)
        return Status(self._copy.seek(0, os.SEEK_END), stamp)

    def _check_range(self, answer: Any, offset: int) -> None:
        """Refuse a range of something else than what was opened."""
        stated = self._status_of(answer)
        start = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
        if start is None or int(start[1]) != offset:
            raise DataError("the server answers with another range than it was asked for", self._name, "download it")
        if self._status not in (None, stated):
            what = "this input changed while it was read, so nothing that was made of it counts"
            raise ResourceError(what, self._name, "run it again once nothing writes to it")

    def _copied(self, answer: Any) -> Any:
        """Copy the whole to a scratch file, which vanishes with the process."""
        length = answer.headers.get("Content-Length")
        left = most = self._room(int(length or 0))
        copy = tempfile.TemporaryFile(prefix="simtool-")  # noqa: SIM115 - it stays open with the store
        try:
            while piece := answer.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise self._too_large(f"more than {shown(most)}")
                copy.write(piece)
            if length is not None and most - left != int(length):
                raise EndedEarlyError
        except BaseException:
            copy.close()
            raise
        finalize(self, copy.close)
        return copy

    def _room(self, size: int) -> int:
        """Return how many bytes may be copied, if `size` of them may."""
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        room = min(free, self._most) if lies_in_memory(folder) else free
        if size > room:
            raise self._too_large(shown(size))
        return room

    def _too_large(self, size: str) -> ResourceError:
        what = f"this server sends only the whole file, {size}, and there is no room for a copy of it"
        return ResourceError(what, self._name, "name a folder with more room: TMPDIR=FOLDER simtool ...")


def _total(answer: Any) -> int:
    stated = re.search(r"/(\d+)$", answer.headers.get("Content-Range", ""))
    if stated is None:
        raise EndedEarlyError
    return int(stated[1])


def _account(user: str, host: str) -> str:
    """Return USER:PASSWORD, of the address or of the file for such."""
    if user:
        return unquote(user)
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    if not os.path.isfile(path):
        return ""
    import netrc

    try:
        found = netrc.netrc(path).hosts.get(host)
    except (OSError, netrc.NetrcParseError):
        return ""
    return f"{found[0]}:{found[2]}" if found else ""
