"""The Minkowski distance, against scipy."""

import every_form
import numpy as np
import pytest
import torch
from scipy.spatial import distance

from simtool import channels, evaluate, metrics, pairwise
from simtool.errors import ParameterError

A, B = (np.random.default_rng(n).normal(size=(n, 7)) for n in (19, 23))
P = [1.0, 1.5, 2.0, 3.0, 40.0]


def reference(p):
    return lambda x, y: distance.minkowski(x, y, p)


@pytest.mark.parametrize("p", P)
def test_aligned(xp, monkeypatch, p):
    every_form.check_aligned("minkowski", reference(p), A, B, xp, monkeypatch, p=p)


@pytest.mark.parametrize("backend", every_form.BACKENDS)
@pytest.mark.parametrize("p", [1.5, 3.0])
def test_all_pairs(backend, p):
    every_form.check_all_pairs("minkowski", reference(p), A, B, backend, p=p)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_powers_neither_overflow_nor_vanish(xp, scale):
    x, y = xp.array([3.0 * scale, 0.0, 0.0]), xp.array([0.0, 4.0 * scale, 0.0])
    assert float(metrics.minkowski(x, y, p=3)) == pytest.approx(91 ** (1 / 3) * scale, rel=1e-14)
    assert float(metrics.minkowski(x, x, p=40)) == 0


@pytest.mark.parametrize("p", P[:-1])
def test_gradients_are_those_of_the_formula(p):
    x, y = torch.from_numpy(A[:5]).requires_grad_(), torch.from_numpy(B[:5])
    metrics.minkowski(x, y, p=p).sum().backward()
    difference = A[:5] - B[:5]
    norms = np.asarray([distance.minkowski(v, np.zeros(7), p) for v in difference])[:, None]
    expected = np.sign(difference) * np.abs(difference) ** (p - 1) / norms ** (p - 1)
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-10)
    x.grad = None
    metrics.minkowski(x, x.detach(), p=p).sum().backward()
    assert (x.grad == 0).all()


def test_the_other_commands_take_p():
    maps = np.random.default_rng(0).normal(size=(2, 1, 3, 4, 4))
    found = channels(*maps, metric="minkowski", parameters={"p": 3})
    expected = [distance.minkowski(x.ravel(), y.ravel(), 3) for x, y in zip(maps[0, 0], maps[1, 0], strict=True)]
    assert found.array[0].tolist() == pytest.approx(expected)
    assert found.parameters["p"] == 3
    classes = np.arange(len(A)) % 3
    manhattan, other = (
        evaluate(A, labels=classes, metric=name, parameters=given).summary
        for name, given in (("manhattan", None), ("minkowski", {"p": 1}))
    )
    assert other == pytest.approx(manhattan)


def test_what_is_refused():
    for p, hint in ((0.5, ""), (float("nan"), ""), (float("inf"), "chebyshev")):
        with pytest.raises(ParameterError, match="expected a finite number of at least 1") as refused:
            pairwise(A, metric="minkowski", parameters={"p": p})
        assert hint in refused.value.hint
    with pytest.raises(ParameterError, match="the metric minkowski has no parameter 'q'") as refused:
        pairwise(A, metric="minkowski", parameters={"q": 2})
    assert refused.value.hint == "it has: p"
    with pytest.raises(ParameterError, match="the metric cosine has no parameter 'p'"):
        pairwise(A, parameters={"p": 2})
