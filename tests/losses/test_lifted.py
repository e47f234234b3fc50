"""The lifted structure loss: known losses, far rows, its gradient, what it refuses."""

from math import log

import numpy as np
import pytest
import torch
from batches import of_classes, scores_of

from simtool.errors import ParameterError, ShapeError
from simtool.losses.lifted import lifted_structure, negative_mass


def test_far_rows_do_not_overflow():
    far = np.asarray([[0.0, 2000.0, 1000.0], [2000.0, 0.0, 1000.0], [1000.0, 1000.0, 0.0]])
    codes = np.asarray([0, 0, 1])
    # log(2 e^-999) + 2000 = 1001 + log 2
    assert of_classes("lifted-structure", far, codes).tolist() == pytest.approx([(1001 + log(2)) ** 2 / 2] * 2)


def test_identical_rows_have_known_losses():
    x, codes = np.ones((6, 3)), np.asarray([0, 0, 0, 1, 1, 2])
    distances = scores_of("lifted-structure", x)
    pair = [(log(6) + 1) ** 2 / 2] * 6 + [(log(8) + 1) ** 2 / 2] * 2
    assert of_classes("lifted-structure", distances, codes).tolist() == pytest.approx(pair)


def test_lifted_structure_without_negatives_passes_no_gradient_to_the_masses():
    distances = torch.ones((2, 2), dtype=torch.float64, requires_grad=True)
    mass = torch.full((2,), -torch.inf, dtype=torch.float64, requires_grad=True)
    items = lifted_structure(distances, torch.tensor([[False, True], [True, False]]), mass, mass)
    assert items.tolist() == [0, 0]
    items.sum().backward()
    assert mass.grad.tolist() == [0, 0]
    assert (distances.grad == 0).all()


def test_lifted_structure_refuses_masses_that_do_not_fit():
    distances, mask = np.ones((2, 3)), np.ones((2, 3), dtype=bool)
    with pytest.raises(ShapeError, match=r"the masses have shapes \(3,\) and \(3,\)"):
        lifted_structure(distances, mask, np.ones(3), np.ones(3))
    with pytest.raises(ParameterError, match="margin is -1"):
        lifted_structure(distances, mask, np.ones(2), np.ones(3), margin=-1.0)
    with pytest.raises(ParameterError, match="margin is nan"):
        negative_mass(distances, mask, margin=float("nan"))
