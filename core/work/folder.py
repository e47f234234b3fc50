"""A folder of blocks, here or far away.

Accepted: a folder of any file system, which is made where it is missing; a prefix of s3, gs, az or hf.
Refused: http and https, which have no way to write; a file where the folder should be.
Lost: nothing. A file appears whole under its name or not at all, and what a killed run has left is removed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..addresses import is_address, without_secrets
from ..errors import InputNotFoundError, OutputError
from ..io import replacing
from ..staged import sweep, writing_error


class WorkFolder:
    """Files in a folder, and in the folders in it.

    Args:
        path: the folder, or an address.
        makes: whether it is made where it is missing.

    Raises:
        OutputError: it cannot be one.
    """

    def __init__(self, path: str, *, makes: bool = True) -> None:
        self.path, self.is_far = path, is_address(path)
        self.name = without_secrets(path)
        if path.lower().startswith("http"):
            raise OutputError("a work folder cannot be kept by http", self.name, "name a folder, s3://, gs:// or az://")
        if self.is_far:
            return
        if makes:
            self._make("")
        for folder in [place for place, _, _ in os.walk(path)] if makes else [path]:  # an output has no folders of ours
            sweep(folder)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None where it is not there."""
        if self.is_far:
            return self._far_content(name)
        try:
            with open(self._place(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes, *, force: bool = True) -> None:
        """Let a file appear, whole.

        Raises:
            OutputError: it is there and may not be replaced, or the folder may not be written to.
            ResourceError: the disk is full.
        """
        with self.writing(name, force=force) as temporary, open(temporary, "wb") as file:
            file.write(data)

    @contextmanager
    def writing(self, name: str, *, force: bool = True, at_once: bool = True) -> Iterator[str]:
        """Yield a path whose file becomes that of the name once the body has ended well; as `replacing` does."""
        if not self.is_far:
            self._make(os.path.dirname(name))
        with replacing(self._place(name), force=force, at_once=at_once) as temporary:
            yield temporary

    def remove(self, name: str) -> None:
        """Let a file vanish."""
        if self.is_far:
            from ..io.retries import attempt
            from ..io.stores import open_store

            attempt(name, open_store(self._place(name), 0).remove)
        else:
            with suppress(FileNotFoundError):  # another run has been faster
                os.unlink(self._place(name))

    def mark(self, name: str) -> str:
        """Return what changes with a file, whoever writes it; "" where it is not there."""
        if self.is_far:
            return self._far_mark(name)
        try:
            found = os.stat(self._place(name))
        except FileNotFoundError:
            return ""
        return f"{found.st_size} {found.st_mtime_ns}"

    def names(self, folder: str) -> set[str]:
        """Return the names of the files in one of its folders, "" for itself, with that of the folder."""
        within = f"{folder}/" if folder else ""
        if self.is_far:
            from ..io.far import far_names

            try:
                return {f"{within}{name.rpartition('/')[2]}" for name in far_names(self._place(f"{within}*"))}
            except InputNotFoundError as error:
                _refuse_denied(error)
                return set()
        try:
            return {f"{within}{name}" for name in os.listdir(self._place(folder))}
        except FileNotFoundError:
            return set()

    def _far_content(self, name: str) -> bytes | None:
        from ..io.retries import attempt
        from ..io.stores import open_store

        store = open_store(self._place(name), 0)
        try:
            size = attempt(name, store.status).size
            return attempt(name, lambda: store.fetch(0, size))
        except InputNotFoundError as error:
            _refuse_denied(error)
            return None

    def _far_mark(self, name: str) -> str:
        from ..io.retries import attempt
        from ..io.stores import open_store

        try:
            found = attempt(name, open_store(self._place(name), 0).status)
        except InputNotFoundError as error:
            _refuse_denied(error)
            return ""
        return f"{found.size} {found.stamp}"

    def _place(self, name: str) -> str:
        if not self.is_far:
            return os.path.join(self.path, name)
        address, mark, query = self.path.partition("?")
        return f"{address.rstrip('/')}/{name}{mark}{query}"

    def _make(self, name: str) -> None:
        try:
            os.makedirs(self._place(name), exist_ok=True)
        except OSError as error:
            raise writing_error(error, self.name) from error


def _refuse_denied(error: InputNotFoundError) -> None:
    """Raise an error again that has a mend: access is denied, and what is there is not known."""
    if error.hint:
        raise error
