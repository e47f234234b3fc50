"""Values of a result as Python and JSON have them."""

import json

import numpy as np

from simtool.results import json_rows, json_text, scalar_to_python


def test_json_text_has_nothing_that_a_terminal_obeys() -> None:
    hostile = "\x00\x1b[31m\x7f\x85\x9b\u2028\u2029\u202e\u2066\ud800\xad\u200b\U000e0041 é 日本 🚀"
    text = json_text({"id": hostile, hostile: 1})
    assert json.loads(text) == {"id": hostile, hostile: 1}
    assert all(character.isprintable() for character in text)
    assert "é 日本 🚀" in text


def test_numpy_values_become_the_shortest_decimals() -> None:
    record = {"mean": np.float32(0.1), "dims": (np.int64(2), 3), "none": None, "flags": np.array([True]), "nan": np.nan}
    assert json_text(record) == '{"mean": 0.1, "dims": [2, 3], "none": null, "flags": [true], "nan": null}'
    assert scalar_to_python(np.float16(0.1)) == 0.1


def test_rows_are_those_of_the_json_module() -> None:
    columns = {
        "whole": np.asarray([3, -4], dtype=np.int8),
        "100 %s": np.asarray([0.1, np.nan], dtype=np.float32),
        "wide": np.asarray([-np.inf, 1e300]),
        "flag": np.asarray([True, False]),
        "text": np.asarray(["\u202e é", None], dtype=object),
        "vector": np.asarray([[1.5, np.nan], [2.0, -0.0]]),
    }
    expected = [
        {"whole": 3, "100 %s": 0.1, "wide": None, "flag": True, "text": "\u202e é", "vector": [1.5, None]},
        {"whole": -4, "100 %s": None, "wide": 1e300, "flag": False, "text": None, "vector": [2.0, -0.0]},
    ]
    lines = list(json_rows(columns))
    assert [json.loads(line) for line in lines] == expected
    assert lines == [json.dumps(row, ensure_ascii=False).replace("\u202e", "\\u202e") for row in expected]
    assert list(json_rows({})) == []
