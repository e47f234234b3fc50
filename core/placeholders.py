"""Parameters in messages: core writes «top_k» or «nonfinite=drop», and whoever shows the message spells them.

Guillemets, not braces: a file may well be called {seed}.npy, and is not to be taken for a parameter.
"""

import re
from collections.abc import Callable

Spell = Callable[[str, str | None], str]

_PLACEHOLDER = re.compile("«([a-z_]+)(?:=([^«»]*))?»")


def spelled(text: str, spell: Spell) -> str:
    """Return a message with its parameters as a caller spells them.

    Args:
        text: with «name» or «name=value».
        spell: takes the name, and the value or None.
    """
    return _PLACEHOLDER.sub(lambda found: spell(found[1], found[2]), text)


def as_argument(name: str, value: str | None) -> str:
    """Return a parameter as it is written in a call.

    Example:
        >>> as_argument("nonfinite", "drop")
        "nonfinite='drop'"
    """
    if value is None:
        return name
    return f"{name}={value}" if re.fullmatch(r"[\d.]+|[A-Z]", value) else f"{name}={value!r}"
