"""Inputs: seeded, made on the spot, at random or from the sample data."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import simtool

Floats = NDArray[np.float32]
WORDS = Path(__file__).parent.parent / "sample_data" / "words.parquet"
PIECE = 50_000


def vectors(rows: int, dims: int, seed: int, *, clusters: int = 0) -> Floats:
    """Return (rows, dims) Gaussian rows of different lengths, so that a cosine is not a dot product.

    Args:
        rows: how many.
        dims: how long.
        seed: of the rows; the centres of clusters are the same whatever the seed.
        clusters: around how many common centres they lie, at a cosine of about 0.7 to each other; 0 for none.
    """
    random = np.random.default_rng(seed)
    lengths = random.uniform(0.5, 2.0, rows).astype(np.float32)
    x = random.standard_normal((rows, dims), dtype=np.float32)
    if clusters:
        centres = np.random.default_rng(0).standard_normal((clusters, dims), dtype=np.float32)
        x = 0.65 * x + centres[random.integers(clusters, size=rows)]
    x *= lengths[:, None]
    return x


def noisy_words(rows: int) -> Floats:
    """Return (rows, 384) word vectors of the sample data, each over and over with noise that keeps it recognisable."""
    words = simtool.open_vectors(str(WORDS))
    base = words.read(0, words.shape[0])
    random = np.random.default_rng(0)
    x = base[random.integers(len(base), size=rows)]
    spread: Floats = np.abs(base).mean() * random.uniform(0.0, 0.6, (rows, 1)).astype(np.float32)
    result: Floats = x + spread * random.standard_normal(x.shape, dtype=np.float32)
    return result


def unit(x: Floats) -> Floats:
    """Return rows of length 1."""
    result: Floats = x / np.linalg.norm(x, axis=1, keepdims=True)
    return result


def saved(path: Path, rows: int, dims: int, seed: int) -> str:
    """Write vectors as npy, some at a time, and return the path."""
    target = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, dims))
    for start in range(0, rows, PIECE):
        stop = min(start + PIECE, rows)
        target[start:stop] = vectors(stop - start, dims, seed + start)
    target.flush()
    return str(path)
