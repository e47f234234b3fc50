"""The tile that is never written: its maxima by the kernel, and the answers that come from them alone.

Without a GPU the kernel runs in Triton's interpreter, in an interpreter of its own: Triton reads the switch once.
"""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from brute_force import best, exact, listed, ranked, within

from simtool import pairwise
from simtool.backend import choose_backend
from simtool.backend.torch_backend import TorchBackend
from simtool.engine import triton_kernel as fused
from simtool.engine.candidates import DENSE, Scan
from simtool.engine.kernels import Kernel, Tile
from simtool.engine.places import Found
from simtool.engine.plan import GROUPS, Span
from simtool.engine.rescoring import Pairs
from simtool.io import as_vectors, with_ids

interpreted = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

SHAPES = [(1, 1, 1), (3, 127, 2), (129, 128, 65), (5, 700, 64), (130, 2500, 130)]

AGREES = """
import numpy as np, torch
from simtool.backend import choose_backend
from simtool.engine import triton_kernel as fused
from simtool.engine.kernels import Kernel
kernel = Kernel("dot", "bfloat16", False, choose_backend("torch"))
for n, m, d in {shapes}:
    rng = np.random.default_rng(n)
    a, b = (rng.standard_normal((size, d)) for size in (n, m))
    x, y = kernel.prepare(a), kernel.prepare(b)
    maxima = fused.maxima_of(kernel.backend, x, y).numpy()
    product = x.rows.double().numpy() @ y.rows.double().numpy().T
    product = np.concatenate([product, np.full((n, -m % 128), -np.inf)], axis=1).reshape(n, -1, 128).max(axis=1)
    assert maxima.shape == (n, 128), maxima.shape
    assert (np.isinf(maxima) == np.isinf(product)).all()
    np.testing.assert_allclose(maxima, product, rtol=1e-5, atol=1e-5)
    if m % 128 == 0:
        assert fused.is_right(kernel, x, y)
        real = fused.maxima_of
        fused.maxima_of = lambda *arguments: 1.05 * real(*arguments) + 0.5
        assert not fused.is_right(kernel, x, y)
        fused.maxima_of = real
print("agreed")
"""


@interpreted
def test_the_kernel_gives_the_maxima_of_the_product():
    code = AGREES.format(shapes=SHAPES)
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True
    )
    assert done.stdout == "agreed\n", done.stderr


# ---- answers from the maxima, on the CPU


def maxima(backend, x, y):
    """What the kernel gives, of a float64 product of the stored rows."""
    product = x.rows.double() @ y.rows.double().T
    filler = torch.full((product.shape[0], -product.shape[1] % GROUPS), -float("inf"), dtype=torch.float64)
    return torch.cat([product, filler], dim=1).reshape(len(product), -1, GROUPS).amax(dim=1).float()


@pytest.fixture
def unwritten(monkeypatch):
    """Let no tile be written unless something asks for it; return the number of those that were."""
    written, proxy = [], Kernel.tile

    def noted(kernel, x, y, out=None):
        written.append(kernel.dtype)
        return proxy(kernel, x, y, out)

    monkeypatch.setattr("simtool.engine.candidates.maxima_of", maxima)
    monkeypatch.setattr("simtool.engine.lanes.fuses", lambda kernel, dims, pairs: kernel.dtype == "bfloat16")
    monkeypatch.setattr("simtool.engine.calibration.pays", lambda precision, backend, dims: True)
    monkeypatch.setattr(Kernel, "tile", noted)
    return written


def whole_numbers(n, d, seed, least=-9):
    return np.random.default_rng(seed).integers(least, 10, (n, d)).astype("f4")


@pytest.mark.parametrize("metric", ["cosine", "angular", "dot"])
@pytest.mark.parametrize("m", [1, 127, 128, 1000, 5000])
def test_answers_are_those_of_the_float64_matrix(unwritten, metric, m):
    a, b = whole_numbers(40, 24, 0), whole_numbers(m, 24, 1)
    matrix = exact(metric, a, b)
    closer = np.sort(matrix.ravel())[:: 1 if metric == "angular" else -1]
    threshold = float(closer[min(len(closer) - 1, 100)])
    options = {"metric": metric, "backend": "torch"}
    assert listed(pairwise(a, b, top_k=5, **options)) == ranked(metric, matrix, 5)
    # an angle of two rows comes from arccos, whose last bit the reference need not share
    if metric != "angular":
        assert listed(pairwise(a, b, threshold=threshold, **options)) == within(metric, matrix, threshold)
    assert listed(pairwise(a, b, max_pairs=50, **options)) == best(metric, matrix, 50)
    assert "float32" not in unwritten
    if m == 5000:
        assert not unwritten  # the maxima and the groups that are hit are all it takes


