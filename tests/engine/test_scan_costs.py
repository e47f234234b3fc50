"""What a scan in each format is expected to take, against arithmetic by hand."""

import sys

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine import Budget, Input, PairwiseJob, calibration, scan_costs
from simtool.engine.kernels import Kernel
from simtool.engine.reach import Reach
from simtool.engine.scan_costs import Contender, contenders, seconds_of
from simtool.metrics import int8, metric_of
from simtool.metrics.precision import BFLOAT16, FLOAT32, INT8

ROWS = np.random.default_rng(0).normal(size=(200, 16)).astype("f4")
NUMPY = choose_backend()


@pytest.fixture
def job(monkeypatch):
    """A job on one processor with units for short numbers and NumKong, on which each format has a known speed."""
    seconds = {FLOAT32: 8e-11, INT8: 2e-11}
    monkeypatch.setattr(scan_costs, "processors", lambda: 1)
    monkeypatch.setattr(scan_costs, "processor_features", lambda: frozenset({"avx512_bf16"}))
    monkeypatch.setattr(scan_costs, "is_loaded", lambda library: False)
    monkeypatch.setattr(int8, "is_installed", lambda: True)
    monkeypatch.setattr(calibration, "operation_seconds", lambda precision, backend, dims: seconds[precision])
    side = Input.of_rows(ROWS)
    return PairwiseJob(side, side, metric_of("cosine"), None, True, "auto", NUMPY, Budget(1 << 30))


def test_each_format_starts_and_multiplies_at_its_own_speed(job):
    found = list(contenders(job, Kernel(job.metric, "float32", False, NUMPY)))
    assert found == [
        Contender("numpy", FLOAT32, 0.0, 8e-11),
        Contender("numkong", INT8, scan_costs.NUMKONG_SECONDS, 2e-11),
        Contender("torch", BFLOAT16, scan_costs.TORCH_SECONDS, 8e-11 / 1.8),
    ]


@pytest.mark.parametrize(("reach", "share"), [(Reach(), 1.0), (Reach(halved=True), 0.5), (Reach(joined=True), 0.5)])
def test_the_time_of_a_product_is_its_operations_after_the_start(job, reach, share):
    found = seconds_of(Contender("torch", BFLOAT16, 1.5, 4e-11), job, ROWS, ROWS, reach, (1000, 3000))
    assert found == pytest.approx(1.5 + share * 2 * 1000 * 3000 * 16 * 4e-11)


def test_int8_pays_for_the_pairs_that_its_bound_cannot_rule_out(job):
    whole = seconds_of(Contender("numkong", INT8, 0.0, 0.0), job, ROWS, ROWS, Reach(least=-2.0), (1000, 3000))
    # a cosine is never below -1, so that every pair is scored again
    assert whole == pytest.approx(3_000_000 * (scan_costs.PAIR_SECONDS + 16 * scan_costs.NUMBER_SECONDS))
    assert seconds_of(Contender("numkong", INT8, 0.0, 0.0), job, ROWS, ROWS, Reach(least=2.0), (1000, 3000)) == 0.0


def test_to_ask_what_it_costs_loads_no_torch():
    assert "torch" in sys.modules or not scan_costs.is_loaded("torch")
