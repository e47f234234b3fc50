"""`simtool channels`: scores on stdout, the weighed maps in a file."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import cosine


def test_scores_and_weighed_maps(typed, inputs):
    maps = np.load("maps.npy")
    np.save("other.npy", maps[::-1].copy())
    code, out, err = typed("channels maps.npy other.npy -o out.npy --save-weights w.npy --format json")
    scores = [1 - cosine(a.ravel(), b.ravel()) for a, b in zip(maps, maps[::-1], strict=True)]
    assert code == 0
    assert [row["score"] for row in json.loads(out)["rows"]] == pytest.approx(scores)
    np.testing.assert_allclose(np.load("out.npy"), maps[::-1] * np.asarray(scores)[:, None, None], rtol=1e-6)
    np.testing.assert_allclose(np.load("w.npy").ravel(), scores, rtol=1e-6)
    assert err.count("wrote ") == 2


def test_a_temperature_without_softmax_is_told(typed):
    assert "only --weights softmax takes it" in typed("channels maps.npy maps.npy --temperature 2")[2]
    assert "only --weights" not in typed("channels maps.npy maps.npy --temperature 2 --weights softmax")[2]
