"""One value per line, and text whose format is told by what it begins with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opened_text import refused

from simtool.errors import DataError, ShapeError, SimtoolError
from simtool.io import open_vectors, read_values
from simtool.io import text as text_files


def check_message(error):
    assert error.what
    assert "\n" not in error.what


@pytest.mark.parametrize(
    ("text", "values", "kind"),
    [
        ("1\n0\n1\n", [1, 0, 1], "i"),
        ("1\r\n0.5\r\n", [1, 0.5], "f"),
        ("true\nfalse\n", [True, False], "b"),
        ("cat\ndog\n3\n", ["cat", "dog", "3"], "O"),
        ("007\n008\n", ["007", "008"], "O"),
        ("1_0\n20\n", ["1_0", "20"], "O"),
        ("\ufeffcat\n", ["cat"], "O"),
    ],
)
def test_one_value_per_line(write, text, values, kind):
    read = read_values(write(text))
    assert read.tolist() == values
    assert read.dtype.kind == kind


def test_lines_as_ids(write, tmp_path):
    np.save(tmp_path / "a.npy", np.eye(2))
    assert open_vectors(str(tmp_path / "a.npy"), ids=write("x\ny\n")).ids.tolist() == ["x", "y"]
    with pytest.raises(ShapeError, match="expected 2 values, one per row, got 3"):
        open_vectors(str(tmp_path / "a.npy"), ids=write("x\ny\nz\n"))


def test_an_empty_line_among_values_is_refused(write):
    with pytest.raises(DataError, match="line 2 is empty: expected one value per line"):
        read_values(write("a\n\nb\n"))


def test_a_header_above_values_is_suspected(write):
    path = write("label\n1\n0\n")
    with pytest.raises(ShapeError, match="expected 2 values, one per row, got 3") as refused:
        read_values(path, rows=2)
    assert refused.value.hint == f"is the first line a header? then type {path}::NAME"
    assert read_values(f"{path}::label", rows=2).tolist() == [1, 0]


def test_other_encodings_are_refused(write):
    assert refused(write("naïve\n".encode("latin-1"))).what.startswith("byte 2 is not UTF-8 text")


@given(text=st.text(st.sampled_from('[]{}",:\n\t01.ae-nul '), min_size=1))
def test_no_text_escapes(folder, text):
    (folder / "a").write_text(text)
    for read in (open_vectors, read_values):
        try:
            read(str(folder / "a"))
        except SimtoolError as error:
            check_message(error)


@pytest.mark.parametrize("text", ["\n" * 100_000, "9" * 2000, "label\n" + "9" * 2000])
def test_blank_text_and_endless_values_are_refused(write, monkeypatch, text):
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 100)
    with pytest.raises(DataError, match=r"holds no values|is longer than 1,600 bytes|is empty: expected one"):
        read_values(write(text))
