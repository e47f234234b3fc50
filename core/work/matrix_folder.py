"""A matrix as a folder of files, each of some of its rows, and a manifest once all are there.

Accepted: a folder here or far away, which is made where it is missing; formats of arrays and of tables.
Refused: a folder whose matrix is finished, without `force`; parts of an unfinished one where no work is kept, without
`force`; parts of another matrix among those of this one.
Lost: nothing. A part appears whole under its name or not at all; `_manifest.json` appears when all rows are there.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any

import numpy as np

from ..errors import OutputError, ParameterError
from ..io import ARRAYS, open_matrix, open_rows
from ..results import MatrixPart
from ..staged import exists_already
from .folder import WorkFolder
from .keeping import is_kept

FINISHED = "_manifest.json"  # begins as what readers of a folder pass over
PART = re.compile(r"rows-(\d+)-(\d+)\.\w+")


def check_matrix_folder(path: str, *, force: bool, inputs: Iterable[str]) -> None:
    """Refuse, before any work, a folder that the parts of a matrix could not be written to.

    Raises:
        OutputError: see the contract above; or an input lies in it.
    """
    folder = WorkFolder(path, makes=False)
    if os.path.isfile(path.rstrip("/")):
        raise OutputError("the output is to be a folder, and this is a file", folder.name, "name another folder")
    own = os.path.realpath(path)
    if any(own in (place := os.path.realpath(each), os.path.dirname(place)) for each in inputs):
        raise OutputError("an input lies in the folder of the output", folder.name, "name another folder")
    if force:
        return
    if folder.read(FINISHED) is not None:
        raise exists_already(folder.name)
    if not is_kept() and any(map(PART.fullmatch, folder.names(""))):
        hint = "«force» begins anew; «work» lets a run go on where it was stopped"
        raise OutputError("the folder holds parts of a matrix that is not finished", folder.name, hint)


class MatrixFolder:
    """Takes the parts of a matrix.

    Args:
        path: the folder, or an address.
        format: of a file.
        shape: (n, m) of the matrix.
        dtype: of its scores.
        force: what is there may be replaced.
        escape_formulas: as for `open_rows`.
    """

    def __init__(
        self,
        path: str,
        format: str,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        *,
        force: bool,
        escape_formulas: bool = False,
    ) -> None:
        """Look what is there; where no work is kept, what is left of an earlier matrix goes with the first part."""
        if len(shape) != 2:
            what = f"a folder takes the parts of one matrix, and there are {shape[0]:,} in batches"
            raise ParameterError(what, path, "«output=scores.npy» takes them all")
        self.folder, self.format, self.shape, self.dtype = WorkFolder(path, makes=False), format, shape, dtype
        self.force, self.escape_formulas = force, escape_formulas
        self.lock = Lock()
        there = self.folder.names("")
        self.names = set(filter(PART.fullmatch, there))
        self.stale = there & {FINISHED} if force else set()
        if force and not is_kept():
            self.stale, self.names = self.stale | self.names, set()

    def has(self, start: int, stop: int) -> bool:
        """Tell whether the part of these rows is there."""
        return self._name(start, stop) in self.names

    def write(self, rows: Sequence[MatrixPart]) -> None:
        """Write a part."""
        with self.lock:  # of several threads the first clears up, and none writes before
            while self.stale:
                self.folder.remove(self.stale.pop())
        start, count = rows[0].start, sum(len(each.scores) for each in rows)
        name = self._name(start, start + count)
        with self.folder.writing(name) as path:
            if self.format in ARRAYS:
                with open_matrix(path, (count, self.shape[1]), self.dtype, self.format) as matrix:
                    for each in rows:
                        matrix.write(each.start - start, each.scores)
            else:
                with open_rows(path, self.format, escape_formulas=self.escape_formulas) as writer:
                    for each in rows:
                        writer.write(each.columns())
        self.names.add(name)

    def finish(self) -> str:
        """Write the manifest with the other outputs of the command; return what the folder holds.

        Raises:
            OutputError: there are parts of another matrix too, or somebody has removed one of this.
        """
        parts, done = [], 0
        for name in sorted(self.names):
            start, stop = map(int, PART.findall(name)[0])
            if start != done or stop > self.shape[0] or not name.endswith(self.format):
                hint = "name another folder, or remove this one; «work» keeps what is computed"
                raise OutputError(f"{name} is a part of another matrix", self.folder.name, hint)
            parts.append({"file": name, "rows": [start, stop]})
            done = stop
        if done != self.shape[0]:
            raise OutputError(f"the part that begins with row {done} is gone", self.folder.name, "run it again")
        shape, dtype = list(self.shape), self.dtype.str
        stated = {"shape": shape, "dtype": dtype, "format": self.format, "parts": parts}
        with self.folder.writing(FINISHED, force=self.force, at_once=False) as path, open(path, "w") as file:
            json.dump(stated, file)
        files = f"{len(parts):,} file{'' if len(parts) == 1 else 's'}"
        return f"{' × '.join(map(str, self.shape))}, {self.dtype}, in {files}"

    def _name(self, start: int, stop: int) -> str:
        digits = len(str(self.shape[0]))
        return f"rows-{start:0{digits}}-{stop:0{digits}}.{self.format}"
