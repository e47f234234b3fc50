"""The steps of `explain` are those of the operations, and can be calculated."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import explain, loss, similarity


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 9), row=st.integers(0, 3))
def test_the_steps_agree_with_the_operations(seed, d, row):
    a, b = np.random.default_rng(seed).normal(size=(2, 4, d)).astype("f4")
    summary = explain(a, b, row=row, margin=0.25).summary
    for metric in ("dot", "cosine", "angular", "euclidean"):
        assert summary[metric] == pytest.approx(similarity(a, b, metric=metric).array[row], abs=1e-12)
    for kind in ("contrastive", "cosine", "cosine-embedding"):
        for label, word in ((1, "similar"), (0, "dissimilar")):
            items = loss(a, b, labels=np.full(4, label), kind=kind, margin=0.25).array
            assert summary[f"{kind}.{word}"] == pytest.approx(items[row], abs=1e-12)


def test_the_numbers_can_be_calculated():
    columns = explain(np.asarray([1.0, -2, 3]), np.asarray([4.0, 5, 6])).rows.columns
    words = str.maketrans({"×": "*", "^": "**"})
    for step, formula, numbers, value in zip(*(column.tolist() for column in columns.values()), strict=True):
        if step != "angular":
            assert eval(numbers.translate(words), {"sqrt": sqrt, "max": max}) == pytest.approx(
                value, rel=1e-4, abs=1e-5
            ), (step, formula, numbers)


def test_long_vectors_are_shortened():
    numbers = explain(np.ones(9), np.ones(9)).rows.columns["numbers"].tolist()
    assert numbers[0] == "1 × 1 + 1 × 1 + ... (9 terms)"
