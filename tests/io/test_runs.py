"""Results out of the files of earlier runs: JSON, HTML, Parquet; what holds none is refused."""

import numpy as np
import pytest

from simtool.cli.reports.html import html_report
from simtool.errors import DataError, InputNotFoundError
from simtool.io.runs import MOST, embedded, load
from simtool.results import Columns, Result

HOSTILE = "</script><script>alert(1)</script>"
RESULT = Result(
    "compare",
    {"a": HOSTILE},
    {"k": 3},
    {"argmax": 0.1 + 0.2, "gap": None, "inf": float("inf")},
    Columns({"aggregate": np.array([HOSTILE], object), "score": np.array([0.5])}),
)


@pytest.fixture(params=["json", "parquet", "html"])
def saved(request, tmp_path):
    """A way to save a result; gives the path."""

    def saved(result):
        path = tmp_path / f"x.{request.param}"
        if request.param == "html":
            path.write_text("".join(html_report(result, ())), encoding="utf-8")
        else:
            result.save(path)
        return str(path)

    return saved


def test_a_result_comes_back_from_each_kind_of_file(saved):
    found = load(saved(RESULT))
    assert (found.command, found.inputs, found.parameters) == (RESULT.command, RESULT.inputs, RESULT.parameters)
    assert found.summary == RESULT.summary
    assert list(found) == list(RESULT)


def test_rows_that_are_many_stay_out_of_a_page_and_of_the_metadata(saved):
    path = saved(Result("pairwise", {}, {}, {"mean": 1.0}, Columns({"b": np.arange(MOST)})))
    found = load(path)
    assert found.summary == {"mean": 1.0}
    assert len(found.rows) == (MOST if path.endswith("json") else 0)


def test_a_summary_that_is_too_long_is_not_embedded():
    assert embedded(Result("x", {}, {}, {f"{'k' * 100}{number}": number for number in range(2000)})) == ""


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"<html><body>no result</body></html>", b"[1, 2]", b"\xfft{}"])
def test_a_file_without_a_result_is_refused(tmp_path, content):
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match="this file holds none"):
        load(str(path))


def test_parquet_of_others_holds_no_result():
    with pytest.raises(DataError, match="this file holds none"):
        load("sample_data/words.parquet")


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "old.json").touch()
    with pytest.raises(InputNotFoundError, match="no such file") as refusal:
        load(str(tmp_path / "odl.json"))
    assert "old.json" in refusal.value.hint
