"""What a job will take, known before it: a plan's phases by arithmetic, its seconds by runs on a sample of the rows."""

from .dry_run import KEYS as KEYS
from .dry_run import Make as Make
from .dry_run import Planned as Planned
from .dry_run import check_dry_run as check_dry_run
from .dry_run import dry_run_of as dry_run_of
from .samples import SomeRows as SomeRows
