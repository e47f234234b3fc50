"""What the selecting reducers share: which places of a tile may matter, given what is sure already."""

from dataclasses import replace

import numpy as np

from ..backend import Array
from ..results import Column
from .candidates import GROUPS, Hits, candidates, group_peaks
from .exact import Pairs
from .kernels import Kernel
from .tiles import Span

DENSE = 8  # a tile of which more than one group in DENSE is hit is scored again in float64


class Scan:
    """A tile on its way to candidates.

    Args:
        kernel: that gave the tile.
        near: (n, m) nearness.
        error: (n,) bounds of its error.
        sure: (n,) the exact nearness that is asked for; a higher one may be asked for later.
        gaps: whether B has rows of NaN.
    """

    def __init__(self, kernel: Kernel, near: Array, error: Array, sure: Column, *, gaps: bool) -> None:
        self.kernel = kernel
        self.gaps = gaps
        self.error = error
        self.host_error: Column = kernel.backend.get(error).astype(np.float64)
        positive = bool((kernel.reach(sure, self.host_error) > 0).all())
        self.near, self.peaks = group_peaks(kernel.backend, near, gaps=gaps, positive=positive)

    def candidates(self, sure: Column, pairs: Pairs, stripe: Span, block: Span, usual: float = 0.0) -> Hits:
        """Return row, column and an upper bound of the exact nearness of every place that may reach `sure`.

        Where far more groups than usual are hit, the bound does not tell the rows of B apart, as with
        near-duplicates. Such a tile is scored in float64, whose bound does.

        Args:
            sure: (n,) the exact nearness of interest.
            pairs: the rows behind the tile.
            stripe: its rows of A.
            block: its rows of B.
            usual: how many groups of a row are expected to be hit.
        """
        backend = self.kernel.backend
        low = backend.rounded_down(self.kernel.reach(sure, self.host_error), self.near.dtype)
        hits = backend.xp.nonzero(self.peaks >= low[:, None])
        share = max(GROUPS / DENSE, 4 * usual)
        if self.kernel.dtype != "float64" and hits[0].shape[0] > share * len(stripe):
            return self._refined(sure, pairs, stripe, block).candidates(sure, pairs, stripe, block)
        row, column, near = candidates(backend, self.near, hits, low)
        return row, column, near + np.abs(near) * self.kernel.relative + self.host_error[row]

    def _refined(self, sure: Column, pairs: Pairs, stripe: Span, block: Span) -> "Scan":
        fine = replace(self.kernel, dtype="float64")
        x, y = fine.prepare(pairs.a[stripe.start : stripe.stop]), fine.prepare(pairs.b[block.start : block.stop])
        return Scan(fine, *fine.tile(x, y), sure, gaps=self.gaps)
