"""Why aggregates are left out of a comparison, in sentences."""

from collections.abc import Mapping

from ..errors import SimtoolError

Failed = Mapping[str, SimtoolError]


def reasons_of(failed: Failed) -> list[str]:
    """Return why aggregates were left out, a sentence for each reason."""
    reasons: dict[str, list[str]] = {}
    for name, error in failed.items():
        reasons.setdefault(reason_of(name, error), []).append(name)
    return [f"{', '.join(names)} left out: {what}" for what, names in reasons.items()]


def reason_of(name: str, error: SimtoolError) -> str:
    """Return why an aggregate is undefined without its name, so that those with one reason share a sentence."""
    return error.what.removeprefix(f"{name} ").removeprefix("is undefined: ")
