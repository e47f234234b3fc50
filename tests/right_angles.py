"""Directions for the tests of scans by prefixes."""

import numpy as np

from simtool.engine.rotation import Rotation


def directions(dims, length, seed=0):
    """Any directions at right angles are right; good ones only leave less to score."""
    whole, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(dims, dims)))
    return Rotation(np.ascontiguousarray(whole[:, :length]))
