"""Arguments against the types of a signature, and every public function with wrong ones for every parameter."""

from collections.abc import Callable, Collection, Mapping, Sequence
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simtool
from simtool.argument_types import check_types
from simtool.errors import ParameterError, SimtoolError

X, LABELS = np.random.default_rng(0).normal(size=(12, 4)), np.arange(12) % 2
WRONG = [
    *(None, True, 2.5, float("nan"), 10**30, "", "nonsense", b"bytes", [], [None], [[1, 2], [3]], ("a", 1)),
    *({"a": 1}, {1: 2}, set(), object(), len, np.asarray(1), np.asarray(["a"]), np.zeros((0, 4)), np.int8(2)),
    *(pd.DataFrame({"v": list(X), "label": LABELS}), pd.Series([1, 2]), 1j, range(3), Ellipsis),
]
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "similarity": ((X, X), {}),
    "pairwise": ((X,), {"top_k": 1}),
    "compare": ((X, X), {}),
    "channels": ((X.reshape(1, 3, 4, 4), X.reshape(1, 3, 4, 4)), {}),
    "loss": ((X, X), {"kind": "contrastive", "labels": LABELS}),
    "evaluate": ((X, X, LABELS), {}),
    "explain": (([1.0, 2.0], [2.0, 3.0]), {}),
    "inspect": ((X,), {}),
    "describe": ((), {}),
    "dedup": ((X,), {"threshold": 0.9}),
    "leak": ((X, X), {"threshold": 0.9}),
    "mine": ((X, LABELS), {}),
    "convert": ((X,), {"output": "o.npy", "force": True}),
    "open_vectors": (("x.npy",), {}),
    "open_items": (("x.npy",), {}),
    "open_table": (("x.npy",), {}),
    "open_pairs": ((["x.npy", "x.npy"],), {}),
    "Selection": (("x.npy",), {}),
    "find": (("metric", "cosine"), {}),
    "search": (("cosine",), {}),
}


def taking(kind):
    """Return a function with one parameter of a type."""

    def take(value): ...

    take.__annotations__ = {"value": kind}
    return take


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "said"),
    [
        (str, ["", "a"], [1, None, b"a", Path("a")], "text"),
        (int, [0, 3, np.int64(3)], [True, 2.5, "3", np.int8(3), None], "a whole number"),
        (float, [0, 2.5, np.float32(1), np.nan], [True, "1", None, 1j, np.asarray(1.0)], "a number"),
        (bool, [True, np.bool_(False), 1], ["yes", None, 2, np.asarray([True])], "True or False"),
        (str | int | None, ["a", 1, None], [2.5, []], "text or a whole number"),
        (Sequence[int] | None, [(), [1], range(2), np.arange(3), None], ["12", 5, [1.5], {1: 2}], "a list, each item"),
        (Collection[str], [[], ["a"], {"a": 1}.keys()], ["a", [1], np.zeros((2, 2))], "a list, each item text"),
        (Mapping[str, float | None], [{}, {"a": 1, "b": None}], [[], {"a": "1"}, {1: 1.0}], "a dict of names"),
        (Callable[[int], None] | None, [print, None], [3, "print"], "a function"),
        (Any, [object(), None], [], ""),
    ],
)
def test_a_type_takes_what_fits_it(kind, right, wrong, said):
    for value in right:
        check_types(taking(kind), {"value": value})
    for value in wrong:
        with pytest.raises(ParameterError, match=f"expected {said}") as refused:
            check_types(taking(kind), {"value": value})
        assert refused.value.where == "«value»"


def test_every_argument_of_a_kind_is_named():
    def take(*paths: str, **named: float): ...

    check_types(take, {"paths": ("a",), "named": {"margin": 1.0}})
    with pytest.raises(ParameterError) as first:
        check_types(take, {"paths": ("a", Path("b")), "named": {}})
    assert (first.value.where, first.value.hint) == ("«paths[1]»", "")
    with pytest.raises(ParameterError) as second:
        check_types(take, {"paths": (), "named": {"margin": "x"}})
    assert second.value.where == "«margin»"


@pytest.mark.parametrize("name", CALLS)
def test_a_public_function_answers_wrong_arguments_with_an_error_of_its_own(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    door, (given, options) = getattr(simtool, name), CALLS[name]
    parameters = signature(door.__new__ if isinstance(door, type) else door).parameters.values()
    refused = set()
    for place, parameter in enumerate(each for each in parameters if each.name != "cls"):
        for value in WRONG:
            arguments, named = list(given), dict(options)
            if parameter.kind == Parameter.VAR_POSITIONAL:
                arguments[0] = value
            elif parameter.kind == Parameter.VAR_KEYWORD:
                named["margin"] = value
            elif place < len(arguments) and parameter.kind == Parameter.POSITIONAL_OR_KEYWORD:
                arguments[place] = value
            else:
                named[parameter.name] = value
            if parameter.name in ("progress", "into", "rows_into", "gradients", "gradients_to") and value is len:
                continue  # functions with other parameters
            try:
                door(*arguments, **named)
            except SimtoolError:
                refused.add(parameter.name)
    assert refused >= {each.name for each in parameters if each.name not in ("cls", "self")}


def test_paths_may_be_objects_wherever_a_path_is_taken(tmp_path):
    source, table, head = tmp_path / "x.npy", tmp_path / "x.parquet", tmp_path / "head.safetensors"
    rows = np.random.default_rng(0).standard_normal((40, 4))
    rows[1] = rows[0]
    np.save(source, rows)
    labels = np.arange(40) % 2
    out = [tmp_path / f"out{number}.npy" for number in range(9)]
    simtool.convert(source, output=table)
    simtool.dedup(source, threshold=0.99, output=out[0], groups=tmp_path / "g.csv", dropped=tmp_path / "d.csv")
    simtool.leak(rows[:3], source, threshold=0.99, output=out[1])
    simtool.fit(source, labels=labels, kind="sup-con", epochs=1, output=head, held_out_ids=tmp_path / "held.csv")
    simtool.apply(head, source, output=out[2])
    simtool.channels(rows.reshape(1, 4, 40), rows.reshape(1, 4, 40), save_weights=out[3])
    simtool.evaluate(source, labels=labels, thresholds_out=tmp_path / "t.json")
    written = [
        table,
        head,
        *out[:4],
        *(tmp_path / name for name in ("g.csv", "d.csv", "held.csv", "t.json")),
    ]
    assert [path.name for path in written if not path.exists()] == []
    np.testing.assert_allclose(np.asarray(simtool.open_vectors(table).read(0, 40)), rows)
    assert simtool.open_table(table).rows == simtool.open_items(source).shape[0] == 40
    assert simtool.open_pairs([source, table], labelled=False).vectors[1].shape == (40, 4)
