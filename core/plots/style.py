"""What all pictures share: colours, one style whatever the user's matplotlibrc says, titles, and the empty figure."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ResourceError, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# of Okabe and Ito 2008, told apart by every kind of colour vision
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
LINES = ((BLUE, "-"), (ORANGE, "--"), ("#009E73", "-."), ("#CC79A7", ":"), ("#56B4E9", "-"), ("#E69F00", "--"))
SIZE = (5.6, 4.6)  # inches
BESIDE = ("labels", "targets", "by", "pairs")  # inputs that are not what a picture is of
LONGEST = 64  # characters of a title
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


class Drawing(NamedTuple):
    """A picture that is not drawn yet.

    Args:
        draw: puts axes into an empty figure.
    """

    draw: Callable[["Figure"], None]
    size: tuple[float, float] = SIZE

    def figure(self) -> "Figure":
        """Return it drawn; the caller is in `plain_style`."""
        from .figure import Plot

        figure = Plot(figsize=self.size, layout="constrained")
        self.draw(figure)
        return figure


def check_matplotlib(where: str) -> None:
    """Refuse what cannot be drawn here.

    Raises:
        ResourceError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401 - whether it is there is the question
    except ImportError as error:
        what = "a picture needs matplotlib, which is not installed"
        raise ResourceError(what, where, "pip install matplotlib, which the extra plot brings") from error


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


def text_color(red: float, green: float, blue: float) -> str:
    """Return black or white, whichever contrasts more with a colour of sRGB from 0 to 1, by WCAG 2.2.

    Example:
        >>> text_color(0.5, 0.5, 0.9), text_color(0.1, 0.1, 0.8)
        ('#000000', '#ffffff')
    """
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue))
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    # with black it is (luminance + 0.05) / 0.05, with white 1.05 / (luminance + 0.05)
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


@contextmanager
def plain_style() -> Iterator[None]:
    """Draw in one style, and leave matplotlib's settings as they were."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield
