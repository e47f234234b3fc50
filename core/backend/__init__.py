"""Which array namespace and which device: by numpy in `backend.py`, by torch in `torch_backend.py`."""

from .aligned_rows import widened_dots as widened_dots
from .backend import Array as Array
from .backend import Backend as Backend
from .backend import quiet as quiet
from .backend import rounded_up as rounded_up
from .choosing import backend_of as backend_of
from .choosing import choose_backend as choose_backend
from .gradients import Pull as Pull
from .gradients import computed as computed
from .gradients import constant as constant
from .gradients import derivatives as derivatives
from .gradients import host_rows as host_rows
from .gradients import is_tensor as is_tensor
from .gradients import places_in_rows as places_in_rows
from .gradients import recomputed as recomputed
from .gradients import tensor_dots as tensor_dots
from .gradients import tensor_logsumexp as tensor_logsumexp
from .gradients import tensor_partner_loss as tensor_partner_loss
from .interchange import hands_out_dlpack as hands_out_dlpack
from .interchange import namespace as namespace
from .interchange import taken_by_dlpack as taken_by_dlpack
