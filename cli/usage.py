"""What is wrong with a command line that Typer refused, in the form of our own errors."""

import re

import typer

_OFFER = re.compile(r"(?:\. Did you mean (.*)\?| \(Possible options: (.*)\))$")
_NUMBER = re.compile(r"input should be a valid (integer|number)\b.*", re.IGNORECASE | re.DOTALL)
_WANTED = {"integer": "a whole number", "number": "a number"}


def explained(error: typer.TyperException) -> tuple[str, str, str]:
    """Return what is wrong, in which command, and what to type next."""
    message = error.format_message()
    offer = _OFFER.search(message)
    message = _with_value(_OFFER.sub("", message).rstrip("."), error)
    context = getattr(error, "ctx", None)
    command = "" if context is None else str(context.command_path)
    hint = f"did you mean {_first(offer)}?" if offer else f"{command} -h".lstrip()
    return message[:1].lower() + message[1:], command, hint


def _first(offer: re.Match[str]) -> str:
    names: str = offer[1] or offer[2]
    return names.split(", ", maxsplit=1)[0].strip("'")


def _with_value(message: str, error: typer.TyperException) -> str:
    """Say which value is not a number: Typer's message leaves it out, the error behind it has it."""
    number = _NUMBER.search(message)
    refusals = getattr(error.__cause__, "errors", None)
    if number is None or refusals is None:
        return message
    value = refusals()[0].get("input")
    return f"{message[: number.start()]}expected {_WANTED[number[1].lower()]}, got {value!r}"
