"""Readers and writers: where bytes become vectors and tables, and results become files, and nowhere else.

Its front; the command line imports from here and from nowhere behind it.
"""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..delivery import abandon as abandon
    from ..delivery import check_inputs as check_inputs
    from ..delivery import delivery as delivery
    from ..delivery import once_delivered as once_delivered
    from ..delivery import watched as watched
    from ..delivery import withdraw as withdraw
    from ..memory import prepare_address_space as prepare_address_space
    from ..staged import writing_error as writing_error
    from .array_writers import ARRAYS as ARRAYS
    from .array_writers import MatrixWriter as MatrixWriter
    from .array_writers import open_matrix as open_matrix
    from .array_writers import write_array as write_array
    from .grouped_rows import GroupedRows as GroupedRows
    from .grouped_rows import row_groups as row_groups
    from .in_memory import as_source as as_source
    from .in_memory import as_table as as_table
    from .in_memory import as_values as as_values
    from .keep import Keep as Keep
    from .offered_columns import column_names as column_names
    from .opening import open_items as open_items
    from .opening import open_table as open_table
    from .opening import open_vectors as open_vectors
    from .output import FORMAT_OF_SUFFIX as FORMAT_OF_SUFFIX
    from .output import check_output as check_output
    from .output import output_format as output_format
    from .output import replacing as replacing
    from .pairs import LabelledVectors as LabelledVectors
    from .pairs import open_examples as open_examples
    from .pairs import open_pairs as open_pairs
    from .paths import SEVERAL as SEVERAL
    from .ragged import RaggedVectors as RaggedVectors
    from .ragged import as_ragged as as_ragged
    from .row_values import read_values as read_values
    from .runs import CLOSING as CLOSING
    from .runs import OPENING as OPENING
    from .runs import embedded as embedded
    from .selected_vectors import select as select
    from .selecting import Selecting as Selecting
    from .selecting import SelectingBySeed as SelectingBySeed
    from .selecting import check_seed as check_seed
    from .selecting import select_of as select_of
    from .selecting import selects as selects
    from .selection import Selection as Selection
    from .selection import beside as beside
    from .selection import of_selected as of_selected
    from .sniffing import INPUT_FORMATS as INPUT_FORMATS
    from .sniffing import assume as assume
    from .table import Table as Table
    from .table import pick_vectors as pick_vectors
    from .table_opening import split_source as split_source
    from .vectors import Vectors as Vectors
    from .vectors import as_vectors as as_vectors
    from .vectors import with_ids as with_ids
    from .writers import RowWriter as RowWriter
    from .writers import open_rows as open_rows

_MODULES = {
    ".delivery": ("abandon", "check_inputs", "delivery", "once_delivered", "watched", "withdraw"),
    ".memory": ("prepare_address_space",),
    ".staged": ("writing_error",),
    "array_writers": ("ARRAYS", "MatrixWriter", "open_matrix", "write_array"),
    "grouped_rows": ("GroupedRows", "row_groups"),
    "in_memory": ("as_source", "as_table", "as_values"),
    "keep": ("Keep",),
    "offered_columns": ("column_names",),
    "opening": ("open_items", "open_table", "open_vectors"),
    "output": ("FORMAT_OF_SUFFIX", "check_output", "output_format", "replacing"),
    "pairs": ("LabelledVectors", "open_examples", "open_pairs"),
    "paths": ("SEVERAL",),
    "ragged": ("RaggedVectors", "as_ragged"),
    "row_values": ("read_values",),
    "runs": ("CLOSING", "OPENING", "embedded"),
    "selected_vectors": ("select",),
    "selecting": ("Selecting", "SelectingBySeed", "check_seed", "select_of", "selects"),
    "selection": ("Selection", "beside", "of_selected"),
    "sniffing": ("INPUT_FORMATS", "assume"),
    "table": ("Table", "pick_vectors"),
    "table_opening": ("split_source",),
    "vectors": ("Vectors", "as_vectors", "with_ids"),
    "writers": ("RowWriter", "open_rows"),
}
__getattr__, __dir__ = front(__name__, _MODULES)
