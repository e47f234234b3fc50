"""All losses, in the order in which they are listed: one file per kind of input."""

from .batch_losses import BATCH_LOSSES
from .classifier_losses import CLASSIFIER_LOSSES
from .pair_losses import PAIR_LOSSES, SCORE_LOSSES
from .teacher_losses import TEACHER_LOSSES
from .triplet_losses import TRIPLET_LOSSES
from .view_losses import VIEW_LOSSES

ITEM_LOSSES = (*PAIR_LOSSES, *TRIPLET_LOSSES, *SCORE_LOSSES, *VIEW_LOSSES, *TEACHER_LOSSES, *CLASSIFIER_LOSSES)
LOSSES = (*ITEM_LOSSES, *BATCH_LOSSES)
