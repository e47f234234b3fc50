"""What a job will take, known before it: a plan's phases by arithmetic, its seconds by runs on a sample of the rows."""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .asked import keys_of_job as keys_of_job
    from .dry_run import Make as Make
    from .dry_run import Planned as Planned
    from .dry_run import dry_run_of as dry_run_of
    from .samples import SomeRows as SomeRows

_MODULES = {
    "asked": ("keys_of_job",),
    "dry_run": ("Make", "Planned", "dry_run_of"),
    "samples": ("SomeRows",),
}
__getattr__, __dir__ = front(__name__, _MODULES)
