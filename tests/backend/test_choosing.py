"""Which backend and device: chosen by name, refused when missing, and never torch where numpy does."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from simtool.backend import choose_backend
from simtool.errors import ParameterError, ResourceError


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


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_auto_finds_the_gpu():
    chosen = choose_backend("auto", "auto")
    assert (chosen.name, chosen.device) == ("torch", "cuda")
    assert chosen.get(chosen.put(np.ones((2, 3)))).tolist() == np.ones((2, 3)).tolist()
