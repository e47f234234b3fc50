"""From scores to decisions: how well pairs are told apart, and where to put the threshold."""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .curves import Curve as Curve
    from .curves import det_curve as det_curve
    from .curves import precision_recall_curve as precision_recall_curve
    from .curves import roc_curve as roc_curve
    from .thresholds_file import read_threshold as read_threshold

_MODULES = {
    "curves": ("Curve", "det_curve", "precision_recall_curve", "roc_curve"),
    "thresholds_file": ("read_threshold",),
}
__getattr__, __dir__ = front(__name__, _MODULES)
