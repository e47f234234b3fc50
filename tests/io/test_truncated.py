"""The first numbers of every vector."""

import numpy as np
import pytest

from simtool import convert
from simtool.errors import ParameterError, ShapeError
from simtool.io import as_vectors, open_vectors
from simtool.io.truncated import truncate


def test_convert_writes_the_prefix_of_every_row_as_sentence_transformers_cuts_it(tmp_path):
    peer = pytest.importorskip("sentence_transformers.util")
    torch = pytest.importorskip("torch")
    rows = np.random.default_rng(0).normal(size=(500, 12)).astype(np.float32)
    source, output = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    np.save(source, rows)
    convert(source, output=output, truncate=5)
    np.testing.assert_array_equal(np.load(output), peer.truncate_embeddings(rows, 5))
    found = convert(source, output=output, truncate=5, normalize=True, force=True)
    expected = torch.nn.functional.normalize(torch.from_numpy(rows[:, :5]).double()).numpy()
    np.testing.assert_allclose(np.load(output), expected, atol=1e-7)
    assert (found.summary["width"], found.parameters["truncate"]) == (5, 5)


def test_ids_stay(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,v0,v1\na,1,2\nb,3,4\n")
    found = truncate(open_vectors(str(path)), 1)
    assert (found.ids.tolist(), found.read(0, 2).tolist(), found.shape) == (["a", "b"], [[1], [3]], (2, 1))


def test_what_cannot_be_cut_is_refused(tmp_path):
    with pytest.raises(ShapeError, match="no 4 numbers"):
        truncate(as_vectors(np.eye(3)), 4)
    with pytest.raises(ShapeError, match="no 1 numbers"):
        truncate(as_vectors(np.ones(3)), 1)
    np.save(tmp_path / "x.npy", np.eye(3))
    with pytest.raises(ParameterError, match="truncate"):
        convert(str(tmp_path / "x.npy"), output=str(tmp_path / "y.npy"), truncate=0)
    assert not (tmp_path / "y.npy").exists()
