"""Work that is kept: a folder of blocks, which runs share and find again.

Its front; the doors of long loops ask `blocks` and `kept`, the command line opens a folder with `working`.
"""

from ..fronts import front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .folder import WorkFolder as WorkFolder
    from .keeping import Loop as Loop
    from .keeping import PartDone as PartDone
    from .keeping import blocks as blocks
    from .keeping import is_kept as is_kept
    from .keeping import kept as kept
    from .keeping import stop_short as stop_short
    from .keeping import unkept as unkept
    from .manifest import MANIFEST as MANIFEST
    from .manifest import Manifest as Manifest
    from .matrix_folder import MatrixFolder as MatrixFolder
    from .matrix_folder import check_matrix_folder as check_matrix_folder
    from .run import Share as Share
    from .run import shard as shard
    from .run import working as working

_MODULES = {
    "folder": ("WorkFolder",),
    "manifest": ("MANIFEST", "Manifest"),
    "keeping": ("Loop", "PartDone", "blocks", "is_kept", "kept", "stop_short", "unkept"),
    "matrix_folder": ("MatrixFolder", "check_matrix_folder"),
    "run": ("Share", "shard", "working"),
}
__getattr__, __dir__ = front(__name__, _MODULES)
