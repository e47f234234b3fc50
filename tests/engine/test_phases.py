"""Phases: pairs, operations and bytes of a pass are those of arithmetic by hand."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine import Budget, Choice, Exclusion, Input, PairwiseJob, reading_phase, scan_phase, tiles_phase
from simtool.io import as_vectors
from simtool.io.vectors import IdentifiedVectors
from simtool.memory import WORKING
from simtool.metrics import metric_of

GIB = 1 << 30


def job(n=40, m=None, dims=8, metric="cosine", total=2 * GIB):
    rng = np.random.default_rng(0)
    a = Input.of_rows(rng.standard_normal((n, dims)).astype(np.float32))
    b = a if m is None else Input.of_rows(rng.standard_normal((m, dims)).astype(np.float32))
    excluded = Exclusion.of_rows(n, n) if m is None else None
    return PairwiseJob(a, b, metric_of(metric), excluded, m is None, "auto", choose_backend("numpy"), Budget(total))


def test_a_scan_of_two_sets_takes_every_pair():
    phase = scan_phase("closest rows", job(40, 50), (1000, 3000, 16), Choice(top_k=5))
    assert (phase.pairs, phase.flop, phase.bytes_read) == (3_000_000, 2 * 16 * 3_000_000, 0)


@pytest.mark.parametrize("choice", [Choice(threshold=0.5), Choice(max_pairs=3)])
def test_pairs_of_one_set_are_scored_once(choice):
    assert scan_phase("close pairs", job(), (1000, 1000, 16), choice).pairs == 1000 * 999 // 2


def test_a_matrix_has_all_cells_in_each_batch():
    assert scan_phase("matrix", job(), (100, 100, 16), None, batches=3).pairs == 3 * 100 * 100


def test_rows_of_b_that_are_not_kept_are_read_for_every_query_block():
    budget = Budget(WORKING + (8 << 20))
    kept = budget.plan(3000, 100_000, 64, 4).kept_columns
    assert kept < 100_000
    phase = tiles_phase("tiles", (3000, 100_000, 64), budget)
    assert phase.bytes_read == 2 * 100_000 * 64 * 4  # three blocks of 1024 rows of A; the first read is the reading's
    assert tiles_phase("tiles", (3000, 1000, 64), Budget(GIB)).bytes_read == 0


def test_memory_has_room_for_the_prepared_rows():
    small, large = (tiles_phase("tiles", (1000, m, 64), Budget(8 * GIB)).memory for m in (100_000, 200_000))
    assert large - small == 100_000 * (64 * 4 + 16)


def test_reading_holds_what_is_no_array():
    rows = as_vectors(np.zeros((100, 8), dtype=np.float32))
    phase = reading_phase([rows, IdentifiedVectors(rows, None)], Budget(GIB))
    assert (phase.bytes_read, phase.memory) == (2 * 3200, 3200)
