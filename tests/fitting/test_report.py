"""What `fit` tells."""

import numpy as np
import pytest

import simtool
from simtool.fitting.report import fit_keys

N, D = 240, 6
GENERATOR = np.random.default_rng(3)
CLASSES = np.arange(N) % 4
NOISE = GENERATOR.standard_normal((N, D)).astype(np.float32)
# one dim tells the classes apart, the others are loud
CLEAR = (NOISE * [4, 4, 4, 4, 4, 0.3] + CLASSES[:, None] * np.eye(D)[5] * 3).astype(np.float32)


def test_what_cannot_be_judged_is_said():
    none = simtool.fit(CLEAR, kind="sup-con", labels=CLASSES, epochs=1, held_out=0.0)
    assert none.notes[-1] == "nothing was held out, so there is no evaluation"
    assert len(none.rows) == 0
    unlabelled = simtool.fit(NOISE, CLEAR, kind="cosine-distance", epochs=1)
    assert unlabelled.summary["verdict"] == "undefined"
    at_rest = simtool.fit(NOISE, NOISE + 0, kind="contrastive", labels=np.ones(N), epochs=1)
    assert at_rest.notes[-1].startswith("the head did not change: no step had a gradient")


@pytest.mark.parametrize(
    "options",
    [{"kind": "sup-con", "labels": CLASSES}, {"kind": None, "head": "whiten"}, {"kind": "info-nce", "held_out": 0}],
)
def test_every_key_is_known_before_the_work(options):
    sides = [CLEAR, NOISE] if options["kind"] == "info-nce" else [CLEAR]
    found = simtool.fit(*sides, **options, **({"epochs": 1} if options["kind"] else {}))
    assert set(found.summary) <= set(fit_keys())
