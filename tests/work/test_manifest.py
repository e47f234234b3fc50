"""What a work folder is for, and what it refuses."""

import numpy as np
import pytest

from simtool.delivery import delivery
from simtool.errors import DataError, ParameterError
from simtool.io import open_vectors
from simtool.work import Manifest, WorkFolder

PARAMETERS = {"metric": "cosine", "top_k": 3, "by": None}


@pytest.fixture
def folder(tmp_path):
    return WorkFolder(str(tmp_path / "work"))


@pytest.fixture
def begun(folder, tmp_path):
    """A folder in which a run has begun on x.npy."""
    np.save(tmp_path / "x.npy", np.eye(3))
    with delivery():
        open_vectors(str(tmp_path / "x.npy"))
        Manifest.of(folder, "pairwise", PARAMETERS, {"output": "o.csv"}).check_inputs(folder)
    return folder


def test_the_first_run_states_what_it_does(begun, tmp_path):
    found = Manifest.read(begun)
    assert (found.operation, found.parameters) == ("pairwise", {"metric": "cosine", "top_k": 3})
    assert found.beside == {"output": "o.csv"}
    assert found.inputs[str(tmp_path / "x.npy")]["size"] == (tmp_path / "x.npy").stat().st_size


def test_an_equal_run_is_welcome_whatever_its_output(begun, tmp_path):
    with delivery():
        open_vectors(str(tmp_path / "x.npy"))
        Manifest.of(begun, "pairwise", PARAMETERS, {"output": "p.csv"}).check_inputs(begun)
    assert Manifest.read(begun).beside == {"output": "o.csv"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"top_k": 4}, "«top_k» was 3 and is 4"),
        ({"top_k": None}, "«top_k» was 3 and is not given"),
        ({"by": "label"}, '«by» was not given and is "label"'),
    ],
)
def test_other_parameters_are_refused_by_name(begun, changed, told):
    with pytest.raises(ParameterError) as error:
        Manifest.of(begun, "pairwise", PARAMETERS | changed, {})
    assert told in error.value.what


def test_another_operation_is_refused(begun):
    with pytest.raises(ParameterError, match="keeps the work of pairwise, and this is leak"):
        Manifest.of(begun, "leak", PARAMETERS, {})


def test_another_input_is_refused(begun, tmp_path):
    np.save(tmp_path / "x.npy", 2 * np.eye(3))
    with delivery():
        open_vectors(str(tmp_path / "x.npy"))
        with pytest.raises(ParameterError, match="another than the work was begun with"):
            Manifest.of(begun, "pairwise", PARAMETERS, {}).check_inputs(begun)


def test_two_runs_that_begin_at_once_must_agree(folder):
    one, other, third = (Manifest.of(folder, name, PARAMETERS, {}) for name in ("pairwise", "pairwise", "leak"))
    one.check_inputs(folder)
    other.check_inputs(folder)
    with pytest.raises(ParameterError, match="keeps the work of pairwise"):
        third.check_inputs(folder)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"simtool": "0.0.1"}', b"[1]"])
def test_a_damaged_manifest_is_refused(folder, content):
    folder.write("manifest.json", content)
    with pytest.raises(DataError, match="damaged, or of another version"):
        Manifest.read(folder)
