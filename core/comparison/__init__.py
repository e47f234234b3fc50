"""What `compare` needs beyond the aggregates: inputs, token sets, nulls, intervals, report."""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .item_pairs import ItemPairs as ItemPairs
    from .pairs_of_sets import check_set_options as check_set_options
    from .pairs_of_sets import measure_of_sets as measure_of_sets
    from .pairs_of_sets import open_list as open_list
    from .pairs_of_sets import plan_sets as plan_sets
    from .phases import comparison_phases as comparison_phases

_MODULES = {
    "item_pairs": ("ItemPairs",),
    "pairs_of_sets": ("check_set_options", "measure_of_sets", "open_list", "plan_sets"),
    "phases": ("comparison_phases",),
}
__getattr__, __dir__ = front(__name__, _MODULES)
