"""Which product a scan takes: what the processor, the libraries and the size of the job make the cheapest."""

import numpy as np
import pytest

import simtool
from simtool import blas
from simtool.engine import calibration, precision_choice, scan_costs
from simtool.errors import ParameterError, ResourceError
from simtool.metrics import int8
from simtool.metrics.precision import BFLOAT16, FLOAT32, INT8

AVX2 = frozenset({"avx2", "fma"})
BF16 = AVX2 | {"avx512_bf16"}


@pytest.fixture
def machine(monkeypatch):
    """Set what the processor and the libraries can do; the imports of torch that a choice asks for are listed."""
    asked, choose = [], precision_choice.choose_backend

    def set_up(*, features=AVX2, int8_rate=None, small=0.0, loaded=False):
        seconds = {FLOAT32: 1e-11, INT8: 1e-11 / (int8_rate or 1.0), BFLOAT16: 2e-12}
        monkeypatch.setattr(scan_costs, "processor_features", lambda: features)
        monkeypatch.setattr(precision_choice, "SMALL", small)
        monkeypatch.setattr(scan_costs, "is_loaded", lambda library: loaded)
        monkeypatch.setattr(int8, "is_installed", lambda: int8_rate is not None)
        monkeypatch.setattr(calibration, "operation_seconds", lambda precision, backend, dims: seconds[precision])
        monkeypatch.setattr(
            precision_choice, "choose_backend", lambda name, device="cpu": asked.append(name) or choose(name, device)
        )
        return asked

    return set_up


def scan(n=200, m=300, dims=16, **options):
    rng = np.random.default_rng(0)
    options = {"top_k": 3} | options
    result = simtool.pairwise(rng.normal(size=(n, dims)), rng.normal(size=(m, dims)), **options)
    return result.parameters["scan"]


def test_a_processor_without_units_for_short_numbers_multiplies_in_numpy(machine):
    asked = machine(features=AVX2)
    assert scan() == "float32, numpy"
    assert not asked  # torch would take seconds to import


@pytest.mark.parametrize(("seconds", "scanned"), [(1e-9, "bfloat16, torch"), (100.0, "float32, numpy")])
def test_torch_is_imported_where_a_job_is_large_enough_to_pay_for_it(machine, monkeypatch, seconds, scanned):
    asked = machine(features=BF16)
    monkeypatch.setattr(scan_costs, "TORCH_SECONDS", seconds)
    assert scan() == scanned
    assert asked == (["torch"] if "torch" in scanned else [])


def test_loaded_torch_costs_nothing_to_import(machine, monkeypatch):
    machine(features=BF16, loaded=True)
    monkeypatch.setattr(scan_costs, "TORCH_SECONDS", 100.0)
    assert scan() == "bfloat16, torch"


def test_torch_that_does_not_keep_its_promise_is_left(machine, monkeypatch):
    machine(features=BF16, loaded=True)
    monkeypatch.setattr(calibration, "pays", lambda precision, backend, dims: False)
    assert scan() == "float32, numpy"


@pytest.mark.parametrize(("rate", "scanned"), [(4.0, "int8, numkong"), (0.9, "float32, numpy")])
def test_int8_is_taken_where_it_is_faster(machine, monkeypatch, rate, scanned):
    pytest.importorskip("numkong")
    machine(int8_rate=rate)
    for name in ("NUMKONG_SECONDS", "PAIR_SECONDS", "NUMBER_SECONDS"):
        monkeypatch.setattr(scan_costs, name, 0.0)
    assert scan() == scanned


def test_int8_is_left_where_it_would_list_too_many_pairs(machine, monkeypatch):
    pytest.importorskip("numkong")
    machine(int8_rate=4.0)
    monkeypatch.setattr(scan_costs, "NUMKONG_SECONDS", 0.0)
    monkeypatch.setattr(scan_costs, "PAIR_SECONDS", 1.0)
    assert scan() == "float32, numpy"


