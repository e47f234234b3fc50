"""The engine: all pairs of two sets of rows, scored in tiles with proven bounds and reduced exactly.

Its front; other rooms import from here and from nowhere behind it. The questions it answers:

- `nearest`, `nearest_both`, `nearest_others`: the closest rows of each row, as arrays.
- `each_nearest`, `within`, `closest_pairs`: the k closest of each row, all pairs up to a threshold, or the closest
  pairs of all, given as they are found.
- `group_rows`: groups of close rows.
- `reduce_pairs`: whatever a reducer makes of the tiles.
- `select_pairs`, `full_matrix`: two inputs to a result, listed or whole.
- `scan_phase`, `tiles_phase`, `reading_phase`: what a pass will do, told before it.

The rest are the records that a caller hands in or gets back.
"""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .aligned import ALIGNED_NUMBERS as ALIGNED_NUMBERS
    from .aligned import AlignedJob as AlignedJob
    from .budget import Budget as Budget
    from .budget import budget_of as budget_of
    from .budget import gathered as gathered
    from .budget import spending as spending
    from .calibration import operation_seconds as operation_seconds
    from .choice import MOST_RESULTS as MOST_RESULTS
    from .choice import Choice as Choice
    from .choice import check_precision as check_precision
    from .duplicates import first_equals as first_equals
    from .duplicates import occurrences as occurrences
    from .duplicates import row_hashes as row_hashes
    from .exclusion import Exclusion as Exclusion
    from .exclusion import same_rows as same_rows
    from .grouping import group_rows as group_rows
    from .input_rows import Input as Input
    from .input_rows import largest_of as largest_of
    from .input_rows import prepare_input as prepare_input
    from .job import PairwiseJob as PairwiseJob
    from .kernels import Kernel as Kernel
    from .kernels import Side as Side
    from .kernels import Tile as Tile
    from .listing import ROW as ROW
    from .listing import Listing as Listing
    from .listing import check_list as check_list
    from .listing import select_pairs as select_pairs
    from .matches import Match as Match
    from .matches import Matches as Matches
    from .matches import nearest as nearest
    from .matches import nearest_both as nearest_both
    from .matches import nearest_others as nearest_others
    from .matrices import MatrixTarget as MatrixTarget
    from .matrices import check_matrix as check_matrix
    from .matrices import full_matrix as full_matrix
    from .matrices import matrix_bytes as matrix_bytes
    from .matrix_rows import MatrixRows as MatrixRows
    from .phases import Phase as Phase
    from .phases import reading_phase as reading_phase
    from .phases import scan_phase as scan_phase
    from .phases import tiles_phase as tiles_phase
    from .places import Hits as Hits
    from .plan import Plan as Plan
    from .plan import Span as Span
    from .precision_choice import middle as middle
    from .reducers.base import PartialResult as PartialResult
    from .reducers.base import Reducer as Reducer
    from .reducers.base import joined as joined
    from .reducers.full_matrix import Moments as Moments
    from .reducers.heat_map import MeanCells as MeanCells
    from .reducers.together import Together as Together
    from .rescoring import Pairs as Pairs
    from .resident_rows import READ_BYTES as READ_BYTES
    from .resident_rows import held_bytes as held_bytes
    from .resident_rows import resident as resident
    from .selections import closest_pairs as closest_pairs
    from .selections import each_nearest as each_nearest
    from .selections import reduce_pairs as reduce_pairs
    from .selections import within as within
    from .threads import BLOCK as BLOCK
    from .threads import in_blocks as in_blocks
    from .threads import overlapped as overlapped
    from .threads import processors as processors
    from .tie_order import best_of as best_of
    from .tie_order import closest_of_all as closest_of_all
    from .workspace import Scratch as Scratch

_MODULES = {
    "aligned": ("ALIGNED_NUMBERS", "AlignedJob"),
    "budget": ("Budget", "budget_of", "gathered", "spending"),
    "calibration": ("operation_seconds",),
    "choice": ("MOST_RESULTS", "Choice", "check_precision"),
    "duplicates": ("first_equals", "occurrences", "row_hashes"),
    "exclusion": ("Exclusion", "same_rows"),
    "grouping": ("group_rows",),
    "input_rows": ("Input", "largest_of", "prepare_input"),
    "job": ("PairwiseJob",),
    "kernels": ("Kernel", "Side", "Tile"),
    "listing": ("ROW", "Listing", "check_list", "select_pairs"),
    "matches": ("Match", "Matches", "nearest", "nearest_both", "nearest_others"),
    "matrices": ("MatrixTarget", "check_matrix", "full_matrix", "matrix_bytes"),
    "matrix_rows": ("MatrixRows",),
    "phases": ("Phase", "reading_phase", "scan_phase", "tiles_phase"),
    "places": ("Hits",),
    "plan": ("Plan", "Span"),
    "precision_choice": ("middle",),
    "reducers.base": ("PartialResult", "Reducer", "joined"),
    "reducers.full_matrix": ("Moments",),
    "reducers.heat_map": ("MeanCells",),
    "reducers.together": ("Together",),
    "rescoring": ("Pairs",),
    "resident_rows": ("READ_BYTES", "held_bytes", "resident"),
    "selections": ("closest_pairs", "each_nearest", "reduce_pairs", "within"),
    "threads": ("BLOCK", "in_blocks", "overlapped", "processors"),
    "tie_order": ("best_of", "closest_of_all"),
    "workspace": ("Scratch",),
}
__getattr__, __dir__ = front(__name__, _MODULES)
