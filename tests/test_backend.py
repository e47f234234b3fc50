"""Which namespace and device: chosen by name, refused when missing, and told apart by their arrays."""

import subprocess
import sys

import array_api_strict
import numpy as np
import pytest
import torch

from simtool.backend import choose_backend, namespace
from simtool.errors import ParameterError, ResourceError

BACKENDS = ["numpy", "torch"]


@pytest.mark.parametrize(
    ("backend", "device", "name"), [("auto", "cpu", "numpy"), ("numpy", "auto", "numpy"), ("torch", "cpu", "torch")]
)
def test_the_backend_follows_from_the_names(backend, device, name):
    chosen = choose_backend(backend, device)
    assert (chosen.name, chosen.device) == (name, "cpu")


@pytest.mark.parametrize(
    ("backend", "device", "error", "what"),
    [
        ("jax", "cpu", ParameterError, "unknown backend 'jax'"),
        ("auto", "gpu", ParameterError, "unknown device 'gpu'"),
        ("auto", "cuda:x", ParameterError, "unknown device 'cuda:x'"),
        ("auto", "cpu:0", ParameterError, "unknown device"),
        ("numpy", "cuda", ParameterError, "numpy cannot compute on cuda"),
        ("auto", "cuda:99", ResourceError, "device cuda:99 is not available"),
        ("auto", "mps", ResourceError, "simtool needs float64"),
    ],
)
def test_a_name_that_is_wrong_or_a_device_that_is_missing_is_an_error(backend, device, error, what):
    with pytest.raises(error, match=what):
        choose_backend(backend, device)


def test_a_missing_gpu_is_never_replaced_by_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ResourceError, match="torch sees no GPU here") as refused:
        choose_backend("auto", "cuda")
    assert refused.value.exit_code == 3
    assert choose_backend("auto", "auto").device == "cpu"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_arrays_arrive_as_they_left(backend, dtype):
    chosen = choose_backend(backend)
    array = np.arange(24, dtype=dtype).reshape(4, 6)
    strided = array[::-2, ::3]
    strided.flags.writeable = False
    for view in (array, strided, array.T, array[0, 0], np.asarray(array[0, 0])):
        wide = chosen.get(chosen.put(view, chosen.xp.float64))
        assert wide.dtype == np.float64
        assert wide.shape == view.shape
        assert wide.tolist() == view.tolist()
    assert chosen.get(chosen.put(array.astype("f4"))).dtype == np.float32


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_largest_of_each_row(backend, k):
    chosen = choose_backend(backend)
    array = np.random.default_rng(0).integers(0, 9, (5, 7)).astype("f4")
    found = chosen.get(chosen.largest(chosen.put(array), k))
    assert np.sort(found, axis=1).tolist() == np.sort(array, axis=1)[:, -k:].tolist()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("width", [1, 50, 70_000])
def test_manhattan_distances(backend, width):
    chosen = choose_backend(backend)
    x, y = np.random.default_rng(0).normal(size=(3, width)), np.random.default_rng(1).normal(size=(11, width))
    found = chosen.get(chosen.manhattan(chosen.put(x), chosen.put(y)))
    np.testing.assert_allclose(found, [[np.abs(p - q).sum() for q in y] for p in x], rtol=1e-12)


def test_arrays_tell_their_namespace():
    assert namespace(np.ones(2), np.float64(1)) is np
    assert namespace(torch.ones(2)).__name__ == "array_api_compat.torch"
    assert namespace(array_api_strict.ones(2)) is array_api_strict
    with pytest.raises(TypeError):
        namespace(np.ones(2), torch.ones(2))


@pytest.mark.parametrize(
    "job",
    [
        "simtool.similarity(x, x)",
        "simtool.pairwise(x, top_k=1)",
        "simtool.pairwise(x)",
        "simtool.compare(x, x, aggregates=['mean', 'argmax'])",
        "simtool.loss(x, x, labels=x[:, 0], kind='cosine')",
        "simtool.explain(x, x)",
        "simtool.describe()",
    ],
)
def test_a_job_on_the_cpu_never_imports_torch(job):
    code = f"import sys, numpy, simtool; x = numpy.ones((3, 2)); {job}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(("backend", "dtype"), [("numpy", "float32"), ("numpy", "float64"), ("torch", "bfloat16")])
@pytest.mark.parametrize("level", [-np.inf, -1.0, 0.5, 300.0, np.inf])
@pytest.mark.parametrize("off", [-1e-12, 0.0, 1e-12])
def test_places_that_reach_the_least_of_their_row_are_those_of_a_loop(backend, dtype, level, off):
    chosen, rng = choose_backend(backend), np.random.default_rng(0)
    values = rng.integers(-4, 5, (7, 40)) / 4.0  # a bfloat16 holds them
    values[rng.random((7, 40)) < 0.1] = -np.inf
    least = np.full(7, level) + off * np.arange(7) + rng.integers(0, 2, 7) / 4
    expected = [i * 40 + j for i in range(7) for j in range(40) if -np.inf < values[i, j] >= least[i]]
    array = chosen.put(values, getattr(chosen.xp, dtype))
    for positive in {False, bool((least > 0).all())}:
        places, found = chosen.at_least(array, least, positive=positive)
        assert places.tolist() == expected
        assert found.tolist() == values.ravel()[expected].tolist()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_auto_finds_the_gpu():
    chosen = choose_backend("auto", "auto")
    assert (chosen.name, chosen.device) == ("torch", "cuda")
    assert chosen.get(chosen.put(np.ones((2, 3)))).tolist() == np.ones((2, 3)).tolist()
