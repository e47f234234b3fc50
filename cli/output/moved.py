"""What a person is shown of an earlier run: the numbers that moved, and what is to say of the others."""

import numpy as np

from simtool.results import Baseline, Column, Result, scalar_to_python

from .terminal import text_of


def moved_since(result: Result, baseline: Baseline) -> tuple[dict[str, Column], list[str]]:
    """Return the numbers that are not what they were, and a sentence on parameters that differ, and on the others.

    Returns:
        The columns `number`, `before`, `now`, `difference`, with intervals `low` and `high`; none where nothing moved.
    """
    columns = baseline.differences(result).columns
    own = [row for row, name in enumerate(columns["number"]) if name not in result.repeats]
    moved = [row for row in own if columns["before"][row] != columns["now"][row]]
    shown = {name: column[np.asarray(moved, dtype=int)] for name, column in columns.items()}
    shown = {name: column for name, column in shown.items() if any(value is not None for value in column)}
    said = []
    if changed := baseline.changed(result):
        listed = (f"{name} {_shown(is_)}, was {_shown(was)}" for name, (was, is_) in changed.items())
        said.append(f"not the same parameters: {'; '.join(listed)}")
    if same := len(own) - len(moved):
        said.append(f"{same} {'number is as it was' if same == 1 else 'numbers are as they were'}")
    return shown, said if own else [*said, "no number is in both"]


def _shown(value: object) -> str:
    return "not given" if value is None else text_of(scalar_to_python(value))
