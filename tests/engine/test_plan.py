"""The plan: the grid once and in order, in tiles that fit."""

from hypothesis import given
from hypothesis import strategies as st

from simtool.engine.plan import CORPUS_BLOCK, FULL_ROWS_BYTES, GROUPS, QUERY_BLOCK, SIDE_BYTES, Plan, Span


@given(
    rows=st.integers(1, 50), columns=st.integers(1, 50), query_block=st.integers(1, 60), corpus_block=st.integers(1, 60)
)
def test_a_plan_covers_the_grid_once_and_in_order(rows, columns, query_block, corpus_block):
    plan = Plan(rows, columns, query_block, corpus_block)
    for spans, size, most in (
        (list(plan.query_blocks()), rows, query_block),
        (list(plan.corpus_blocks()), columns, corpus_block),
    ):
        assert [i for span in spans for i in range(span.start, span.stop)] == list(range(size))
        assert max(len(span) for span in spans) <= most


@given(rows=st.integers(1, 10**7), columns=st.integers(1, 10**7), dims=st.integers(1, 10**6))
def test_the_rows_of_a_tile_stay_within_their_bytes(rows, columns, dims):
    plan = Plan.of(rows, columns, dims, kept_columns=7)
    assert (plan.rows, plan.columns, plan.kept_columns) == (rows, columns, 7)
    for side, most in ((plan.query_block, QUERY_BLOCK), (plan.corpus_block, CORPUS_BLOCK)):
        assert side % GROUPS == 0
        assert GROUPS <= side <= most
        assert side * dims * 8 <= SIDE_BYTES or side == GROUPS
    assert (plan.query_block, plan.corpus_block) == (QUERY_BLOCK, CORPUS_BLOCK) or dims > 512


def test_whole_rows_stay_within_their_bytes():
    assert Plan.of(10**6, 1000, 64, whole_rows=True).query_block == QUERY_BLOCK
    assert Plan.of(10**6, 1 << 20, 64, whole_rows=True).query_block == 8  # 8 rows of 2^20 float32 are 32 MiB
    assert Plan.of(10**6, 1 << 30, 64, whole_rows=True).query_block == 1
    assert FULL_ROWS_BYTES == 8 * (1 << 20) * 4


def test_a_span_has_a_length():
    assert len(Span(3, 7)) == 4
