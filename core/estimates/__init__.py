"""What a job will take, known before it: a plan's phases by arithmetic, its seconds by runs on a sample of the rows."""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .dry_run import KEYS as KEYS
    from .dry_run import Make as Make
    from .dry_run import Planned as Planned
    from .dry_run import check_dry_run as check_dry_run
    from .dry_run import dry_run_of as dry_run_of
    from .samples import SomeRows as SomeRows

_MODULES = {"dry_run": ("KEYS", "Make", "Planned", "check_dry_run", "dry_run_of"), "samples": ("SomeRows",)}
__getattr__, __dir__ = front(__name__, _MODULES)
