"""The losses of a batch: every row against every row."""

from .entry import Entry

BATCH_LOSSES: tuple[Entry, ...] = ()
