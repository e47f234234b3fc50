"""Values of a result as Python and JSON have them."""

import json

import numpy as np

from simtool.results import json_text, scalar_to_python


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
