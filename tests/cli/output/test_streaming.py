"""Results that are written as they come: which file takes what, and that it appears whole or not at all."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from simtool import pairwise
from simtool.cli.output.streaming import MOST_CELLS, stream_target
from simtool.cli.session import Session
from simtool.errors import OutputError, ParameterError


def session(output=None, format=None):
    return Session.open(output, format, (), force=False, quiet=True, inputs=())


def columns(*scores):
    return {"a": np.arange(len(scores)), "score": np.asarray(scores)}


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_rows_are_appended_and_counted(tmp_path, suffix):
    path = tmp_path / f"rows.{suffix}"
    with stream_target(session(str(path))) as target:
        target.rows_into(columns(0.5, 0.25))
        target.rows_into(columns(1.0))
        assert not path.exists()
    assert (target.written, target.rest().output.path) == ("3 rows", None)
    if suffix == "parquet":
        found = pq.read_table(path)["score"].to_pylist()
    elif suffix == "jsonl":
        found = [json.loads(line)["score"] for line in path.read_text().splitlines()]
    else:
        found = [float(line.split(",")[1]) for line in path.read_text().splitlines()[1:]]
    assert found == [0.5, 0.25, 1.0]


def test_an_error_leaves_no_file(tmp_path):
    def break_off():
        with stream_target(session(str(tmp_path / "rows.csv"))) as target:
            target.rows_into(columns(0.5))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_rows_are_kept():
    with stream_target(session()) as target:
        assert target.rows_into is None
    assert target.rest() is target.session


def test_a_matrix_for_a_person_is_let_go_and_for_a_program_kept():
    with stream_target(session()) as target:
        assert target.into((3, 3), np.float32) is not None
    with stream_target(session(format="json")) as target:
        assert target.into((3, 3), np.float32) is None
        with pytest.raises(ParameterError, match=f"which takes {MOST_CELLS:,}"):
            target.into((MOST_CELLS, 2), np.float32)


@pytest.mark.parametrize(("name", "suffix"), [("m/", "npy"), ("m.parquet/", "parquet"), ("m.npy/", "npy")])
def test_a_folder_takes_a_matrix_in_files_of_its_suffix(tmp_path, name, suffix):
    opened = Session.open(f"{tmp_path}/{name}", None, (), force=False, quiet=True, inputs=(), in_parts=True)
    with stream_target(opened) as target:
        result = pairwise(np.eye(3), into=target.into)
        target.describe(result)
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["_manifest.json", f"rows-0-3.{suffix}"]
    assert target.written == "3 × 3, float32, in 1 file"


def test_a_folder_takes_no_document_and_no_listing(tmp_path):
    for path, in_parts in ((f"{tmp_path}/m.json/", True), (f"{tmp_path}/m/", False)):
        with pytest.raises(OutputError, match=r"written as json|suffix"):
            Session.open(path, None, (), force=False, quiet=True, inputs=(), in_parts=in_parts)
