"""Named thresholds in a file, from one command to the next.

Accepted: JSON as `write_thresholds` leaves it.
Refused: any other JSON, a name that the file does not have, thresholds of another metric.
Lost: nothing.
"""

import os
from collections.abc import Mapping
from typing import Any

from ..catalogue import find
from ..documents import is_finite_number, read_document
from ..errors import DataError, InputNotFoundError, ParameterError
from ..io.output import replacing
from ..io.source import Source, watch_source
from ..results import Result, json_text
from ..suggestions import closest

DEFAULT = "best_f1"
SUFFIX = ".threshold"


def thresholds_of(result: Result) -> dict[str, float]:
    """Return the thresholds of an evaluation by the name of their measure, those that are defined.

    Example:
        >>> import numpy as np
        >>> from simtool import evaluate
        >>> found = evaluate(scores=np.asarray([0.9, 0.7, 0.2]), labels=np.asarray([1, 1, 0]))
        >>> thresholds_of(found)["best_f1"]
        0.7
    """
    return {
        key.removesuffix(SUFFIX): float(value)
        for key, value in result.summary.items()
        if key.endswith(SUFFIX) and isinstance(value, float)
    }


def write_thresholds(path: str, result: Result, *, force: bool, metric: str = "cosine") -> int:
    """Write the thresholds of an evaluation; the file appears whole or not at all.

    Args:
        metric: that scores computed elsewhere are taken for.

    Returns:
        How many there are.

    Raises:
        OutputError: the file exists without `force`, or it may not be written.
    """
    found = thresholds_of(result)
    members = {
        "schema": 1,
        "metric": result.parameters["metric"] or find("metric", metric).name,
        "inputs": result.inputs,
        "thresholds": found,
    }
    with replacing(path, force=force) as temporary, open(temporary, "w", encoding="utf-8") as file:
        lines = ",\n".join(f"  {json_text(name)}: {json_text(value)}" for name, value in members.items())
        file.write(f"{{\n{lines}\n}}\n")
    return len(found)


def read_threshold(typed: str, metric: str) -> float:
    """Read one threshold of a file.

    Args:
        typed: PATH or PATH:NAME; `best_f1` where no name is given.
        metric: that the threshold will be held against.

    Raises:
        InputNotFoundError: there is no such file, or no such name in it.
        DataError: the file holds something else.
        ParameterError: the thresholds are of another metric.
    """
    path, name = (typed, DEFAULT) if os.path.exists(typed) or ":" not in typed else typed.rsplit(":", 1)
    document, metric = _document(path), find("metric", metric).name
    thresholds = document["thresholds"]
    if document["metric"] != metric:
        what = f"these thresholds are of {document['metric']}, and the metric is {metric}"
        raise ParameterError(what, path, f"«metric={document['metric']}»")
    if name not in thresholds:
        match = closest(name, thresholds)
        listed = f"it has {', '.join(thresholds) or 'none'}"
        hint = f"did you mean @{path}:{match}? {listed}" if match else listed
        raise InputNotFoundError(f"no threshold {name!r}", path, hint)
    return float(thresholds[name])


def _document(path: str) -> Mapping[str, Any]:
    try:
        if os.path.isfile(path):
            watch_source(Source(path, "thresholds", size=0, most=0))
        with open(path, encoding="utf-8") as file:
            document = read_document(file.read())
    except FileNotFoundError:
        raise InputNotFoundError("no such file", path, "evaluate with «thresholds_out» writes one") from None
    except OSError as error:
        raise InputNotFoundError(f"this file cannot be read: {error.strerror or error}", path) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"expected thresholds as JSON: {error}", path) from None
    members: Mapping[str, Any] = document if isinstance(document, dict) else {}
    thresholds = members.get("thresholds")
    is_named = isinstance(thresholds, dict) and all(map(is_finite_number, thresholds.values()))
    if not is_named or not isinstance(members.get("metric"), str):
        what = "expected thresholds: an object with `metric` and `thresholds`, finite numbers by name"
        raise DataError(what, path, "evaluate with «thresholds_out» writes one")
    return members
