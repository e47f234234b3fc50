"""Pictures as files: what is asked for is checked before the work, and the file appears whole or not at all.

Accepted: .png, .svg and .pdf.
Refused: any other suffix, a path that another output or an input has, and all where matplotlib is not installed.
The same result gives the same bytes, whatever the user's matplotlibrc says.
"""

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from simtool import plots
from simtool.errors import OutputError, ParameterError
from simtool.io import check_output, replacing

from ..output.terminal import say, say_once_delivered

SUFFIXES = (".png", ".svg", ".pdf")
# without a date, so that the bytes depend on the result alone
_SAVED: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"metadata": {"Date": None}},
    ".pdf": {"metadata": {"CreationDate": None}},
}


@dataclass(frozen=True)
class Picture:
    """A picture that was asked for, checked before the work."""

    path: str
    force: bool = False
    quiet: bool = False

    @classmethod
    def check(
        cls,
        path: str | None,
        *,
        force: bool,
        quiet: bool,
        inputs: Iterable[str | None],
        outputs: Iterable[str | None],
    ) -> Self | None:
        """Refuse, before any work, a picture that could not be drawn after it.

        Args:
            inputs: what was typed for each input; the picture may be none of them.
            outputs: the other files that the command writes.

        Raises:
            OutputError: the suffix is none of a picture, or the file may not be written.
            ResourceError: matplotlib is not installed.
        """
        if path is None:
            return None
        suffix = _suffix(path)
        if suffix not in SUFFIXES:
            found = f"the suffix {suffix!r}" if suffix else "no suffix"
            what = f"a picture's suffix names its format, and this path has {found}"
            raise OutputError(what, path, f"use {', '.join(SUFFIXES)}")
        check_output(path, force=force, inputs=[source for source in inputs if source is not None])
        if any(os.path.realpath(path) == os.path.realpath(other) for other in outputs if other is not None):
            raise OutputError("the picture and the other output are two files", path, "name another file")
        plots.check_matplotlib("--plot")
        return cls(path, force, quiet)

    def write(self, drawing: "plots.Drawing") -> None:
        """Draw and write the file.

        Raises:
            OutputError: the file exists without `force`, or it may not be written.
            ResourceError: the disk is full.
        """
        with plots.plain_style(), _glyphs_noted(quiet=self.quiet), replacing(self.path, force=self.force) as temporary:
            suffix = _suffix(self.path)
            drawing.figure().savefig(temporary, format=suffix[1:], **_SAVED[suffix])
        if not self.quiet:
            say_once_delivered(f"wrote {self.path}")


def curve_picture(
    path: str | None,
    kind: str | None,
    inputs: Sequence[str | None],
    outputs: Sequence[str | None],
    *,
    swept: bool = False,
    force: bool,
    quiet: bool,
) -> Picture | None:
    """Refuse, before any work, a picture of an evaluation that could not be drawn after it; None without a path."""
    if swept and kind is not None:
        raise ParameterError("a sweep has one picture, of the measures over the bytes", "--plot-kind", "leave it out")
    if kind is not None:
        plots.check_curves(kind, "--plot-kind")
    if path is None and kind is not None:
        raise ParameterError("there is no picture to be of this kind", "--plot-kind", "--plot PATH draws one")
    return Picture.check(path, force=force, quiet=quiet, inputs=inputs, outputs=outputs)


def heat_picture(
    path: str | None, inputs: Sequence[str | None], output: str | None, *, selects: bool, force: bool, quiet: bool
) -> Picture | None:
    """Refuse, before any work, a heat map that could not be drawn after it; None without a path."""
    if path is not None and selects:
        what = "the heat map is of the whole matrix, and this keeps a part of it"
        raise ParameterError(what, "--plot", "leave out --top-k, --threshold and --max-pairs")
    return Picture.check(path, force=force, quiet=quiet, inputs=inputs, outputs=[output])


def history_picture(
    path: str | None,
    head: str,
    inputs: Sequence[str | None],
    outputs: Sequence[str | None],
    *,
    force: bool,
    quiet: bool,
) -> Picture | None:
    """Refuse, before any work, a curve that could not be drawn after it; None without a path."""
    if path is not None and head == "whiten":
        raise ParameterError("whitening has no epochs, so there is no curve", "--plot", "leave it out")
    return Picture.check(path, force=force, quiet=quiet, inputs=inputs, outputs=outputs)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


@contextmanager
def _glyphs_noted(*, quiet: bool) -> Iterator[None]:
    """Say once that the font lacks characters, instead of a warning for each of them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    if caught and not quiet:
        missing = any("missing from" in str(each.message) for each in caught)
        say("note: some characters of the ids are not in the font" if missing else f"note: {caught[0].message}")