def test_a_choice_keeps_to_one_thread(machine, monkeypatch):
    machine()
    controls, counts = blas._controls(), []
    if controls is None:
        assert not blas.is_controlled()  # another BLAS, whose threads nobody sets
        return
    sampled = precision_choice.sample_of
    monkeypatch.setattr(precision_choice, "sample_of", lambda *rows: counts.append(controls[0]()) or sampled(*rows))
    before = controls[0]()
    assert scan() == "float32, numpy"
    assert (counts, controls[0]()) == ([1], before)


def test_small_jobs_measure_nothing(machine, monkeypatch):
    machine(features=BF16, int8_rate=100.0, small=1e12, loaded=True)
    monkeypatch.delattr(calibration, "operation_seconds")
    assert scan() == "float32, numpy"


def test_who_names_a_library_gets_it(machine):
    machine(features=BF16, loaded=True)
    assert scan(backend="numpy") == "float32, numpy"
    assert scan(backend="torch") in ("float32, torch", "bfloat16, torch")


@pytest.mark.parametrize("selection", [{"top_k": 5}, {"top_k": 200}, {"threshold": 0.3}, {"max_pairs": 40}])
@pytest.mark.parametrize("metric", ["cosine", "dot", "angular"])
@pytest.mark.parametrize("precision", ["int8", "bfloat16"])
def test_a_short_format_that_is_asked_for_gives_what_float64_gives(precision, metric, selection):
    if precision == "int8":
        pytest.importorskip("numkong")
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(300, 40)) * rng.uniform(0.1, 9, (300, 1)), rng.normal(size=(500, 40))
    a[7], b[11], b[12] = 0.0, 0.0, b[13]
    found = simtool.pairwise(a, b, metric=metric, precision=precision, **selection)
    exact = simtool.pairwise(a, b, metric=metric, precision="float64", **selection)
    assert found.parameters["scan"].startswith(precision)
    for name, column in exact.rows.columns.items():
        np.testing.assert_array_equal(found.rows.columns[name], column)


def test_rows_of_nan_are_found_in_no_int8_scan():
    pytest.importorskip("numkong")
    a = np.random.default_rng(0).normal(size=(60, 8))
    a[5, 2] = np.nan
    found = simtool.pairwise(a, top_k=60, precision="int8", nonfinite="propagate")
    exact = simtool.pairwise(a, top_k=60, precision="float64", nonfinite="propagate")
    for name, column in exact.rows.columns.items():
        np.testing.assert_array_equal(found.rows.columns[name], column)


@pytest.mark.parametrize(("limit", "scale", "scanned"), [(7, 1.0, "float32"), (8, 1.0, "int8"), (8, 1e30, "float64")])
def test_a_short_format_gives_way_where_its_bound_would_not_hold(monkeypatch, limit, scale, scanned):
    pytest.importorskip("numkong")
    monkeypatch.setattr(int8, "DIMS", limit)
    a = np.random.default_rng(0).normal(size=(20, 8)) * scale
    assert simtool.pairwise(a, top_k=2, metric="dot", precision="int8").parameters["scan"] == f"{scanned}, " + (
        "numkong" if scanned == "int8" else "numpy"
    )


def test_a_precision_that_does_not_fit_is_refused(monkeypatch):
    a = np.eye(3)
    with pytest.raises(ParameterError, match="a full matrix has none"):
        simtool.pairwise(a, precision="int8")
    with pytest.raises(ParameterError, match="euclidean has no products of bfloat16"):
        simtool.pairwise(a, top_k=1, metric="euclidean", precision="bfloat16")
    with pytest.raises(ParameterError, match="on the CPU, without torch"):
        simtool.pairwise(a, top_k=1, precision="int8", backend="torch")
    monkeypatch.setattr(int8, "is_installed", lambda: False)
    with pytest.raises(ResourceError, match="numkong, which is not installed"):
        simtool.pairwise(a, top_k=1, precision="int8")
    with pytest.raises(ParameterError, match="numpy has no bfloat16"):
        simtool.pairwise(a, top_k=1, precision="bfloat16", backend="numpy")
