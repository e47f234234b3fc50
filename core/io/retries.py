"""What is asked of a network, asked again where the fault may pass, and refused without a word of what was sent.

Accepted: faults that pass: answers 408, 425, 429 and 5xx, connections that are reset, refused or time out, bodies that
end early. They are asked for again `len(PAUSES)` times, after longer and longer pauses. What answers for the first time
has `FIRST_ANSWER` seconds, where a library has pauses of its own.
Refused: at once, what another attempt would not mend: 401, 403, 404, an unknown host, a certificate that is none.
Lost: the text of every fault, which may hold an address with its signature, or an answer with an account.
"""

import errno
import math
import os
import random
import re
import socket
import ssl
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException, InvalidURL, responses
from threading import Thread
from typing import NoReturn, TypeVar

from ..errors import InputNotFoundError, ResourceError, SimtoolError

PAUSES = [0.2, 0.6, 1.8, 5.4]  # seconds
FIRST_ANSWER = 15.0  # seconds that a library has which tries again by itself, for some minutes, without a network
PASSING = {408, 425, 429}
MISSING, DENIED = {404, 410}, {401, 403}
AWS_MISSING = ("NO_SUCH_BUCKET", "NO_SUCH_KEY", "RESOURCE_NOT_FOUND")
AWS_DENIED = (
    "ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID",
    "MISSING_AUTHENTICATION_TOKEN", "UNRECOGNIZED_CLIENT", "INVALID_SIGNATURE", "ACCESS_DENIED_EXCEPTION",
)  # fmt: skip
CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or ~/.aws name the account",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth application-default login` names the account",
    "az": "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME and _KEY, name the account",
    "hf": "HF_TOKEN or `hf auth login` names the account",
    "http": "a user and password stand in ~/.netrc; is a signature in the address still valid?",
}
CREDENTIALS |= {"gcs": CREDENTIALS["gs"], "https": CREDENTIALS["http"]}
CREDENTIALS |= dict.fromkeys(("abfs", "abfss"), CREDENTIALS["az"])

Answer = TypeVar("Answer")


class EndedEarlyError(OSError):
    """A body is shorter than was promised."""


class StatusError(OSError):
    """A server answered with a status that is no success."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status


@dataclass(frozen=True)
class Fault:
    """What went wrong, in words that hold nothing of the request.

    Args:
        reason: a few words.
        kind: `missing`, `denied`, `passing` or `lasting`.
    """

    reason: str
    kind: str


def attempt(name: str, action: Callable[[], Answer], *, opened: bool = False, within: float | None = None) -> Answer:
    """Do something through a network, again where the fault may pass.

    Args:
        name: the address without its secrets.
        action: what to do; it may be done several times.
        opened: whether it was there and readable a moment ago.
        within: seconds in which it has to end, however often it was done; None for any.

    Raises:
        InputNotFoundError: it is not there, or access is denied.
        ResourceError: the network or the server failed each time, or it fails once it was opened.
    """
    end = math.inf if within is None else time.monotonic() + within
    for number, pause in enumerate((*PAUSES, math.inf), start=1):
        try:
            return action() if within is None else _in_time(action, end - time.monotonic())
        except SimtoolError:
            raise
        except Exception as error:
            fault = fault_of(error)
            if pause == math.inf or fault.kind != "passing" or time.monotonic() + pause >= end:
                raise _refusal(fault, name, opened, number) from None
            time.sleep(pause * random.uniform(0.8, 1.2))
    raise AssertionError("the last attempt returns or raises")


def _in_time(action: Callable[[], Answer], seconds: float) -> Answer:
    """Do something in a thread that nobody waits for any longer, as a library that tries again by itself may not end.

    Raises:
        TimeoutError: it did not end in time.
    """
    ended: list[Callable[[], Answer]] = []

    def run() -> None:
        try:
            answer = action()
            ended.append(lambda: answer)
        except BaseException as error:
            ended.append(partial(_raise, error))

    thread = Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        raise TimeoutError
    return ended[0]()


def _raise(error: BaseException) -> NoReturn:
    raise error


def fault_of(error: BaseException) -> Fault:
    """Return what an error of any library is about."""
    for name in ("reason", "os_error"):  # urllib and aiohttp wrap what the system said
        if isinstance(reason := getattr(error, name, None), BaseException):
            return fault_of(reason)
    status, code = _status(error), _aws_code(error)
    words = code or _words(error) if status is None else f"{status} {responses.get(status, '')}".strip()
    if status in MISSING or code in AWS_MISSING or isinstance(error, FileNotFoundError):
        return Fault(words, "missing")
    if status in DENIED or code in AWS_DENIED or "TOKEN" in code or isinstance(error, PermissionError):
        return Fault(words, "denied")
    if status is not None:
        return Fault(words, "passing" if status >= 500 or status in PASSING else "lasting")
    return Fault(words, "passing" if _passes(error) else "lasting")


def _status(error: BaseException) -> int | None:
    """Return the status of HTTP that an error of any library tells."""
    response = getattr(error, "response", None)
    for holder in (error, response):
        for name in ("status", "status_code", "code"):
            found = getattr(holder, name, None)
            if isinstance(found, int) and 400 <= found < 600:
                return found
    stated = re.search(r"HTTP status (\d{3})", str(error))
    return int(stated[1]) if stated else None


def _aws_code(error: BaseException) -> str:
    stated = re.search(r"AWS Error ([A-Z_]+)", str(error))
    return stated[1] if stated else ""


def _words(error: BaseException) -> str:
    if isinstance(error, EndedEarlyError | HTTPException) and not isinstance(error, ConnectionError | InvalidURL):
        return "the answer ended early"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the host is not known"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not valid"
    if isinstance(error, OSError) and isinstance(error.errno, int) and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return type(error).__name__


def _passes(error: BaseException) -> bool:
    if isinstance(error, InvalidURL | ssl.SSLCertVerificationError | IsADirectoryError | NotADirectoryError):
        return False
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    if isinstance(error, OSError | HTTPException):
        return True
    return type(error).__module__.partition(".")[0] in ("aiohttp", "requests", "httpx", "urllib3")


def _refusal(fault: Fault, name: str, opened: bool, tries: int) -> SimtoolError:
    scheme = name.partition("://")[0].lower()
    if opened and fault.kind != "passing":
        what = f"this input was there and cannot be read any more: {fault.reason}"
        return ResourceError(what, name, "run it again once nothing writes to it")
    if fault.kind == "missing":
        return InputNotFoundError("no such file", name)
    if fault.kind == "denied":
        return InputNotFoundError(f"access is denied: {fault.reason}", name, CREDENTIALS[scheme])
    if fault.kind == "lasting":
        return ResourceError(f"this cannot be reached: {fault.reason}", name, "is the address right?")
    what = f"the network or the server failed {tries} time{'' if tries == 1 else 's'}: {fault.reason}"
    return ResourceError(what, name, "try again later")
