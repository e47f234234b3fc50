"""Conditions on rows, against SQL as SQLite runs it, and what is refused."""

import datetime as dt
import sqlite3

import pyarrow as pa
import pytest

from simtool.errors import InputNotFoundError, ParameterError, SimtoolError
from simtool.io.where import plain, read_condition

TABLE = pa.table(
    {
        "lang": ["en", "de", None, "it's", "", "EN"],
        "year": pa.array([2020, 2021, None, -1, 0, 2**53 + 1], pa.int64()),
        "score": pa.array([0.5, None, 1.5, float("inf"), -2.0, 0.1]),
        "odd name": ["a", "b", "c", "d", "e", "f"],
        "select": [1, 2, 3, 4, 5, 6],
    }
)


def rows(text, table=TABLE):
    types = {name: plain(kind) for name, kind in zip(table.column_names, table.schema.types, strict=True)}
    condition, table = read_condition(text, types, "t.parquet"), table.cast(pa.schema(list(types.items())))
    number = pa.array(range(len(table)))
    return table.append_column("#", number).filter(condition.holds(table))["#"].to_pylist()


@pytest.mark.parametrize(
    "text",
    [
        "lang = 'en'",
        "lang <> 'en'",
        "NOT lang = 'en'",
        "lang = 'it''s'",
        "lang = ''",
        "lang < 'e'",
        "lang in ('en', 'de')",
        "lang not in ('en', 'de')",
        "lang is null or score is null",
        "lang is not null and score > 0",
        "not (lang is null or year >= 2020)",
        "year >= 2020 or year < 0 and score > 100",
        "(year >= 2020 or year < 0) and score > 100",
        "year = 9007199254740993",
        "year in (0, -1, 2021)",
        "year != -1",
        "year > 0.5",
        "year < 9007199254740993",
        "year < 1e300",
        "year > -99999999999999999999999",
        "score <= .5",
        "score < 1e-1 or score > 1E2",
        '"odd name" = \'c\' or "select" = 5',
        'year < "select"',
        "not not year = 0",
        "lang = 'en' and not (year = 2020 and (score = 0.5 or score = 0.25))",
    ],
)
def test_a_condition_means_what_sql_means(text):
    base = sqlite3.connect(":memory:")
    names = ", ".join(f'"{name}"' for name in TABLE.column_names)
    base.execute(f'create table t ({names}, "#")')
    for number, row in enumerate(TABLE.to_pylist()):
        base.execute(f"insert into t values ({'?, ' * len(row)}?)", (*row.values(), number))
    expected = [row for (row,) in base.execute(f'select "#" from t where {text} order by 1')]
    assert rows(text) == expected


def test_types_beyond_those_of_sqlite():
    day, hour = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 30)
    table = pa.table(
        {
            "flag": [True, False, None],
            "day": [day, None, day + dt.timedelta(1)],
            "time": pa.array([hour, None, hour], pa.timestamp("us", "UTC")),
            "plain": pa.array([hour, None, hour], pa.timestamp("ms")),
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
            "small": pa.array([0.1, 0.2, None], pa.float32()),
            "half": pa.array([0.5, 2.0, None], pa.float16()),
            "u": pa.array([0, 2**64 - 1, None], pa.uint64()),
        }
    )
    assert rows("flag", table) == rows("flag = TRUE", table) == [0]
    assert rows("not flag", table) == [1]
    assert rows("day = '2024-02-29'", table) == [0]
    assert rows("day > '2024-02-29'", table) == [2]
    assert rows("time >= '2024-02-29 12:30:00' and time < '2024-02-29T13:31:00+01:00'", table) == [0, 2]
    assert rows("plain >= '2024-02-29'", table) == [0, 2]
    assert rows("kind in ('x')", table) == [0, 2]
    assert rows("small = 0.1", table) == [0]
    assert rows("half = 0.5", table) == [0]
    assert rows("u > -1", table) == [0, 1]
    assert rows("u = 18446744073709551615", table) == [1]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("", 1, "expected a column, got the end"),
        ("lang =", 7, "expected a value, got the end"),
        ("lang 'en'", 6, "expected =, !=, <, <=, >, >=, in or is"),
        ("lang = 'en' year = 1", 13, "expected and, or, or the end"),
        ("(lang = 'en'", 13, r"expected \), got the end"),
        ("lang in 'en'", 9, r"expected \("),
        ("lang = 'en", 8, "cannot read"),
        ("lang = 5", 8, "expected text as in the column, got 5"),
        ("year = 'x'", 8, "expected numbers as in the column"),
        ("year = true", 8, "expected numbers as in the column, got true"),
        ("lang = null", 8, "expected a value, got null"),
        ("'en' = lang", 1, "expected a column, got 'en'"),
        ("lang & 1", 6, "cannot read"),
        ("lang = year", 8, "text cannot be compared with 'year'"),
        ("year = 1.2.3", 8, "cannot read"),
        ("not", 4, "expected a column"),
        ("lang", 5, "expected =, !="),
        ("__import__('os')", 1, "no column '__import__'"),
        ("lang.__class__ = 'x'", 1, "no column 'lang.__class__'"),
        ("lang = 'a'; drop table t", 11, "cannot read ';"),
        ("(" * 60 + "lang = 'a'" + ")" * 60, 51, "within each other"),
        ("lang = 'a' \0", 12, "cannot read"),
    ],
)
def test_a_mistake_is_named_with_its_character(text, place, what):
    with pytest.raises(SimtoolError, match=what) as error:
        rows(text)
    assert f"(character {place})" in error.value.what
    assert error.value.where.startswith("«where» ")
    assert "^" in error.value.where


def test_a_misspelt_column_gets_the_closest_name_and_the_list():
    with pytest.raises(InputNotFoundError) as error:
        rows("langs = 'en'")
    assert error.value.hint == "did you mean lang? columns: lang, year, score, odd name, select"
    with pytest.raises(InputNotFoundError, match="no column 'en'") as error:
        rows("lang = en")
    assert error.value.hint.endswith("text stands in quotes: 'en'")


def test_values_that_a_column_cannot_hold_are_refused():
    table = pa.table({"day": [dt.date(2024, 2, 29)], "list": [[1.0]]})
    with pytest.raises(ParameterError, match="'2024-13-01' is not among the dates"):
        rows("day = '2024-13-01'", table)
    types = {"list": None}
    with pytest.raises(ParameterError, match="holds neither values nor dates"):
        read_condition("list = 1", types, "t")


def test_a_long_condition_is_read_and_one_that_is_too_long_is_refused():
    assert rows(" or ".join(f"year = {year}" for year in range(400))) == [4]
    with pytest.raises(ParameterError, match="longer than 10,000 characters"):
        rows("year = 1 or " * 1000)


def test_columns_of_hostile_names_are_reached_in_quotes():
    names = ['say "hi"', "a`b", "x; drop", "naïve café", "日本", "select", "-1", " "]
    table = pa.table({name: [1, 2] for name in names})
    for name in names:
        quoted = name.replace('"', '""')
        assert rows(f'"{quoted}" = 2', table) == [1]
    assert rows("日本 = 1", table) == [0]
