"""`report`: the numbers of several runs beside each other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from os.path import basename, splitext
from typing import Any

import numpy as np

from .. import checks
from ..argument_types import check_types
from ..delivery import delivery
from ..errors import ParameterError
from ..results import Columns, Result, all_numbers, scalar_to_python

KEYS = ("runs", "numbers", "differing")


def report(*runs: "Result | str | PathLike[str]", require_keys: Collection[str] = ()) -> Result:
    """Put the numbers of several runs of one command beside each other.

    Args:
        *runs: results, or files as for `Result.load`: JSON, a page of HTML, or Parquet that simtool has written.
        require_keys: keys that the summary must have, checked before any file is read.

    Returns:
        A result with a row per number that is defined in a run: `number` and a column for each run, None where it has
        none; a number of a group is `roc_auc[en]`. A run is called as its file is without its suffix, or `run 1`. The
        summary has the `runs`, the `numbers`, and how many are `differing`. The parameters are the `command`, and those
        that all runs share; notes say which differ.

    Raises:
        ParameterError: nothing is named, or the runs are of different commands.
        InputNotFoundError, DataError: a file is not there, or holds no result.

    Example:
        >>> before, now = (Result("compare", {}, {}, {"argmax": score}) for score in (0.95, 0.90))
        >>> list(report(before, now))
        [{'number': 'argmax', 'run 1': 0.95, 'run 2': 0.9}]
    """
    check_types(report, locals())
    checks.check_keys(require_keys, KEYS)
    with delivery():
        return _plan(runs).run()


@dataclass(frozen=True)
class ReportPlan:
    """What is put beside each other.

    Args:
        runs: name -> result.
        files: name -> file, of those that came from one.
    """

    runs: Mapping[str, Result]
    files: Mapping[str, str]

    def run(self) -> Result:
        """Collect the numbers by their keys."""
        found = {name: all_numbers(result) for name, result in self.runs.items()}
        fullest_first = sorted(found.values(), key=len, reverse=True)
        defined = (key for numbers in fullest_first for key, value in numbers.items() if value is not None)
        keys = list(dict.fromkeys(defined))
        columns = {name: np.asarray([each.get(key) for key in keys], dtype=object) for name, each in found.items()}
        differing = sum(len({column[row] for column in columns.values()}) > 1 for row in range(len(keys)))
        shared, notes = self._parameters()
        return Result(
            command="report",
            inputs=self.files,
            parameters={"command": next(iter(self.runs.values())).command, **shared},
            summary={"runs": len(found), "numbers": len(keys), "differing": differing},
            rows=Columns({"number": np.asarray(keys, dtype=object), **columns}),
            histograms=tuple(
                replace(each, name=f"{name}: {each.name}")
                for name, result in self.runs.items()
                for each in result.histograms
            ),
            notes=notes,
        )

    def _parameters(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the parameters of all runs, and a sentence on each that differs."""
        given = [{key: scalar_to_python(value) for key, value in run.parameters.items()} for run in self.runs.values()]
        shared, notes = dict[str, Any](), []
        for key in dict.fromkeys(key for parameters in given for key in parameters):
            values = [parameters.get(key) for parameters in given]
            if all(value == values[0] for value in values):
                shared[key] = values[0]
            else:
                listed = (
                    f"{'not given' if value is None else value} in {name}"
                    for name, value in zip(self.runs, values, strict=True)
                )
                notes.append(f"{key} is {', '.join(listed)}")
        return shared, tuple(notes)


def _plan(runs: "Sequence[Result | str | PathLike[str]]") -> ReportPlan:
    if not runs:
        raise ParameterError("no run is named", "RUN", "name what «report=x.json» has left")
    sources = [None if isinstance(each, Result) else fspath(each) for each in runs]
    results = [each if isinstance(each, Result) else Result.load(each) for each in runs]
    names = _names(sources)
    for name, result in zip(names, results, strict=True):
        if result.command != results[0].command:
            what = f"{names[0]} is a run of {results[0].command}, and {name} of {result.command}"
            raise ParameterError(what, "RUN", "runs of one command have the same numbers")
    files = {name: source for name, source in zip(names, sources, strict=True) if source is not None}
    return ReportPlan(dict(zip(names, results, strict=True)), files)


def _names(sources: Sequence[str | None]) -> list[str]:
    """Return what the runs are called: as short as tells them apart, and never `number`."""
    numbered = [f"run {place}" for place in range(1, len(sources) + 1)]
    paths = [number if source is None else source for number, source in zip(numbered, sources, strict=True)]
    files = [basename(path) for path in paths]
    for names in ([splitext(file)[0] for file in files], files, paths):
        if len({*names, "number"}) == len(names) + 1:
            return names
    return numbered
