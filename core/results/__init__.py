"""What an operation hands back: frozen records with named columns, ready for any format, to JSON and back."""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .arrow import arrow_array as arrow_array
    from .arrow import arrow_type as arrow_type
    from .baseline import DELTA as DELTA
    from .baseline import Baseline as Baseline
    from .baseline import all_numbers as all_numbers
    from .baseline import no_baseline as no_baseline
    from .baseline import numbers_named as numbers_named
    from .drawings import curve_figures as curve_figures
    from .drawings import histogram_figures as histogram_figures
    from .drawings import plane_figure as plane_figure
    from .gates import Gate as Gate
    from .gates import GateError as GateError
    from .gates import Verdict as Verdict
    from .gates import judge as judge
    from .gates import parse_gate as parse_gate
    from .numbers import check_group as check_group
    from .numbers import split_group as split_group
    from .records import Column as Column
    from .records import Columns as Columns
    from .records import GradientSink as GradientSink
    from .records import Grid as Grid
    from .records import HeatMap as HeatMap
    from .records import Histogram as Histogram
    from .records import Note as Note
    from .records import Progress as Progress
    from .records import Rows as Rows
    from .records import Scalar as Scalar
    from .records import begin as begin
    from .records import in_batches as in_batches
    from .records import nearest_keys as nearest_keys
    from .records import over_batches as over_batches
    from .records import shapes_line as shapes_line
    from .result import Result as Result
    from .sinks import Into as Into
    from .sinks import MatrixPart as MatrixPart
    from .sinks import PartSink as PartSink
    from .sinks import RowsInto as RowsInto
    from .sinks import Sink as Sink
    from .values import json_rows as json_rows
    from .values import json_text as json_text
    from .values import scalar_to_python as scalar_to_python
    from .values import to_python as to_python

_MODULES = {
    "arrow": ("arrow_array", "arrow_type"),
    "baseline": ("DELTA", "Baseline", "all_numbers", "no_baseline", "numbers_named"),
    "drawings": ("curve_figures", "histogram_figures", "plane_figure"),
    "gates": ("Gate", "GateError", "Verdict", "judge", "parse_gate"),
    "numbers": ("check_group", "split_group"),
    "records": (
        "Column",
        "Columns",
        "GradientSink",
        "Grid",
        "HeatMap",
        "Histogram",
        "Note",
        "Progress",
        "Rows",
        "Scalar",
        "begin",
        "in_batches",
        "nearest_keys",
        "over_batches",
        "shapes_line",
    ),
    "result": ("Result",),
    "sinks": ("Into", "MatrixPart", "PartSink", "RowsInto", "Sink"),
    "values": ("json_rows", "json_text", "scalar_to_python", "to_python"),
}
__getattr__, __dir__ = front(__name__, _MODULES)