@pytest.mark.parametrize("k", [3, 63, 64, 400])
def test_a_set_among_itself_and_many_neighbours(unwritten, k):
    a = whole_numbers(500, 24, 2)
    matrix = exact("cosine", a, a)
    found = pairwise(a, top_k=k, backend="torch")
    assert listed(found) == ranked("cosine", matrix, k, exclude_self=True)
    assert bool(unwritten) == (k > 63)  # 2 (k + 1) bounds need more than the 128 maxima


@pytest.mark.parametrize("repeats", [False, True])
def test_two_sets_without_the_pairs_of_equal_ids(unwritten, repeats):
    a, b, rng = whole_numbers(60, 24, 2), whole_numbers(500, 24, 3), np.random.default_rng(4)
    ids = [rng.permutation(600)[: len(rows)] % (5 if repeats else 600) for rows in (a, b)]
    matrix = exact("cosine", a, b)
    matrix[ids[0][:, None] == ids[1][None, :]] = np.nan  # which is no score
    sides = [with_ids(as_vectors(rows), own) for rows, own in zip((a, b), ids, strict=True)]
    found = pairwise(*sides, top_k=7, exclude_self=True, backend="torch").rows.columns
    assert found["b"].tolist() == [ids[1][j] for _, j in ranked("cosine", matrix, 7)]
    assert bool(unwritten) == repeats  # ids that repeat in B are taken out of written tiles


def test_near_duplicates_are_scored_in_float64(unwritten):
    rng = np.random.default_rng(0)
    a = (np.ones((1, 8)) + 1e-5 * rng.standard_normal((600, 8))).astype("f8")
    unit = a / np.sqrt((a * a).sum(axis=1))[:, None]
    found = pairwise(a[:5], a, top_k=4, backend="torch").rows.columns["score"].reshape(5, 4)
    np.testing.assert_allclose(found, -np.sort(-(unit[:5] @ unit.T), axis=1)[:, :4], atol=1e-14)
    assert "float64" in unwritten


def test_rows_of_nan_are_not_found(unwritten):
    a, b = whole_numbers(9, 24, 0), whole_numbers(700, 24, 1)
    b[::3] = np.nan
    kept = np.flatnonzero(np.isfinite(b[:, 0]))
    matrix = np.full((9, 700), np.nan)
    matrix[:, kept] = exact("dot", a, b[kept])
    found = pairwise(a, b, top_k=5, metric="dot", nonfinite="propagate", backend="torch")
    assert listed(found) == ranked("dot", matrix, 5)


@pytest.mark.parametrize("m", [1, 128, 300, 4096])
@pytest.mark.parametrize("quantile", [0.5, 0.99, 1.0])
def test_the_scan_of_an_unwritten_tile_finds_what_is_there(monkeypatch, m, quantile):
    monkeypatch.setattr("simtool.engine.candidates.maxima_of", maxima)
    a, b = whole_numbers(50, 16, 3), whole_numbers(m, 16, 4)
    matrix = exact("dot", a, b)
    kernel = Kernel("dot", "bfloat16", False, choose_backend("torch"))
    tile = Tile(kernel, kernel.prepare(a), kernel.prepare(b))
    lower_bound = np.quantile(matrix, quantile, axis=1)
    scan = Scan(tile, lower_bound, has_missing=False)
    row, column, below, above = Found.of(list(scan.candidates(lower_bound)))
    found = list(zip(row.tolist(), column.tolist(), strict=True))
    assert len(set(found)) == len(found)
    assert (np.diff(row) >= 0).all()
    assert {tuple(place) for place in np.argwhere(matrix >= lower_bound[:, None]).tolist()} <= set(found)
    assert (matrix[row, column] <= above).all()
    assert (matrix[row, column] >= below).all()
    error = scan.host_error[row] + 2.0**-7 * np.abs(matrix[row, column])  # of the bound and of the product
    assert (matrix[row, column] >= lower_bound[row] - 2 * error).all()
    fine = scan.rescan(lower_bound, Pairs("dot", a, b, scaled=False), Span(0, 50), Span(0, m))
    assert (fine is not scan) == (np.count_nonzero(scan.host_maxima >= lower_bound[:, None]) > 50 * GROUPS / DENSE)
    assert list(scan.candidates(np.full(50, 1e9))) == []


