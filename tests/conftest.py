"""Fixtures that several tests share."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simtool.cli.blas_kernels import choose_blas_kernels

choose_blas_kernels()  # as a command does before numpy is loaded, so that a process gives the same last digits

# ruff: noqa: E402
import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import settings
from threadpoolctl import threadpool_limits

if "PYTEST_XDIST_WORKER" in os.environ:  # a thread for each worker, or they spend their time waiting for each other
    threadpool_limits(1)

settings.register_profile("simtool", deadline=None)  # a machine may be busy
settings.load_profile("simtool")

os.environ.pop("COLUMNS", None)  # xdist sets it, and a table would be no wider

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Library:
    """An array library: its name, its namespace, and what makes its arrays of numpy's."""

    name: str
    namespace: Any
    array: Callable[..., Any]


LIBRARIES = {
    "numpy": Library("numpy", np, np.asarray),
    "torch": Library("torch", torch, lambda values, dtype=None: torch.from_numpy(np.array(values, dtype=dtype))),
    "strict": Library(
        "strict", array_api_strict, lambda values, dtype=None: array_api_strict.asarray(np.array(values, dtype=dtype))
    ),
}


@pytest.fixture(params=list(LIBRARIES))
def xp(request: pytest.FixtureRequest) -> Library:
    """Every array library that the kernels are written for."""
    return LIBRARIES[request.param]


@pytest.fixture
def sample_data() -> Path:
    """The folder of real data."""
    return ROOT / "sample_data"
