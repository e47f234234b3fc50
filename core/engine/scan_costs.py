"""What a scan of whole rows costs in each format: what it takes to import, the products, and the pairs scored again.

Products of numpy and NumKong are measured, in milliseconds. Torch takes seconds to import, so before it is loaded the
features of the processor say whether that can pay, and how large a job must be. The pairs that a bound cannot rule out
are scored again in float64.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..metrics import int8
from ..metrics.precision import BFLOAT16, FLOAT32, INT8, Precision
from ..results import Column
from . import calibration
from .job import PairwiseJob
from .kernels import Kernel
from .processor_features import processor_features
from .reach import Reach
from .rotation import Rotation
from .threads import processors

TORCH_SECONDS, NUMKONG_SECONDS = 1.8, 0.05  # to import
# how many times as fast as numpy's float32 torch's bfloat16 is at least, by the feature of the processor that it uses;
# on Zen 4, in one thread, it is 1.9 times, and NumKong's int8 1.1 at 384 dims and 1.4 at 768
BFLOAT16_RATES = {"amx_bf16": 5.0, "avx512_bf16": 1.8, "bf16": 1.5}

QUERIES, CORPUS = 64, 4096  # rows of the sample that tells how many pairs are scored again
# to find a pair in tiles whose bound is wide, of which the first ones are computed again, and to score it; and for each
# of its numbers: measured at 384 and 768 dims, k 10 and 100, random and real rows
PAIR_SECONDS, NUMBER_SECONDS = 9e-7, 1.8e-9


@dataclass(frozen=True)
class Contender:
    """A product of a library.

    Args:
        library: numpy, numkong or torch.
        precision: its number format.
        start: seconds until it can begin.
        operation: seconds of a multiplication with its addition, in one thread.
        rotation: of a scan of prefixes.
    """

    library: str
    precision: Precision
    start: float
    operation: float
    rotation: Rotation | None = None


def seconds_of(
    contender: Contender, job: PairwiseJob, a: Column, b: Column, reach: Reach, shape: tuple[int, int]
) -> float:
    """Return the seconds that a scan of whole rows is expected to take."""
    pairs = shape[0] * shape[1]
    work = 2.0 * pairs * a.shape[1] * contender.operation * (0.5 if reach.halved or reach.joined else 1.0)
    if contender.precision is INT8:  # the others list few pairs more than are wanted
        work += pairs * _listed(job, a, b, reach, shape[1]) * (PAIR_SECONDS + NUMBER_SECONDS * a.shape[1])
    return float(contender.start + work / processors())


def contenders(job: PairwiseJob, kernel: Kernel) -> Iterator[Contender]:
    """Yield the products that this processor and what is installed offer."""
    plain = calibration.operation_seconds(kernel.precision, job.backend, job.dims)
    yield Contender(job.backend.name, kernel.precision, 0.0, plain)
    if job.backend.name == "torch" or job.precision == FLOAT32.name or not job.metric.is_product:
        return
    if int8.is_installed() and job.dims <= int8.DIMS:
        yield Contender("numkong", INT8, NUMKONG_SECONDS, calibration.operation_seconds(INT8, job.backend, job.dims))
    rates = [rate for feature, rate in BFLOAT16_RATES.items() if feature in processor_features()]
    if rates and not job.backend.fixed:
        start = 0.0 if is_loaded("torch") else TORCH_SECONDS
        yield Contender("torch", BFLOAT16, start, plain / max(rates))


def is_loaded(library: str) -> bool:
    """Tell whether a library is imported already."""
    return library in sys.modules


def _listed(job: PairwiseJob, a: Column, b: Column, reach: Reach, m: int) -> float:
    """Return the share of pairs that a scan in int8 is expected to list, judged by a sample of both sides."""
    x, y = (rows[:: max(1, len(rows) // some)][:some] for rows, some in ((a, QUERIES), (b, CORPUS)))
    plain = Kernel(job.metric, FLOAT32.name, job.scaled, job.backend)
    coarse = replace(plain, dtype=INT8.name)
    proxy = plain.tile(plain.prepare(x), plain.prepare(y))
    rank = min(len(y), max(1, round(reach.rank * len(y) / m)))
    if reach.least is None:
        least = np.partition(proxy, -rank, axis=1)[:, -rank]
        # a score that is as far below the k-th as both bounds reach
        least = least - 2.0 * coarse.error(coarse.prepare(x), coarse.prepare(y))
    else:
        least = reach.least - coarse.error(coarse.prepare(x), coarse.prepare(y))
    share = np.count_nonzero(proxy >= least[:, None]) / proxy.size
    if reach.least is None:
        share *= reach.rank / (rank * m / len(y))  # where the sample is too small for its rank
    return float(share)
