"""The losses of graded scores, against loops over all pairs and complex numbers."""

from math import fsum, log, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import logsumexp
from trials import central, gradients, items

from simtool.errors import LabelError, ParameterError, ShapeError
from simtool.losses.graded import angle_similarity, cosent, squared_error


def loop(similarities, scores, scale):
    """log(1 + sum exp) over all ordered pairs, by scipy."""
    terms = [0.0]
    for s, y in zip(similarities, scores, strict=True):
        terms += [scale * (s - t) for t, z in zip(similarities, scores, strict=True) if y < z]
    return logsumexp(terms)


def test_squared_error_is_the_loop(xp):
    similarities, scores = np.random.default_rng(0).uniform(-1, 1, (2, 30))
    expected = [(s - y) ** 2 for s, y in zip(similarities, scores, strict=True)]
    assert_allclose(items(squared_error, xp, similarities, scores), expected, rtol=1e-14)
    assert items(squared_error, xp, [0.25, 1.0], [0.25, 1.0]).tolist() == [0, 0]
    assert central(lambda s: squared_error(s, torch.tensor([0.1, 0.9])), [0.5, 0.9])
    assert gradients(lambda s: squared_error(s, torch.tensor([0.5], dtype=torch.float64)), [0.5])[0].tolist() == [0]


@pytest.mark.parametrize("scale", [1e-3, 0.5, 20.0, 1e3])
@pytest.mark.parametrize("distinct", [1, 2, 5, 10**6])
def test_cosent_is_the_loop_over_all_pairs(xp, scale, distinct):
    rng = np.random.default_rng(distinct)
    for n in (1, 2, 3, 8, 33):
        similarities, scores = rng.uniform(-1, 1, n), rng.integers(0, distinct, n) / 7
        found = items(cosent, xp, similarities, scores, scale=scale)
        assert found.shape == (1,)
        assert_allclose(found, [loop(similarities, scores, scale)], rtol=1e-12, atol=1e-12)


def test_cosent_takes_integer_and_signed_scores(xp):
    expected = loop([0.5, 0.25, 0.75], [0, 1, 2], 20.0)
    assert_allclose(items(cosent, xp, [0.5, 0.25, 0.75], [0, 1, 2]), [expected], rtol=1e-14)
    assert_allclose(items(cosent, xp, [0.5, 0.25, 0.75], [-1, 0, 7]), [expected], rtol=1e-14)


def test_cosent_keeps_what_a_shared_maximum_would_lose(xp):
    # the two low pairs are out of order by .05; exp(1000 * -1.8) is 0 in float64
    found = items(cosent, xp, [-0.9, -0.95, 0.9], [0.0, 1.0, 2.0], scale=1e3)
    assert found.tolist() == pytest.approx([50.0], rel=1e-12)
    # 2000 nats: the worst order there is
    assert items(cosent, xp, [1.0, -1.0], [0, 1], scale=1e3).tolist() == [2000]
    assert items(cosent, xp, [-1.0, 1.0], [0, 1], scale=1e3).tolist() == [0]


def test_cosent_without_an_order_rests(xp):
    for n in (1, 4):
        assert items(cosent, xp, [0.5] * n, [0.25] * n).tolist() == [0]
    here = torch.zeros(3)
    assert gradients(lambda s: cosent(s, here), [0.1, 0.9, 0.5])[0].tolist() == [0, 0, 0]
    # scores apart, similarities equal: one pair in doubt is log 2
    assert items(cosent, xp, [0.5, 0.5], [0, 1]).tolist() == pytest.approx([log(2)], rel=1e-15)


def test_gradients_of_cosent_are_central_differences():
    scores = torch.tensor([0.0, 0.5, 0.5, 1.0, 0.2, 0.0, 3.0])
    for scale in (1.0, 20.0):
        assert central(lambda s, scale=scale: cosent(s, scores, scale=scale), [0.1, 0.5, 0.3, 0.2, 0.9, 0.8, 0.4])
    extreme = gradients(lambda s: cosent(s, torch.tensor([0.0, 1.0, 2.0]), scale=1e3), [-0.9, -0.95, 0.9])[0]
    assert_allclose(extreme, [1e3, -1e3, 0], atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 20))
