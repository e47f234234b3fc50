"""Addresses of what lies elsewhere: how they are told from paths, and how they are shown without their secrets."""

import re

SCHEMES = ("s3", "gs", "gcs", "az", "abfs", "abfss", "hf", "http", "https")
_ADDRESS = re.compile(r"(?<=[a-zA-Z0-9]{2})(:/+)([^\s'\"]*)")  # from the end of its scheme
_COLUMN = re.compile(r"(.*?)(::[^/@?&=]*)?", re.DOTALL)


def is_address(path: str) -> bool:
    """Tell whether a path names something that is reached through a network.

    Example:
        >>> is_address("s3://bucket/x.npy"), is_address("x.npy")
        (True, False)
    """
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.lower() in SCHEMES


def without_secrets(text: str) -> str:
    """Return a text whose addresses have no user, password, query and fragment.

    Example:
        >>> without_secrets("https://me:secret@host/x.npz?signature=1::a")
        'https://…@host/x.npz?…::a'
    """
    if is_address(text) and "\n" not in text:  # one alone may hold what ends an address in a sentence
        scheme, _, rest = text.partition("://")
        return f"{scheme}://{_without_secrets(rest)}"
    return _ADDRESS.sub(lambda found: found[1] + _without_secrets(found[2]), text) if ":/" in text else text


def _without_secrets(rest: str) -> str:
    """Return what follows the scheme of an address, as `without_secrets` does."""
    place, column = _COLUMN.fullmatch(rest).groups()  # type: ignore[union-attr]
    host, slash, path = place.partition("/")
    _, mark, host = host.rpartition("@")
    port = host.rpartition("]")[2].partition(":")[2]
    if not mark and port and not port.isdigit():
        return f"…{column or ''}"  # a password with a slash, which ends where nobody can tell
    shown, query, _ = re.split(r"([?#])", f"{host}{slash}{path}?", maxsplit=1)
    is_cut = len(shown) < len(host) + len(slash) + len(path)
    return f"{'…@' if mark else ''}{shown}{f'{query}…' if is_cut else ''}{column or ''}"
