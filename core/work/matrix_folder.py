"""A matrix as a folder of files, each of some of its rows, and a manifest once all are there.

Accepted: a folder here or far away, which is made where it is missing; formats of arrays and of tables.
Refused: a folder whose matrix is finished, without `force`; parts of an unfinished one where no work is kept, without
`force`; parts of another matrix among those of this one, as far as names tell.
Lost: nothing. A part appears whole under its name or not at all, and one that somebody has written over is computed
again: what is kept of it tells. `_manifest.json` appears when all rows are there.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any

import numpy as np

from ..errors import OutputError, ParameterError
from ..io import ARRAYS, FORMAT_OF_SUFFIX, open_matrix, open_rows
from ..results import MatrixPart
from ..staged import exists_already
from .folder import WorkFolder
from .keeping import is_kept

FINISHED = "_manifest.json"  # begins as what readers of a folder pass over
SHOWN = 5  # missing ranges of rows
PART = re.compile(r"rows-(\d+)-(\d+)(\.\w+)")
SUFFIXES = {known: suffix for suffix, known in reversed(FORMAT_OF_SUFFIX.items())}  # of several the first


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
        """Look what is there: what is left of an earlier matrix is refused, or goes with the first part.

        Raises:
            OutputError: parts of a matrix of another shape or format, without `force`.
            ParameterError: there are several matrices.
        """
        if len(shape) != 2:
            what = f"a folder takes the parts of one matrix, and there are {shape[0]:,} in batches"
            raise ParameterError(what, path, "«output=scores.npy» takes them all")
        self.folder, self.format, self.shape, self.dtype = WorkFolder(path, makes=False), format, shape, dtype
        self.force, self.escape_formulas = force, escape_formulas
        self.lock = Lock()
        there = self.folder.names("")
        parts = set(filter(PART.fullmatch, there))
        others = {name for name in parts if not self._fits(name)} if is_kept() else parts
        if others and not force:
            raise self._of_another(min(others))
        self.stale = (there & {FINISHED}) | others if force else set()

    def has(self, start: int, stop: int, mark: str) -> bool:
        """Tell whether the part of these rows is there as it was written."""
        return self.folder.mark(self._name(start, stop)) == mark

    def write(self, rows: Sequence[MatrixPart]) -> str:
        """Write a part; return the mark of its file."""
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
        return self.folder.mark(name)

    def finish(self) -> str:
        """Write the manifest with the other outputs of the command; return what the folder holds.

        Raises:
            OutputError: there are parts of another matrix too, or somebody has removed one of this.
        """
        parts, gone, done = [], list[str](), 0
        for name in sorted(filter(PART.fullmatch, self.folder.names(""))):
            start, stop = _rows_of(name)
            if start < done or not self._fits(name):
                raise self._of_another(name)
            gone += [f"{done}:{start}"] if start > done else []
            parts.append({"file": name, "rows": [start, stop]})
            done = stop
        gone += [f"{done}:{self.shape[0]}"] if done < self.shape[0] else []
        if gone:
            more = f" and {len(gone) - SHOWN:,} more" if len(gone) > SHOWN else ""
            what = f"parts of the matrix are gone, of rows {', '.join(gone[:SHOWN])}{more}"
            raise OutputError(what, self.folder.name, "run it again")
        shape, dtype = list(self.shape), self.dtype.str
        stated = {"shape": shape, "dtype": dtype, "format": self.format, "parts": parts}
        with self.folder.writing(FINISHED, force=self.force, at_once=False) as path, open(path, "w") as file:
            json.dump(stated, file)
        files = f"{len(parts):,} file{'' if len(parts) == 1 else 's'}"
        return f"{' × '.join(map(str, self.shape))}, {self.dtype}, in {files}"

    def _name(self, start: int, stop: int) -> str:
        digits = len(str(self.shape[0]))
        return f"rows-{start:0{digits}}-{stop:0{digits}}{SUFFIXES[self.format]}"

    def _fits(self, name: str) -> bool:
        """Tell whether a part can be one of a matrix of this shape and format."""
        start, stop = _rows_of(name)
        return stop <= self.shape[0] and name == self._name(start, stop)

    def _of_another(self, name: str) -> OutputError:
        hint = "name another folder, or remove this one; «work» keeps what is computed"
        return OutputError(f"{name} is a part of another matrix", self.folder.name, hint)


def _rows_of(name: str) -> tuple[int, int]:
    start, stop, _ = PART.findall(name)[0]
    return int(start), int(stop)
