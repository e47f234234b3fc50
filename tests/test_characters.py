"""Characters that are none to look at, by the categories of Unicode."""

import json
import sys
import unicodedata

import pytest

from simtool.characters import UNSAFE, printable
from simtool.results import json_text


def test_every_control_format_surrogate_and_separator_is_unsafe_and_no_letter_is():
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category in ("Cc", "Cs", "Zl", "Zp"):
            assert UNSAFE.match(chr(code)), hex(code)
        elif category[0] in "NPS" or category == "Zs":
            assert not UNSAFE.match(chr(code)), hex(code)
    assert all(UNSAFE.match(each) for each in "\u200b\u202e\u2066\ufeff\xad")
    assert not UNSAFE.search("straße, 東京, naïve, 👍, e\u0301")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u202e\u2066\u2028\ud800", "\\u202e\\u2066\\u2028\\ud800"),
        ("[red]é 日本 🚀", "[red]é 日本 🚀"),
        ("a\u200bb\xad\ufeff", "a\\u200bb\\xad\\ufeff"),
        ("\u3164\u2062\U000e0041\U000e0100", "\\u3164\\u2062\\U000e0041\\U000e0100"),
        ("👩\u200d🚀", "👩\\u200d🚀"),  # two ids that look alike are worse than an emoji in two parts
    ],
)
def test_printable_writes_out_what_a_terminal_would_obey(text, expected):
    assert printable(text) == expected


def test_json_and_terminal_agree_on_what_is_unsafe():
    for code in (*range(0x7F, 0x20000), *range(0xE0000, 0xE1010)):
        character = chr(code)
        assert json.loads(json_text(character)) == character
        assert (printable(character) == character) is (json_text(character) == f'"{character}"'), hex(code)
