"""Relevance judgements and ranked lists in files."""

import gzip

import pytest

from simtool.errors import DataError, ResourceError
from simtool.io.qrels import read_qrels, read_run, write_run

BEIR = "query-id\tcorpus-id\tscore\n1\t10\t2\n1\tid with blanks\t0\n2\t10\t-1\n"
JUDGED = {"1": {"10": 2, "id with blanks": 0}, "2": {"10": -1}}


def wrote(tmp_path, text):
    path = tmp_path / "qrels"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_two_forms_of_qrels(tmp_path):
    assert read_qrels(wrote(tmp_path, BEIR)) == JUDGED
    assert read_qrels(wrote(tmp_path, BEIR.split("\n", 1)[1])) == JUDGED
    assert read_qrels(wrote(tmp_path, "1 0 10 2\n1\t0\t10\t2\n\n2  0  10  -1\r\n")) == {"1": {"10": 2}, "2": {"10": -1}}


def test_packed_qrels(tmp_path):
    path = tmp_path / "qrels.tsv.gz"
    path.write_bytes(gzip.compress(BEIR.encode()))
    assert read_qrels(str(path)) == JUDGED


def test_a_run_comes_back_as_it_was_written(tmp_path):
    run = {"q": {"a": 0.1 + 0.2, "b": -1e-9}, "ä": {"a": 3.0}}
    path = str(tmp_path / "run")
    write_run(path, run, force=False)
    assert read_run(path) == run
    assert (tmp_path / "run").read_text().splitlines()[0] == "q Q0 a 1 0.30000000000000004 simtool"


def test_a_blank_in_an_id_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(DataError, match="holds a blank"):
        write_run(str(tmp_path / "run"), {"q": {"a b": 1.0}}, force=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 0 10 2\n1 0 10 3\n", "line 2: document 10 of query 1 is judged 2 and 3"),
        ("1 0 10 2\n1 10 3\n", "line 2"),
        ("1 0 10 2\n1 0 11 high\n", "line 2: expected a whole number, got 'high'"),
        ("1\t10\t0.5\n1\t11\t1\n", "line 1: expected a whole number, got '0.5'"),
        (f"1 0 10 {'9' * 400}\n", "line 1: expected a whole number"),
        ("query-id\tcorpus-id\tscore\n", "holds no line"),
    ],
)
def test_what_is_refused_of_qrels(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_qrels(wrote(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 Q0 10 1 0.5 x\n1 Q0 10 2 0.4 x\n", "line 2: document 10 is listed twice for query 1"),
        ("1 Q0 10 1 nan x\n", "line 1: the score is nan"),
        ("1 Q0 10 1 0.5\n", "query Q0 document rank score tag"),
    ],
)
def test_what_is_refused_of_a_run(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_run(wrote(tmp_path, text))


def test_what_does_not_fit_is_refused(tmp_path):
    lines = "".join(f"q Q0 document-{number} 1 0.5 x\n" for number in range(1_000_000))
    with pytest.raises(ResourceError, match="ranked or judged"):
        read_run(wrote(tmp_path, lines), max_memory="256M")
