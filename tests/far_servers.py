"""Servers on the loopback interface that hold files, and fail when they are told to."""

import contextlib
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Web:
    """What a web server does: its files, whether it knows ranges, the faults still to come, and what it has done.

    A fault is a status, "reset" or "truncate"; None answers as it should.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    knows_ranges: bool = True
    says_length: bool = True
    faults: list[Any] = field(default_factory=list)
    always: Any = None
    version: str = "1"
    ranges: list[tuple[int, int]] = field(default_factory=list)
    accounts: list[str | None] = field(default_factory=list)
    served: int = 0
    address: str = ""

    def fault(self) -> Any:
        return self.faults.pop(0) if self.faults else self.always


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def serving(web: Web) -> Iterator[Web]:
    """Serve files by http."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            web.accounts.append(self.headers.get("Authorization"))
            content, fault = web.files.get(self.path.partition("?")[0]), web.fault()
            if fault == "reset":
                self.close_connection = True
                _reset(self.connection)
                return
            if isinstance(fault, int) or content is None:
                self.send_error(fault if isinstance(fault, int) else 404, "SECRET reason")
                return
            wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            first, stop = 0, len(content)
            if wanted and web.knows_ranges:
                first, stop = int(wanted[1]), min(int(wanted[2]) + 1, len(content))
                web.ranges.append((first, stop))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{stop - 1}/{len(content)}")
            else:
                self.send_response(200)
            if web.says_length:
                self.send_header("Content-Length", str(stop - first))
            self.send_header("ETag", f'"{web.version}"')
            self.end_headers()
            body = content[first:stop]
            web.served += len(body)  # before it is sent: a client that has read all may look at once
            with contextlib.suppress(OSError):  # a client may have read enough
                self.wfile.write(body[: len(body) // 2] if fault == "truncate" else body)

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        web.address = f"http://127.0.0.1:{server.server_port}"
        yield web


@contextlib.contextmanager
def s3_serving(web: Web) -> Iterator[Web]:
    """Serve S3 with moto's application; only requests for objects meet a fault."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    application = DomainDispatcherApplication(create_backend_app)

    class Quiet(WSGIRequestHandler):
        def log(self, *_: object, **__: object) -> None:
            pass

    def wrapped(environ: dict[str, Any], start: Any) -> Any:
        fault = web.fault() if environ["PATH_INFO"].count("/") > 1 else None
        if fault == "reset":
            _reset(environ["werkzeug.socket"])
            return []
        if isinstance(fault, int):
            start(f"{fault} Failed", [("Content-Length", "0")])
            return []
        body = b"".join(application(environ, start))
        if environ["REQUEST_METHOD"] == "GET":
            web.served += len(body)
        return [body[: len(body) // 2] if fault == "truncate" else body]

    with _running(make_server("127.0.0.1", 0, wrapped, threaded=True, request_handler=Quiet)) as server:
        web.address = f"http://127.0.0.1:{server.server_port}"
        yield web


@contextlib.contextmanager
def _running(server: Any) -> Iterator[Any]:
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
