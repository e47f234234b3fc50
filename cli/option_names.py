"""How the command line spells the parameters of the library in messages."""

from simtool.errors import spelled

# where an option is not called as the parameter is
OPTIONS = {
    "output": "-o",
    "aggregates": "--aggregate",
    "parameters": "--param",
    "require_keys": "--assert",
    "gradients": "--grad",
    "gate": "--assert",
}


def as_option(name: str, value: str | None) -> str:
    """Return a parameter as an option.

    Example:
        >>> as_option("held_out", "0")
        '--held-out 0'
    """
    option = OPTIONS.get(name) or f"--{name.replace('_', '-')}"
    if value is None:
        return option
    return f"{option} '{value}'" if name == "gate" else f"{option} {value}"


def with_options(text: str) -> str:
    """Return a message of the library with its parameters as options."""
    return spelled(text, as_option)