def test_laws_of_cosent(seed, n):
    rng = np.random.default_rng(seed)
    similarities, scores, order = rng.uniform(-1, 1, n), rng.integers(0, 4, n), rng.permutation(n)
    found = cosent(similarities, scores)
    assert found[0] >= 0
    assert_allclose(cosent(similarities[order], scores[order]), found, rtol=1e-12, atol=1e-14)
    # only the order of the scores counts, and only differences of similarities
    assert_allclose(cosent(similarities + 3.0, np.exp(scores)), found, rtol=1e-9, atol=1e-12)
    best = int(np.argmax(scores))
    raised = similarities.copy()
    raised[best] += 0.5
    assert cosent(raised, scores)[0] <= found[0] + 1e-12


def test_cosent_of_a_million_pairs_needs_no_square_of_them():
    n = 10**6
    # in blocks of two scores: n/2 low and n/2 high ones, all similarities 0
    found = cosent(np.zeros(n), np.arange(n) % 2)
    assert found.tolist() == pytest.approx([log(1 + n**2 / 4)], rel=1e-12)


def complex_angle(a, b):
    """The authors' form: the parts of the quotients of complex numbers, summed and scaled to unit length."""
    half = len(a) // 2
    z, w = (complex_of(v, half) for v in (a, b))
    size = sum(abs(q) ** 2 for q in w)
    parts = [p * q.conjugate() / size for p, q in zip(z, w, strict=True)]
    length = sqrt(sum(abs(p) ** 2 for p in z)) / sqrt(size)
    return abs(fsum(p.real + p.imag for p in parts)) / length


def complex_of(v, half):
    return [complex(v[i], v[half + i]) for i in range(half)]


def test_angle_similarity_is_that_of_complex_numbers(xp):
    a, b = np.random.default_rng(2).normal(size=(2, 20, 6))
    expected = [complex_angle(x.tolist(), y.tolist()) for x, y in zip(a, b, strict=True)]
    assert_allclose(items(angle_similarity, xp, a, b), expected, rtol=1e-12)
    assert_allclose(items(angle_similarity, xp, a * 1e200, b * 1e-150, eps=0.0), expected, rtol=1e-12)
    assert_allclose(items(angle_similarity, xp, a, a), np.ones(20), rtol=1e-15)
    assert items(angle_similarity, xp, [[0.0, 0.0]], [[1.0, 2.0]]).tolist() == [0]
    # a turn by an eighth is the largest there is
    assert items(angle_similarity, xp, [[1.0, 1.0]], [[1.0, 0.0]]).tolist() == pytest.approx([sqrt(2)], rel=1e-15)


def test_gradients_of_the_angle_similarity():
    a, b = np.random.default_rng(3).normal(size=(2, 5, 4))
    assert central(angle_similarity, a, b)
    for found in gradients(angle_similarity, [[0.0, 0.0]], [[1.0, 2.0]]):
        assert found.tolist() == [[0, 0]]


def test_what_is_refused(xp):
    three = xp.array([0.1, 0.2, 0.3])
    for function in (squared_error, cosent):
        for bad, shown in ((float("nan"), "nan"), (float("inf"), "inf")):
            with pytest.raises(LabelError, match=f"row 2 has score {shown}, which is not finite"):
                function(three, xp.array([0.0, 1.0, bad]))
        for scores in ([0.0, 1.0], [[0.0], [1.0], [2.0]]):
            with pytest.raises(ShapeError, match=r"expected shape \(3,\)"):
                function(three, xp.array(scores))
    for scale in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match=f"scale is {scale}") as refused:
            cosent(three, three, scale=scale)
        assert refused.value.where == "«scale»"
    odd = xp.array([[1.0, 2.0, 3.0]])
    with pytest.raises(ShapeError, match=r"an even number of dims, got shape \(1, 3\)"):
        angle_similarity(odd, odd)
    with pytest.raises(ShapeError, match=r"expected shape \(1, 3\), got \(1, 2\)"):
        angle_similarity(odd, odd[:, :2])
