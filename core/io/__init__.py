"""Readers and writers: where bytes become vectors and tables, and nowhere else."""

from .pairs import LabelledPairs, LabelledVectors, open_examples, open_pairs
from .ragged import RaggedVectors, as_ragged
from .selection import Selection, beside
from .source import open_items, open_table, open_vectors, read_values, split_source
from .vectors import Table, Vectors, as_vectors, pick_vectors, select, with_ids

__all__ = [
    "LabelledPairs",
    "LabelledVectors",
    "RaggedVectors",
    "Selection",
    "Table",
    "Vectors",
    "as_ragged",
    "as_vectors",
    "beside",
    "open_examples",
    "open_items",
    "open_pairs",
    "open_table",
    "open_vectors",
    "pick_vectors",
    "read_values",
    "select",
    "split_source",
    "with_ids",
]
