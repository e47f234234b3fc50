"""The aggregates of two distributions, and of the same items in two spaces."""

from .entry import Entry

SPACE_AGGREGATES: tuple[Entry, ...] = ()
