"""What an operation hands back: frozen records with named columns, ready for any format, to JSON and back."""

from .records import Column as Column
from .records import Columns as Columns
from .records import GradientSink as GradientSink
from .records import Grid as Grid
from .records import HeatMap as HeatMap
from .records import Histogram as Histogram
from .records import Note as Note
from .records import Progress as Progress
from .records import Result as Result
from .records import Rows as Rows
from .records import Scalar as Scalar
from .records import begin as begin
from .records import in_batches as in_batches
from .records import nearest_keys as nearest_keys
from .records import over_batches as over_batches
from .records import shapes_line as shapes_line
from .sinks import Into as Into
from .sinks import MatrixPart as MatrixPart
from .sinks import RowsInto as RowsInto
from .sinks import Sink as Sink
from .values import json_rows as json_rows
from .values import json_text as json_text
from .values import scalar_to_python as scalar_to_python
from .values import to_python as to_python