def test_it_is_for_long_jobs_on_a_gpu_with_triton(monkeypatch):
    xp = choose_backend("torch").xp
    gpu, cpu = TorchBackend("cuda:0", xp), TorchBackend("cpu", xp)
    kernel = Kernel("cosine", "bfloat16", False, gpu)
    monkeypatch.setattr(fused, "find_spec", lambda name: "there")
    monkeypatch.setattr(fused, "_pays", lambda backend, dims: True)
    assert fused.fuses(kernel, 100, 10**11)
    assert not fused.fuses(kernel, 100, 10**10)
    assert not fused.fuses(Kernel("cosine", "float32", False, gpu), 100, 10**11)
    assert not fused.fuses(Kernel("euclidean", "bfloat16", False, gpu), 100, 10**11)
    assert not fused.fuses(Kernel("cosine", "bfloat16", False, cpu), 100, 10**11)
    monkeypatch.setattr(fused, "_pays", lambda backend, dims: False)
    assert not fused.fuses(kernel, 100, 10**11)
    monkeypatch.setattr(fused, "find_spec", lambda name: None)
    monkeypatch.setattr(fused, "_pays", lambda backend, dims: 1 / 0)
    assert not fused.fuses(kernel, 100, 10**11)


def test_a_kernel_that_fails_or_errs_is_not_used(monkeypatch):
    cpu = choose_backend("torch")
    seconds = iter([2.0, 1.0, 2.0, 1.0, 1.0, 2.0])
    monkeypatch.setattr(fused, "TRIED", (16, 1024))
    monkeypatch.setattr(fused, "_seconds", lambda backend, work, x, y: next(seconds))
    monkeypatch.setattr(fused, "maxima_of", maxima)
    assert fused._pays.__wrapped__(cpu, 8)
    monkeypatch.setattr(fused, "maxima_of", lambda backend, x, y: maxima(backend, x, y) * 1.1)
    assert not fused._pays.__wrapped__(cpu, 8)
    monkeypatch.setattr(fused, "maxima_of", maxima)
    assert not fused._pays.__wrapped__(cpu, 8)  # slower

    def broken(backend, work, x, y):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(fused, "_seconds", broken)
    assert not fused._pays.__wrapped__(cpu, 8)


# ---- on a GPU


@pytest.mark.gpu
@cuda
@interpreted
@pytest.mark.parametrize("shape", SHAPES)
def test_the_kernel_on_cuda_gives_the_maxima_of_the_product(shape):
    n, m, d = shape
    kernel = Kernel("dot", "bfloat16", False, choose_backend("torch", "cuda:0"))
    x, y = (kernel.prepare(np.random.default_rng(i).standard_normal((size, d))) for i, size in enumerate((n, m)))
    expected = maxima(kernel.backend, *(side._replace(rows=side.rows.cpu()) for side in (x, y)))
    np.testing.assert_allclose(fused.maxima_of(kernel.backend, x, y).cpu(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.gpu
@cuda
@interpreted
def test_cuda_answers_are_the_same_with_the_kernel(monkeypatch):
    monkeypatch.setattr("simtool.engine.lanes.fuses", lambda kernel, dims, pairs: kernel.dtype == "bfloat16")
    monkeypatch.setattr("simtool.engine.calibration.pays", lambda precision, backend, dims: True)
    a, b = (np.random.default_rng(i).standard_normal((n, 384)).astype("f4") for i, n in enumerate((2000, 30_000)))
    for spec in ({"top_k": 10}, {"threshold": 0.2}, {"max_pairs": 500}):
        found, expected = (pairwise(a, b, device=device, **spec) for device in ("cuda", "cpu"))
        assert listed(found) == listed(expected)
        assert found.rows.columns["score"].tolist() == expected.rows.columns["score"].tolist()
