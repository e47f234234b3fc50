"""Embeddings of any library as torch tensors, and labels on their device."""

import numpy as np
import torch

from simtool.catalogue import find
from simtool.training.arrays import device_of, embeddings, is_narrow, labels_of


def test_tensors_stay_what_they_are_and_others_come_to_their_device():
    x = torch.eye(3)
    found = embeddings(find("loss", "mse"), {"student": x, "teacher": [[1, 2, 3]] * 3})
    assert found[0] is x
    assert found[1].tolist() == [[1, 2, 3]] * 3
    assert found[1].device == x.device


def test_rows_may_lie_in_any_order_in_memory():
    x = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    (found,) = embeddings(find("loss", "sup-con"), {"embeddings": x[::2, ::-1]})
    assert found.tolist() == [[2, 1, 0], [8, 7, 6]]


def test_labels_are_read_as_the_loss_takes_them():
    backend = device_of(torch.eye(3))
    assert labels_of(find("loss", "bce"), [-1, 1, 1], 3, backend).numbers.tolist() == [False, True, True]
    assert labels_of(find("loss", "cosent"), torch.tensor([0.5, 0, 1]), 3, backend).numbers.tolist() == [0.5, 0, 1]
    assert labels_of(find("loss", "sup-con"), ["b", "a", "b"], 3, backend).codes.tolist() == [1, 0, 1]
    assert labels_of(find("loss", "arcface"), [7, 5, 7], 3, backend, 8).codes.tolist() == [7, 5, 7]


def test_float32_and_less_is_narrow():
    x = torch.eye(2)
    assert is_narrow([x, x.half(), x.bfloat16()])
    assert not is_narrow([x, x.double()])
    assert not is_narrow([x.int()])
