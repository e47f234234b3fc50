"""The facts of the number formats, against those of numpy and torch."""

import numpy as np
import pytest
import torch

from simtool.metrics.precision import PRECISIONS


@pytest.mark.parametrize("name", PRECISIONS)
def test_a_format_is_that_of_torch(name):
    precision, dtype = PRECISIONS[name], getattr(torch, name)
    assert precision.name == name
    assert precision.itemsize == dtype.itemsize
    if dtype.is_floating_point:
        assert precision.least == torch.finfo(dtype).tiny


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_storing_takes_half_a_unit_at_most(name):
    assert PRECISIONS[name].stored == np.finfo(name).eps / 2
    assert PRECISIONS[name].summed >= np.finfo(name).eps / 2


def test_rounding_to_bfloat16_takes_no_more_than_is_said():
    x = torch.rand(10_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.5
    assert ((x.bfloat16().double() - x).abs() <= PRECISIONS["bfloat16"].relative * x).all()
