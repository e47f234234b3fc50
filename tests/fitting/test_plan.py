"""What `fit` refuses before it trains."""

import numpy as np
import pytest

import simtool
from simtool.errors import DataError, LabelError, ParameterError, ShapeError

N, D = 240, 6
GENERATOR = np.random.default_rng(3)
CLASSES = np.arange(N) % 4
NOISE = GENERATOR.standard_normal((N, D)).astype(np.float32)
# one dim tells the classes apart, the others are loud
CLEAR = (NOISE * [4, 4, 4, 4, 4, 0.3] + CLASSES[:, None] * np.eye(D)[5] * 3).astype(np.float32)
FIT = {"kind": "sup-con", "labels": CLASSES, "epochs": 1}
REFUSED = [
    ((CLEAR,), FIT | {"kind": "arcface", "miner": "hard"}, ParameterError, "a miner chooses among the pairs"),
    ((CLEAR, NOISE), {"kind": "mse"}, ParameterError, "needs a teacher's vectors"),
    ((CLEAR,), FIT | {"kind": "cosent"}, ParameterError, "takes scores of pairs, and pairs made of classes"),
    ((CLEAR,), FIT | {"kind": "info-nce"}, ParameterError, "takes two views, and there is one set"),
    ((CLEAR,), FIT | {"labels": None}, LabelError, "needs one class per row"),
    ((CLEAR,), FIT | {"labels": np.arange(N)}, DataError, "no class has two training rows"),
    ((CLEAR,), FIT | {"labels": np.zeros(N, int)}, DataError, "all training rows are of one class"),
    ((CLEAR,), FIT | {"kind": None}, ParameterError, "a linear head is trained with a loss"),
    ((CLEAR,), FIT | {"head": "orthogonal"}, ParameterError, "an orthogonal head of all 6 dims only turns"),
    ((CLEAR,), FIT | {"lr": 0.0}, ParameterError, "lr is 0.0"),
    ((CLEAR,), FIT | {"epochs": 0}, ParameterError, "epochs is 0"),
    ((CLEAR,), FIT | {"held_out": 1.0}, ParameterError, "held-out is 1.0"),
    ((CLEAR,), FIT | {"per_class": 1}, ParameterError, "makes no pair"),
    ((CLEAR,), FIT | {"optimizer": "rmsprop"}, ParameterError, "unknown value 'rmsprop'"),
    ((CLEAR,), FIT | {"miner": "easy"}, ParameterError, "unknown value 'easy'"),
    ((CLEAR, NOISE), {"kind": "cosine", "labels": CLASSES % 2, "miner": "hard"}, ParameterError, "a miner chooses"),
    ((CLEAR[:1],), FIT | {"labels": CLASSES[:1]}, DataError, "1 example is too few"),
    ((np.where(CLEAR > 9, np.nan, CLEAR),), FIT, DataError, "NaN or infinity"),
    ((CLEAR, NOISE[:, :3].copy()), {"kind": "cosine", "labels": CLASSES % 2}, ShapeError, "differ in length"),
    ((CLEAR, NOISE), {"kind": "sup-con"}, ShapeError, "takes one input, got 2"),
]


@pytest.mark.parametrize(("vectors", "options", "error", "message"), REFUSED, ids=[each[3][:24] for each in REFUSED])
def test_what_is_refused(vectors, options, error, message):
    with pytest.raises(error, match=message):
        simtool.fit(*vectors, **options)
