"""What a reducer gives for rows that are compared with themselves."""

import numpy as np

from simtool.backend import choose_backend
from simtool.engine.exclusion import Exclusion
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan
from simtool.engine.reducers.base import SelectionSpec
from simtool.engine.reducers.closest_pairs import ClosestPairs
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import sweep

SCANS = [("numpy", "float32"), ("torch", "bfloat16"), ("torch", "float32"), ("torch", "float64")]


HITS = ([], [], [])


def itself(a):
    return Exclusion.of_rows(len(a), len(a))


def spec(a, scan, **options):
    backend, dtype = scan
    kernel = Kernel("cosine", dtype, False, choose_backend(backend))
    return SelectionSpec(
        kernel, Pairs("cosine", a, a, scaled=False), larger_is_closer=True, excluded=itself(a), **options
    )


def merged(found):
    """Row, column and score of all that was given, as lists."""
    return [np.concatenate(part).tolist() for part in zip(*found, strict=True)] if found else [*HITS]


def asked_of(a, make, plan):
    """What a reducer gives."""
    found = []
    reducer = make(found.append)
    sweep(a, a, reducer.spec.kernel, reducer, plan)
    if isinstance(reducer, ClosestPairs):
        reducer.finish()
    return merged(found)


def most_held(kind, scan, most):
    """The most candidates that a selection of the 3 best holds where every tile is better than all before it."""
    a = np.stack([np.arange(1.0, 2001), np.full(2000, 30.0)], axis=1).astype("f4")
    held, asked = [], spec(a, scan, most=most)

    class Watched(kind):
        def take(self, query_block, corpus_block, tile):
            super().take(query_block, corpus_block, tile)
            held.append(sum(len(part[0]) for part in self.found))

    sweep(a[:200], a, asked.kernel, Watched(3, asked, lambda hits: None), Plan(200, 2000, 100, 128))
    return max(held)
