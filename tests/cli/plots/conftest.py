"""Fixtures that tests of this room share."""

import pytest
from drawn_pictures import LABELS, RNG, SCORES

import simtool


@pytest.fixture(scope="module")
def evaluated():
    return simtool.evaluate(
        scores=SCORES, labels=LABELS, against=2 * SCORES + RNG.normal(size=90), bootstrap=20, names={"scores": "s.txt"}
    )
