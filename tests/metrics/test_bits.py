"""Packed bits in either library, against numpy's own unpacking."""

import numpy as np
import pytest

from simtool import metrics
from simtool.errors import DataError


def test_every_pair_of_bytes_differs_in_the_bits_of_numpy(xp):
    a, b = (side.ravel().astype(np.uint8) for side in np.meshgrid(np.arange(256), np.arange(256)))
    found = np.asarray(metrics.hamming(xp.array(a[:, None]), xp.array(b[:, None])))
    expected = (np.unpackbits(a[:, None], axis=1) != np.unpackbits(b[:, None], axis=1)).mean(axis=1)
    np.testing.assert_array_equal(found, expected)


def test_other_numbers_are_refused(xp):
    with pytest.raises(DataError, match="packed bits"):
        metrics.hamming(xp.array([1.0]), xp.array([2.0]))
