"""Characters that are none to look at: they move the cursor, hide, turn the text around, or cannot be encoded."""

import re

# controls, separators, lone surrogates, annotations, and Default_Ignorable_Code_Point of Unicode, which has no width
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufff9-\ufffb"
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""Return `text` with all that a terminal would obey, hide, or could not encode, written out.

    Control characters, direction marks, line separators, lone surrogates, and what has no width, such as soft hyphens
    and tag characters, become `\x1b`, `\u202e` or `\U000e0041`.
    """
    return UNSAFE.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    written = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _NAMED.get(character, written)
