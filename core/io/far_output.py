"""Outputs far away: written to a scratch file, and uploaded when all is well; until then the object is what it was.

Accepted: s3, gs, az, hf.
Refused: http and https, which have no way to write that servers agree on; an existing object without `force`; a folder;
an address that is an input too.
Lost: an object that was replaced is not put back where another output of the same command fails.
"""

import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from ..addresses import without_secrets
from ..errors import InputNotFoundError, OutputError
from ..staged import StagedFile, exists_already
from .retries import attempt
from .stores import Store, first_answer, open_store


class FarStagedFile(StagedFile):
    """A scratch file that becomes an object far away."""

    def __init__(self, path: str, *, force: bool) -> None:
        """Choose a scratch file in the folder for such."""
        super().__init__(os.path.join(tempfile.gettempdir(), ".simtool-upload"), force=force)
        self.typed = without_secrets(path)
        self._store = open_store(path, 0)
        self._is_new = False

    def switch(self) -> None:
        """Upload it."""
        is_there = _exists(self._store, self.typed)
        if is_there and not self.force:
            raise FileExistsError
        self._is_new = not is_there
        try:
            with ThreadPoolExecutor(1) as pool:  # which no interrupt reaches: libraries complete a part that it leaves
                pool.submit(bool).result()  # its thread has begun before there is anything to wait for
                pool.submit(attempt, self.typed, lambda: self._store.put(self.path)).result()
        except InputNotFoundError as error:
            raise OutputError(f"the output could not be written: {error.what}", self.typed, error.hint) from None

    def undo(self) -> None:
        """Remove what was uploaded, unless it has replaced another object."""
        with suppress(Exception):
            if self._is_new and _exists(self._store, self.typed):
                self._store.remove()


def check_far_output(address: str, *, force: bool, inputs: Iterable[str]) -> None:
    """Refuse an output that could not be written at the end.

    Raises:
        OutputError: see the contract above.
    """
    name = without_secrets(address)
    if address.lower().startswith("http"):
        hint = "write to a file, s3://, gs://, az:// or hf://"
        raise OutputError("an output cannot be sent by http", name, hint)
    for typed in inputs:
        if address in (typed, typed.rpartition("::")[0]):
            raise OutputError(f"the output is also the input {without_secrets(typed)}", name, "write to another place")
    if address.endswith("/"):
        raise OutputError("the output is a folder", name, "name a file in it")
    if _exists(open_store(address, 0), name) and not force:
        raise exists_already(name)


def _exists(store: Store, name: str) -> bool:
    """Tell whether an object is there."""
    try:
        attempt(name, store.status, within=first_answer(name))
    except InputNotFoundError as error:
        if error.hint:  # access is denied
            raise OutputError(f"the output could not be written: {error.what}", name, error.hint) from None
        return False
    return True
