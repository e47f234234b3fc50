"""Characters that are none to look at, by the categories of Unicode."""

import sys
import unicodedata

from simtool.characters import UNSAFE


def test_every_control_format_surrogate_and_separator_is_unsafe_and_no_letter_is():
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category in ("Cc", "Cs", "Zl", "Zp"):
            assert UNSAFE.match(chr(code)), hex(code)
        elif category[0] in "NPS" or category == "Zs":
            assert not UNSAFE.match(chr(code)), hex(code)
    assert all(UNSAFE.match(each) for each in "\u200b\u202e\u2066\ufeff\xad")
    assert not UNSAFE.search("straße, 東京, naïve, 👍, e\u0301")
