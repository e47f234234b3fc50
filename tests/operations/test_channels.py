"""`channels`: one score per channel of two feature maps, and the maps weighted by it."""

import numpy as np
import pytest
import torch

from simtool import channels
from simtool.errors import DataError, ParameterError, ShapeError


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize(
    ("shape", "dim"), [((1, 2, 20, 20), 1), ((3, 4, 5), 1), ((4, 5, 6), 0), ((2, 3, 4, 5), 2), ((2, 3, 4, 5), -2)]
)
def test_a_channel_is_compared_with_its_own(shape, dim, metric):
    a, b = np.random.default_rng(0).normal(size=(2, *shape)).astype("f4")
    lead = shape[: dim % len(shape) + 1]
    x, y = (torch.from_numpy(v).double().reshape(*lead, -1) for v in (a, b))
    expected = torch.nn.functional.cosine_similarity(x, y, dim=-1) if metric == "cosine" else (x - y).norm(dim=-1)
    result = channels(a, b, channel_dim=dim, metric=metric)
    assert result.array.shape == lead
    np.testing.assert_allclose(result.array, expected, atol=1e-12)
    count, maps = lead[-1], expected.numel() // lead[-1]
    assert result.rows.columns["channel"].tolist() == list(range(count)) * maps
    if maps > 1:
        assert result.rows.columns["batch"].tolist() == np.repeat(np.arange(maps), count).tolist()
    assert result.rows.columns["score"].tolist() == result.array.ravel().tolist()
    summary = {"count": count * maps, "mean": expected.mean(), "min": expected.min(), "max": expected.max()}
    assert result.summary == pytest.approx({name: float(value) for name, value in summary.items()}, abs=1e-12)


def test_maps_that_are_not_finite():
    a = np.ones((1, 2, 2, 2))
    a[0, 1, 0, 0] = np.nan
    with pytest.raises(DataError, match="row 0 of 1 holds NaN"):
        channels(a, a)
    result = channels(a, a, nonfinite="propagate")
    assert np.isnan(result.array).tolist() == [[False, True]]
    assert result.summary["mean"] is None
    with pytest.raises(ParameterError, match="unknown value 'drop'"):
        channels(a, a, nonfinite="drop")


def test_what_is_refused():
    with pytest.raises(ShapeError, match="the maps differ in shape"):
        channels(np.ones((1, 2, 3)), np.ones((1, 2, 4)))
    with pytest.raises(ShapeError, match="no dim comes after the channels"):
        channels(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(ShapeError, match="dim 3 is out of range"):
        channels(np.ones((1, 2, 3)), np.ones((1, 2, 3)), channel_dim=3)


def test_the_blurred_map_scores_as_torch_says(sample_data):
    a, b = (np.load(sample_data / f"maps_{side}.npy") for side in "ab")
    x, y = (torch.from_numpy(v).double().flatten(2) for v in (a, b))
    np.testing.assert_allclose(channels(a, b).array, torch.nn.functional.cosine_similarity(x, y, dim=2), atol=1e-12)


def test_aggregates_over_channels():
    a, b = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    plain = channels(a, b, channel_dim=1).array
    result = channels(a, b, channel_dim=1, aggregates=["median", "min"])
    assert result.rows.columns["batch"].tolist() == [0, 1, 2]
    assert result.rows.columns["median"].tolist() == [float(np.median(row)) for row in plain]
    assert result.rows.columns["min"].tolist() == plain.min(axis=1).tolist()
    assert result.summary["median"] == float(np.median(plain))


def test_a_distance_is_no_weight_but_as_it_is():
    a, b = np.random.default_rng(1).normal(size=(2, 1, 4, 5))
    assert channels(a, b, channel_dim=1, metric="euclidean").array.shape == (1, 4)
    with pytest.raises(ParameterError, match="euclidean is a distance"):
        channels(a, b, metric="euclidean", weights="softmax")
