"""The classifier two-sample test: how well a logistic regression tells the rows of two sets apart."""

from math import inf
from typing import NamedTuple

import numpy as np

from ..backend import Backend, quiet
from ..engine import budget_of
from ..errors import ParameterError, ShapeError
from ..results import Column
from ..statistics.ranks import average_ranks
from .moments import centred, check_same_space, check_whole, scale_of
from .record import NUMPY, AggregateRecord

GRADIENT = 1e-6  # of the mean loss, below which a fit has converged
ITERATIONS = 1000


class Separation(NamedTuple):
    """How well a classifier tells two sets apart.

    Args:
        auc: mean over the folds of the ROC-AUC.
        spread: its standard deviation over the folds, divided by their number.
    """

    auc: float
    spread: float

    @property
    def score(self) -> float:
        """The mean ROC-AUC."""
        return self.auc


def c2st(
    x: Column, y: Column, *, folds: int = 5, strength: float = 1.0, seed: int = 0, backend: Backend = NUMPY
) -> Separation:
    """Mean ROC-AUC of logistic regressions that tell rows of x from rows of y, each on the fold it has not seen.

    Columns are standardised over both sets. With z = w·x + b, and t = 1 for x and -1 for y, each fit minimises::

        sum_i log(1 + exp(-t_i z_i)) + |w|^2 / (2 strength)

    Args:
        x: (n, d) finite rows, n at least `folds`.
        y: (m, d).
        folds: at least 2; each holds an equal share of the rows of x and of y.
        strength: above 0, how freely a fit may follow its rows: scikit-learn's C.
        seed: of the folds.
        backend: where to multiply; the fit itself is scipy's, on the CPU.

    Returns:
        `auc` in [0, 1], about .5 where the sets are of one distribution and 1 where a plane parts them; `spread`.

    Raises:
        ShapeError: rows of different dims; fewer rows than folds.
        ParameterError: `folds` is below 2, or `strength` is not positive.
        ResourceError: the widened rows do not fit.

    Source:
        Lopez-Paz, Oquab 2017, "Revisiting classifier two-sample tests", with the ROC-AUC in place of the accuracy;
        the fit is that of scikit-learn's LogisticRegression.

    Example:
        >>> x = np.arange(10.0)[:, None]
        >>> c2st(x, x + 20).auc
        1.0
    """
    check_same_space("c2st", x, y)
    folds, seed = check_whole("folds", folds, 2), check_whole("seed", seed, 0)
    if not 0 < strength < inf:
        raise ParameterError(f"strength is {strength:g}, expected more than 0", "strength")
    for side, rows in (("A", x), ("B", y)):
        if len(rows) < folds:
            what = f"c2st has {folds} folds, but {side} has {len(rows)} rows"
            raise ShapeError(what, side, "give as many rows as folds, or name fewer folds")
    budget_of(None).check(4 * 8 * (len(x) + len(y)) * x.shape[1], "c2st of these sets", "compare a sample of the rows")
    rows = _standardised(np.concatenate([x, y]))
    of_x = np.arange(len(rows)) < len(x)
    fold = fold_numbers(len(x), len(y), folds, seed)
    scores = [_held_out_auc(rows, of_x, fold == number, strength, backend) for number in range(folds)]
    return Separation(float(np.mean(scores)), float(np.std(scores)))


C2ST = AggregateRecord(parts=("spread",), in_one_pass=True, most_in_all=1 << 20)


def fold_numbers(n: int, m: int, folds: int, seed: int) -> Column:
    """Return (n + m,) the fold of each row of x and y, drawn so that each side is spread evenly over the folds."""
    generator = np.random.default_rng(seed)
    return np.concatenate([generator.permutation(size) % folds for size in (n, m)])


def _standardised(rows: Column) -> Column:
    """Return rows around their mean with standard deviation 1 in each column that varies."""
    near = centred(rows, scale_of(rows))[0]
    spread = near.std(axis=0)
    standardised: Column = near / np.where(spread > 0, spread, 1.0)
    return standardised


def _held_out_auc(rows: Column, of_x: Column, held: Column, strength: float, backend: Backend) -> float:
    """Return the ROC-AUC of the held rows under a fit of the others: the share of pairs in order, ties half."""
    weights = _fit(rows[~held], np.where(of_x[~held], 1.0, -1.0), strength, backend)
    own = of_x[held]
    ranks = average_ranks(rows[held] @ weights[:-1])
    n, m = int(own.sum()), int((~own).sum())
    return float((ranks[own].sum() - n * (n + 1) / 2) / (n * m))


def _fit(rows: Column, signs: Column, strength: float, backend: Backend) -> Column:
    """Return (d + 1,) weights and intercept of the logistic regression."""
    from scipy.optimize import minimize

    penalty, placed = 1 / (strength * len(rows)), backend.put(rows)

    def loss(weights: Column) -> tuple[float, Column]:
        margins = signs * (backend.get(placed @ backend.put(weights[:-1])) + weights[-1])
        with quiet():  # the exponential of a large margin vanishes
            pull = -signs * np.exp(-np.logaddexp(0.0, margins)) / len(rows)
        gradient = np.append(backend.get(backend.put(pull) @ placed) + penalty * weights[:-1], pull.sum())
        value = np.logaddexp(0.0, -margins).mean() + penalty / 2 * float(weights[:-1] @ weights[:-1])
        return float(value), gradient

    options = {"maxiter": ITERATIONS, "gtol": GRADIENT, "ftol": 0.0}
    fitted: Column = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options=options).x
    return fitted
