"""Feature maps: weights of channels, and maps weighted by them."""

import numpy as np
import pytest
import torch
from scipy import stats

from simtool import channels
from simtool.errors import ParameterError, ShapeError
from simtool.feature_maps import channel_weights, weighted


def test_three_dims_are_one_map_and_the_reading_is_said():
    a, b = np.random.default_rng(2).normal(size=(2, 3, 4, 5))
    one = torch.nn.functional.cosine_similarity(*(torch.from_numpy(v).flatten(1) for v in (a, b)))
    found = channels(a, b)
    np.testing.assert_allclose(found.array, one, atol=1e-12)
    assert found.rows.names == ("channel", "score")
    assert found.parameters["channel_dim"] == 0
    told = "(3, 4, 5) is read as one map of 3 channels of 4 × 5; channel dim 1 reads it as 3 maps of 4 channels"
    assert found.notes == (told,)
    np.testing.assert_allclose(weighted(b, found.array), b * found.array[:, None, None])
    last = channels(np.moveaxis(a, 0, -1), np.moveaxis(b, 0, -1), channel_dim=-1)
    np.testing.assert_allclose(last.array, one, atol=1e-12)
    np.testing.assert_allclose(
        weighted(np.moveaxis(b, 0, -1), last.array, channel_dim=-1), np.moveaxis(b, 0, -1) * last.array
    )
    many = channels(a, b, channel_dim=1)
    assert many.array.shape == (3, 4)
    assert many.notes == ("(3, 4, 5) is read as 3 maps of 4 channels of 5; channel dim 0 reads it as one map",)
    assert channels(a[None], b[None]).notes == ()
    np.testing.assert_allclose(channels(a[None], b[None]).array, found.array[None], atol=1e-12)


@pytest.mark.parametrize(("dtype", "result"), [("f2", "f2"), ("f4", "f4"), ("f8", "f8"), ("i4", "f4"), ("u1", "f4")])
def test_maps_are_weighted_by_channel(dtype, result):
    maps = np.arange(12).reshape(1, 3, 2, 2).astype(dtype)
    product = weighted(maps, np.asarray([[0.5, 0.0, -1.0]]))
    assert product.dtype == result
    assert product[0, :, 1, 1].tolist() == [1.5, 0, -11]
    assert maps[0, 0, 1, 1] == 3


def test_channels_last():
    a, b = np.random.default_rng(1).normal(size=(2, 3, 4, 5, 6))
    first = channels(a, b)
    last = channels(np.moveaxis(a, 1, -1), np.moveaxis(b, 1, -1), channel_dim=-1)
    np.testing.assert_allclose(last.array, first.array, rtol=1e-12)
    heavy = weighted(np.moveaxis(b, 1, -1), last.array, channel_dim=-1)
    np.testing.assert_allclose(np.moveaxis(heavy, -1, 1), weighted(b, first.array), rtol=1e-12)
    every = weighted(b, first.array[0])
    np.testing.assert_allclose(every, b * first.array[0][None, :, None, None], rtol=1e-12)
    with pytest.raises(ShapeError, match=r"expected weights of shape \(3, 4\) or \(4,\), got \(3,\)"):
        weighted(b, np.ones(3))


def test_weights_of_channels():
    scores = np.asarray([[0.5, -0.2, 0.5, 0.9], [0.0, 0.1, 0.2, 0.3]])
    assert channel_weights(scores) is scores
    assert channel_weights(scores, "clip").tolist() == [[0.5, 0.0, 0.5, 0.9], [0.0, 0.1, 0.2, 0.3]]
    expected = torch.softmax(torch.from_numpy(scores) / 0.1, dim=1)
    np.testing.assert_allclose(channel_weights(scores, "softmax", temperature=0.1), expected, rtol=1e-12)
    ranks = stats.rankdata(scores, axis=1) / 4
    assert channel_weights(scores, "rank").tolist() == ranks.tolist()
    a, b = np.random.default_rng(1).normal(size=(2, 1, 4, 5))
    result = channels(a, b, channel_dim=1, weights="rank")
    assert result.rows.columns["weight"].tolist() == result.array.ravel().tolist()
    np.testing.assert_allclose(result.array, stats.rankdata(channels(a, b, channel_dim=1).array, axis=1) / 4)
    for options, what in (({"kind": "hard"}, "unknown value 'hard'"), ({"temperature": 0.0}, "temperature is 0.0")):
        with pytest.raises(ParameterError, match=what):
            channel_weights(scores, **options)


def test_dead_and_constant_channels_are_told():
    a, b = np.random.default_rng(1).normal(size=(2, 2, 3, 4))
    a[1, 0], b[1, 0], b[0, 2] = 0.0, 2.5, 0.0
    result = channels(a, b, channel_dim=1)
    assert result.rows.columns["state"].tolist() == ["", "", "dead in B", "dead in A, constant in B", "", ""]
    told = "1 channel of A is all zero", "1 channel of B is all zero", "1 channel of B is the same number everywhere"
    assert result.notes[-3:] == told
    assert "state" not in channels(a[:1], a[:1], channel_dim=1).rows.names
