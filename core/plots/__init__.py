"""Results as matplotlib figures: the one drawing of each kind, for `result.plot()` and for `--plot`.

Its front; the command line imports from here and from nowhere behind it. What draws imports matplotlib when it does.
"""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .choice import drawing_of as drawing_of
    from .choice import figure_of as figure_of
    from .curves import check_curves as check_curves
    from .curves import curve_drawing as curve_drawing
    from .heat_map import MOST as MOST
    from .heat_map import heat_drawing as heat_drawing
    from .histograms import histogram_drawing as histogram_drawing
    from .history import history_drawing as history_drawing
    from .style import Drawing as Drawing
    from .style import check_matplotlib as check_matplotlib
    from .style import plain_style as plain_style
    from .style import text_color as text_color
    from .style import title_of as title_of
    from .sweep import sweep_curves as sweep_curves
    from .sweep import sweep_drawing as sweep_drawing
    from .sweep import swept as swept

_MODULES = {
    "choice": ("drawing_of", "figure_of"),
    "curves": ("check_curves", "curve_drawing"),
    "heat_map": ("MOST", "heat_drawing"),
    "histograms": ("histogram_drawing",),
    "history": ("history_drawing",),
    "style": ("Drawing", "check_matplotlib", "plain_style", "text_color", "title_of"),
    "sweep": ("sweep_curves", "sweep_drawing", "swept"),
}
__getattr__, __dir__ = front(__name__, _MODULES)
