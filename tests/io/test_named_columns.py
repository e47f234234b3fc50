"""A bare name is a file where there is one, and else a column of the input, in every function."""

import logging

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import InputNotFoundError
from simtool.io import open_table
from simtool.io.named_columns import as_column, columns_named, is_bare, of_one_file, own_column

ROWS = np.random.default_rng(3).normal(size=(24, 4))
LANG = np.repeat(["de", "en"], 12)
LABEL = np.arange(24) % 2


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """A table t.parquet of pairs with the columns a, b, label, lang and word, and s.parquet of single vectors."""
    monkeypatch.chdir(tmp_path)
    values = {"label": LABEL, "lang": LANG, "word": [f"w{row}" for row in range(24)]}
    a, b = pa.array(list(ROWS)), pa.array(list(ROWS[::-1]))
    pq.write_table(pa.table({"a": a, "b": b, **values}), "t.parquet")
    pq.write_table(pa.table({"vector": a, **values}), "s.parquet")


@pytest.mark.parametrize("source", ["t.parquet", "-", "s3://b/x", "t.parquet::a", "::a", None, np.eye(2)])
def test_what_names_a_place_is_not_bare(source):
    assert not is_bare(source)


def test_a_bare_name_is_a_column_unless_it_is_a_file(caplog):
    table = open_table("t.parquet")
    assert as_column("lang", table) == "::lang"
    assert [as_column(each, table) for each in ("::lang", "t.parquet::lang", "x-*.csv", None)] == [
        *("::lang", "t.parquet::lang", "x-*.csv"),
        None,
    ]
    with open("lang", "w", encoding="utf-8") as file:
        file.write("x\n" * 24)
    with caplog.at_level(logging.WARNING):
        assert as_column("lang", table) == "lang"
    assert caplog.messages == ["lang is a file, which is read, and a column of t.parquet, which is ::lang"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("lagn", "did you mean ::lang?"), ("t.parqet", "did you mean t.parquet?"), ("zzzzzz", "columns: a, b, label")],
)
def test_what_is_neither_names_both_ways(name, hint):
    with pytest.raises(InputNotFoundError, match=f"no such file, and no column '{name}' in t.parquet") as missing:
        as_column(name, open_table("t.parquet"))
    assert hint in missing.value.hint


def test_a_file_without_names_has_no_columns():
    np.save("x.npy", ROWS)
    assert as_column("lang", open_table("x.npy")) == "lang"
    with pytest.raises(InputNotFoundError, match="no such file"):
        simtool.pairwise("x.npy", top_k=1, ids_a="lang")


def test_a_name_alone_is_a_column_of_the_file_that_all_inputs_are_of():
    both = ["t.parquet::a", "t.parquet::b"]
    assert [of_one_file(name, both) for name in ("::y", "y", "s.parquet", None)] == [
        *("t.parquet::y", "t.parquet::y", "s.parquet"),
        None,
    ]
    assert of_one_file("::y", ["t.parquet::a", "u.parquet::b"]) == "::y"
    assert of_one_file("y", ["t.parquet", "u.parquet"]) == "y"


def test_a_column_of_an_input_is_named_in_three_ways():
    assert {own_column(name, "./t.parquet") for name in ("lang", "::lang", "t.parquet::lang")} == {"lang"}
    assert own_column("u.parquet::lang", "t.parquet") == "u.parquet::lang"
    assert columns_named("t.parquet", "lang", "./t.parquet::label", "u.csv::x", "s.parquet") == ("lang", "label")


FORMS = ("{}", "::{}", "FILE::{}")


@pytest.mark.parametrize("form", FORMS)
def test_every_function_takes_every_form(form):
    def named(column, file):
        return form.replace("FILE", file).format(column)

    groups = [np.flatnonzero(each == LANG) for each in ("de", "en")]
    found = simtool.evaluate("t.parquet", labels=named("label", "t.parquet"), by=named("lang", "t.parquet")).rows
    assert found.read(0, 2)["pairs"].tolist() == [len(rows) for rows in groups]
    assert simtool.pairwise("s.parquet", top_k=1, ids_a=named("word", "s.parquet"))[0]["a"] == "w0"
    assert simtool.similarity("t.parquet::a", "t.parquet::b", ids_a=named("word", "t.parquet"))[1]["id"] == "w1"
    own, typed = simtool.loss(ROWS, labels=LANG, kind="sup-con"), named("lang", "s.parquet")
    assert simtool.loss("s.parquet", labels=typed, kind="sup-con").summary == own.summary
    assert simtool.mine("s.parquet", labels=typed, ids=named("word", "s.parquet"))[0]["anchor"] == "w0"
    by = simtool.dedup("s.parquet", threshold=-1.0, by=typed, keep=f"max:{named('label', 's.parquet')}")
    assert by.summary["kept"] == 2
    assert simtool.leak("s.parquet", "s.parquet", threshold=0.99, labels=typed).summary["disagreeing"] == 0
    word, shares = named("word", "s.parquet"), {"x": 0.5, "y": 0.5}
    simtool.convert("s.parquet", output="o.parquet", split=shares, by=typed, ids=word)
    assert [set(pq.read_table(f"o-{part}.parquet")["word"].to_pylist()) for part in "xy"] in [
        [{f"w{row}" for row in rows} for rows in order] for order in (groups, groups[::-1])
    ]


@pytest.mark.parametrize("form", FORMS)
def test_columns_of_two_inputs_that_are_columns_of_one_file(form):
    label, lang = (form.replace("FILE", "t.parquet").format(column) for column in ("label", "lang"))
    expected = simtool.loss(ROWS, ROWS[::-1], labels=LABEL, kind="contrastive").summary
    assert simtool.loss("t.parquet::a", "t.parquet::b", labels=label, kind="contrastive").summary == expected
    found = simtool.evaluate("t.parquet::a", "t.parquet::b", labels=label, by=lang)
    assert found.inputs["by"] == "t.parquet::lang"


def test_a_misspelt_column_of_a_frame_is_no_file():
    table = pq.read_table("s.parquet")
    with pytest.raises(InputNotFoundError, match="no column 'lagn'"):
        simtool.loss(table, labels="lagn", kind="sup-con")
    assert simtool.loss(table, labels="lang", kind="sup-con").summary["items"] == 24
