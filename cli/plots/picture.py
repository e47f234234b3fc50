"""Pictures as files: what is asked for is checked before the work, and the file appears whole or not at all.

Accepted: .png, .svg and .pdf.
Refused: any other suffix, a path that another output or an input has, and all where matplotlib is not installed.
The same result gives the same bytes, whatever the user's matplotlibrc says.
"""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from simtool.errors import OutputError, ResourceError
from simtool.io import check_output, replacing

from ..output.terminal import printable, say, say_once_delivered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# of Okabe and Ito 2008, told apart by every kind of colour vision
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
SUFFIXES = (".png", ".svg", ".pdf")
BESIDE = ("labels", "targets", "by", "pairs")  # inputs that are not what a picture is of
LONGEST = 64  # characters of a title
# without a date, so that the bytes depend on the result alone
_SAVED: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"metadata": {"Date": None}},
    ".pdf": {"metadata": {"CreationDate": None}},
}
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "legend.fontsize": 9,
    "legend.handlelength": 2.4,
    "lines.linewidth": 1.8,
    "text.parse_math": False,  # an id may hold a dollar sign
    "svg.hashsalt": "simtool",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "savefig.dpi": 150,
}


@dataclass(frozen=True)
class Picture:
    """A picture that was asked for, checked before the work.

    Args:
        path: the file to write.
        force: an existing file may be replaced.
        quiet: no notes on stderr.
    """

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
            path: what was typed for --plot.
            force: whether --force was.
            quiet: whether --quiet was.
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
        _check_matplotlib()
        return cls(path, force, quiet)

    def write(self, draw: Callable[["Figure"], None], size: tuple[float, float]) -> None:
        """Draw and write the file.

        Args:
            draw: puts axes into an empty figure.
            size: width and height in inches.

        Raises:
            OutputError: the file exists without `force`, or it may not be written.
            ResourceError: the disk is full.
        """
        from matplotlib.figure import Figure

        with _plain_style(), _glyphs_noted(quiet=self.quiet), replacing(self.path, force=self.force) as temporary:
            figure = Figure(figsize=size, layout="constrained")
            draw(figure)
            suffix = _suffix(self.path)
            figure.savefig(temporary, format=suffix[1:], **_SAVED[suffix])
        if not self.quiet:
            say_once_delivered(f"wrote {self.path}")


def title_of(inputs: Mapping[str, str]) -> str:
    """Return the files that a result is of, cut where it is long.

    Example:
        >>> title_of({"a": "data/x.npy", "b": "y.parquet::v", "labels": "labels.npy"})
        'x.npy, y.parquet'
    """
    subjects = [name for role, name in inputs.items() if role not in BESIDE and not role.startswith("against")]
    files = dict.fromkeys(os.path.basename(name.split("::")[0]) or name for name in subjects)
    return shortened(", ".join(files), LONGEST)


def shortened(text: str, longest: int) -> str:
    """Return printable text of at most so many characters."""
    text = printable(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _check_matplotlib() -> None:
    try:
        import matplotlib.figure  # noqa: F401 - whether it is there is the question
    except ImportError:
        what = "a picture needs matplotlib, which is not installed"
        raise ResourceError(what, "--plot", "pip install matplotlib") from None


@contextmanager
def _plain_style() -> Iterator[None]:
    """Draw in one style, and leave matplotlib's settings as they were."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


@contextmanager
def _glyphs_noted(*, quiet: bool) -> Iterator[None]:
    """Say once that the font lacks characters, instead of a warning for each of them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    if caught and not quiet:
        missing = any("missing from" in str(each.message) for each in caught)
        say("note: some characters of the ids are not in the font" if missing else f"note: {caught[0].message}")
