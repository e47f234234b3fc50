"""What is proven of the error of a product holds for products of numpy in the precision, against exact sums."""

from math import fsum

import numpy as np
import pytest

from simtool.metrics.bounds import Side, product_error, sum_error
from simtool.metrics.precision import FLOAT32, FLOAT64


def side(rows, dtype):
    stored = rows.astype(dtype)
    norms, lost = np.linalg.norm(rows, axis=1), np.linalg.norm(rows - stored.astype(float), axis=1)
    return Side(stored, norms, lost, norms.max(), lost.max())


@pytest.mark.parametrize(("dtype", "precision"), [("f4", FLOAT32), ("f8", FLOAT64)])
@pytest.mark.parametrize("dims", [1, 33, 1000])
def test_products_are_within_the_bound_and_the_bound_is_of_use(dtype, precision, dims):
    rng = np.random.default_rng(dims)
    a, b = rng.normal(size=(8, dims)) * rng.uniform(0.1, 10, (8, 1)), rng.normal(size=(9, dims))
    x, y = side(a, dtype), side(b, dtype)
    exact = np.asarray([[fsum(row * other) for other in b] for row in a])
    off, most = np.abs((x.rows @ y.rows.T).astype(float) - exact), product_error(x, y, precision)
    assert (off <= most[:, None]).all()
    assert (most < 10 * dims * precision.summed * x.norms * y.longest + 1e-30).all() or dims == 1


def test_some_rows_keep_the_largest_of_all():
    whole = side(np.arange(12.0).reshape(4, 3), "f4")
    part = whole.part(slice(1, 3))
    assert part.rows.tolist() == whole.rows[1:3].tolist()
    assert (part.longest, part.steps) == (whole.longest, None)
    assert sum_error(part, FLOAT32) == sum_error(whole, FLOAT32)
