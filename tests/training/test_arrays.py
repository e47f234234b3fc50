"""Embeddings of any library as torch tensors, and labels on their device."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

import simtool
from simtool.backend import backend_of, taken_by_dlpack
from simtool.catalogue import find
from simtool.errors import DataError, LabelError
from simtool.training.arrays import embeddings, is_narrow, labels_of


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
    backend = backend_of(torch.eye(3))
    assert labels_of(find("loss", "bce"), [-1, 1, 1], 3, backend).numbers.tolist() == [False, True, True]
    assert labels_of(find("loss", "cosent"), torch.tensor([0.5, 0, 1]), 3, backend).numbers.tolist() == [0.5, 0, 1]
    assert labels_of(find("loss", "sup-con"), ["b", "a", "b"], 3, backend).codes.tolist() == [1, 0, 1]
    assert labels_of(find("loss", "arcface"), [7, 5, 7], 3, backend, 8).codes.tolist() == [7, 5, 7]


def test_float32_and_less_is_narrow():
    x = torch.eye(2)
    assert is_narrow([x, x.half(), x.bfloat16()])
    assert not is_narrow([x, x.double()])
    assert not is_narrow([x.int()])


class Exported:
    """An array of another library, which hands out DLPack alone."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_what_hands_out_dlpack_is_taken_without_a_copy():
    rows = np.arange(12.0).reshape(4, 3)
    (found,) = embeddings(find("loss", "sup-con"), {"embeddings": Exported(rows)})
    assert found.numpy().tolist() == rows.tolist()
    assert np.shares_memory(taken_by_dlpack(Exported(rows)), rows)
    assert simtool.similarity(Exported(rows), rows).summary["mean"] == pytest.approx(1)


def test_embeddings_stay_on_their_device(monkeypatch):
    moved = []

    def watched(real):
        def method(self, *args, **options):
            moved.append(tuple(self.shape))
            return real(self, *args, **options)

        return method

    for name in ("cpu", "numpy", "tolist"):
        monkeypatch.setattr(torch.Tensor, name, watched(getattr(torch.Tensor, name)))
    monkeypatch.setattr("simtool.training.losses.host_loss", lambda *_: None)  # as for a GPU
    rows = torch.rand(8, 3, requires_grad=True)
    of_classes = ("sup_con", "nt_xent", "semi_hard_triplet", "lifted_structure", "batch_all_triplet")
    for kind, labels in [*((kind, [0, 1] * 4) for kind in (*of_classes, "contrastive")), ("info_nce", None)]:
        given = [rows] if kind in of_classes else [rows, rows.flip(0)]
        getattr(simtool.losses, kind)(*given, *([] if labels is None else [labels])).backward()
    assert (8, 3) not in moved  # labels and masks of anchors are looked at on the host, and nothing larger
    assert all(len(shape) < 2 for shape in moved), moved


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("kind", ["sup_con", "batch_hard_triplet", "multi_similarity"])
def test_a_gpu_gives_the_same_loss_where_the_embeddings_are(kind):
    rows, labels = torch.rand(64, 16, dtype=torch.float64), torch.arange(64) % 8
    there = rows.cuda().requires_grad_()
    loss = getattr(simtool.losses, kind)(there, labels.cuda())
    loss.backward()
    assert loss.is_cuda
    assert there.grad.is_cuda
    assert loss.item() == pytest.approx(getattr(simtool.losses, kind)(rows, labels).item(), rel=1e-12)
    assert taken_by_dlpack(there.detach()).is_cuda


@pytest.mark.parametrize("form", ["big-endian", "lists", "pandas", "polars", "arrow", "path", "vectors", "objects"])
def test_embeddings_are_taken_in_every_form(form, tmp_path):
    rows = np.random.default_rng(0).normal(size=(4, 3))
    np.save(tmp_path / "x.npy", rows)
    objects = np.empty(4, dtype=object)
    objects[:] = list(rows)
    given = {
        "big-endian": rows.astype(">f8"),
        "lists": rows.tolist(),
        "pandas": pd.DataFrame({"v": list(rows)}),
        "polars": pl.DataFrame({"v": rows.tolist()}),
        "arrow": pa.table({"v": rows.tolist()}).to_reader(),
        "path": tmp_path / "x.npy",
        "vectors": simtool.open_vectors(str(tmp_path / "x.npy")),
        "objects": objects,
    }[form]
    (found,) = embeddings(find("loss", "sup-con"), {"embeddings": given})
    assert found.tolist() == rows.tolist()
    assert simtool.aggregates.centroid(rows, rows) == simtool.aggregates.centroid(torch.tensor(rows), rows)


@pytest.mark.parametrize(
    "labels",
    [
        torch.tensor([0, 1, 0], dtype=torch.bfloat16),
        pd.Series(list("aba"), dtype="category"),
        pa.chunked_array([[0, 1, 0]]),
    ],
)
def test_labels_are_columns_of_any_library(labels):
    read = labels_of(find("loss", "sup-con"), labels, 3, backend_of(torch.eye(3)))
    assert read.codes.tolist() == [0, 1, 0]


@pytest.mark.parametrize("labels", [["a", float("nan"), "a"], [0, "0", 0], "aba", pd.DataFrame({"x": [0, 1, 0]})])
def test_labels_that_are_missing_or_of_several_types_are_no_classes(labels):
    with pytest.raises(LabelError):
        labels_of(find("loss", "sup-con"), labels, 3, backend_of(torch.eye(3)))


@pytest.mark.parametrize("tensor", [torch.eye(3).to_sparse(), torch.empty(3, 3, device="meta")])
def test_tensors_without_numbers_are_refused(tensor):
    with pytest.raises(DataError):
        embeddings(find("loss", "sup-con"), {"embeddings": tensor})
