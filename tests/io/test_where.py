"""How conditions on rows are written, and what is refused."""

import datetime as dt

import pyarrow as pa
import pytest
from filtered_rows import rows

from simtool.errors import InputNotFoundError, ParameterError, SimtoolError
from simtool.io.where import read_condition


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
    assert error.value.hint.startswith("text stands in single quotes: 'en'; columns: ")
    for text in ('lang == "en"', 'lang in ("en", "de")', "lang in (`en`)"):
        with pytest.raises(SimtoolError) as error:
            rows(text)
        assert error.value.hint.startswith("text stands in single quotes: 'en'")


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
