"""Several reducers of the same tiles find what each finds alone."""

import numpy as np

from simtool.backend import choose_backend
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan, Span
from simtool.engine.reducers.base import Reducer, SelectionSpec
from simtool.engine.reducers.threshold import Threshold
from simtool.engine.reducers.together import Together
from simtool.engine.reducers.top_k import TopK
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import sweep

A, B = (np.random.default_rng(seed).normal(size=(rows, 4)) for seed, rows in ((0, 30), (1, 20)))
KERNEL = Kernel("cosine", "float64", False, choose_backend())
SPEC = SelectionSpec(KERNEL, Pairs("cosine", A, B, scaled=False), True)


def both():
    """Return two reducers and the lists that they give to."""
    given = [], []
    return (TopK(3, SPEC, given[0].append), Threshold(0.5, 1000, SPEC, given[1].append)), given


def swept(reducer):
    sweep(A, B, KERNEL, reducer, Plan(30, 20, 7, 6))


def whole(given):
    return [[np.concatenate(column).tolist() for column in zip(*hits, strict=True)] for hits in given]


def test_each_finds_what_it_finds_alone():
    (reducers, together), (alone, apart) = both(), both()
    swept(Together(reducers))
    for reducer in alone:
        swept(reducer)
    assert whole(together) == whole(apart)
    assert all(whole(together)[0])


def test_parts_that_are_kept_are_restored_to_each():
    (reducers, given), (others, expected) = both(), both()
    pair = Together(reducers)
    for rows in (Span(0, 14), Span(14, 30)):
        part = pair.part()
        sweep(A, B, KERNEL, part.reducer, Plan(30, 20, 7, 6).within(rows))
        pair.restore(rows, pair.kept(rows, part))
    swept(Together(others))
    assert whole(given) == whole(expected)


def test_where_one_has_no_parts_none_has():
    class Plain(Reducer):
        def skips(self, query_block, corpus_block):
            return True

    assert Together((both()[0][0], Plain())).part() is None
    assert not Together((both()[0][0], Plain())).skips(Span(0, 1), Span(0, 1))
