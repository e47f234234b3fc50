"""What is wrong with a command line that Typer refused, as an error of ours."""

import re
from typing import Any

import typer

from simtool.errors import ParameterError, closest

_OFFER = re.compile(r"(?:\. Did you mean .*\?| \(Possible options: .*\))$", re.DOTALL)
_NUMBER = re.compile(r"input should be a valid (integer|number)\b.*", re.IGNORECASE | re.DOTALL)
_WANTED = {"integer": "a whole number", "number": "a number"}
_SURPLUS = re.compile(r"got unexpected extra argument", re.IGNORECASE)
_NO_COMMAND = re.compile(r"no such command '(.*)'", re.IGNORECASE | re.DOTALL)


def explained(error: typer.TyperException) -> ParameterError:
    """Return what is wrong, in which command, and what to type next."""
    message = _OFFER.sub("", error.format_message()).rstrip(".")
    context: Any = getattr(error, "ctx", None)
    command = "simtool" if context is None else str(context.command_path)
    match = closest(*_misspelt(message, error, context))
    hint = f"did you mean {match}?" if match else f"{command} -h"
    if _SURPLUS.match(message):
        from simtool.io import SEVERAL

        hint = SEVERAL
    message = _with_value(message, error)
    return ParameterError(message[:1].lower() + message[1:], command, hint)


def _misspelt(message: str, error: typer.TyperException, context: Any) -> tuple[str, list[str]]:
    """Return the option or command that there is none of, and those that there are."""
    option = getattr(error, "option_name", None)
    if option is not None and context is not None:
        known = context.command.get_params(context)
        return option, [name for each in known for name in (*each.opts, *each.secondary_opts) if name[:1] == "-"]
    found = _NO_COMMAND.match(message)
    return (found[1], list(context.command.commands)) if found and context is not None else ("", [])


def _with_value(message: str, error: typer.TyperException) -> str:
    """Say which value is not a number: Typer's message leaves it out, the error behind it has it."""
    number = _NUMBER.search(message)
    refusals = getattr(error.__cause__, "errors", None)
    if number is None or refusals is None:
        return message
    value = refusals()[0].get("input")
    return f"{message[: number.start()]}expected {_WANTED[number[1].lower()]}, got {value!r}"
