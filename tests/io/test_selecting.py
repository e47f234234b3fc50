"""Parameters of the doors that select rows and columns: those of the shell, on anything that holds columns."""

from importlib import import_module
from inspect import signature
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simtool
import simtool.cli.commands
from simtool.errors import DataError, LabelError, ParameterError, ShapeError
from simtool.io import Selecting, Selection

COMMANDS = Path(simtool.cli.commands.__path__[0])
DOORS = sorted(each.stem for each in COMMANDS.glob("*.py") if each.stem in dir(simtool) and each.stem != "report")
ROWS = np.random.default_rng(5).normal(size=(30, 4))
REQUIRED = {"fit": {"kind": "sup-con"}, "loss": {"kind": "sup-con"}}
FRAME = pd.DataFrame(
    {
        "v": list(ROWS),
        "lang": ["en", "de", "fr"] * 10,
        "text": [f"text {row}" for row in range(30)],
        "label": np.arange(30) % 2,
    }
)
WRONG = np.where(np.arange(30) == 12, 0.5, np.arange(30) % 2)
ENGLISH = np.arange(0, 30, 3)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_selects_by_what_its_command_does(name):
    command = signature(getattr(import_module(f"simtool.cli.commands.{name}"), name)).parameters
    for parameter in Selecting.__annotations__:
        with pytest.raises(ParameterError) as refused:
            getattr(simtool, name)(**{parameter: object()}, **REQUIRED.get(name, {}))
        said = refused.value.what.partition(",")[0]
        expected = said in ("expected text", "expected a whole number", "expected text or a list")
        assert expected == (parameter in command)


def test_rows_and_columns_of_a_frame():
    result = simtool.pairwise(FRAME, top_k=1, where="lang = 'en'", rows="3:", keep_columns=["text"])
    kept = ENGLISH[ENGLISH >= 3]
    units = ROWS[kept] / np.linalg.norm(ROWS[kept], axis=1, keepdims=True)
    cosines = units @ units.T - 9 * np.eye(len(kept))
    rows = result.to_pandas()
    assert rows["a"].tolist() == kept.tolist()
    assert rows["b"].tolist() == kept[cosines.argmax(axis=1)].tolist()
    assert rows["text_b"].tolist() == [f"text {row}" for row in rows["b"]]
    np.testing.assert_allclose(rows["score"], cosines.max(axis=1), rtol=1e-12)


def test_two_sets_have_rows_of_their_own_and_queries():
    result = simtool.pairwise(FRAME, FRAME, top_k=1, where="lang = 'en'", where_b="lang = 'de'")
    assert set(result["a"]) == set(ENGLISH)
    assert set(result["b"]) <= set(ENGLISH + 1)
    asked = simtool.pairwise(FRAME, top_k=2, query=["4", "7"], where="lang = 'de'")
    assert asked["a"].tolist() == [4, 4, 7, 7]
    assert set(asked["b"]) <= set(ENGLISH + 1)
    assert not (asked["a"] == asked["b"]).any()


def test_rows_of_all_inputs_and_labels_in_columns_go_together(tmp_path):
    path = tmp_path / "t.parquet"
    FRAME.to_parquet(path)
    other = ROWS + np.random.default_rng(6).normal(size=ROWS.shape)
    np.save(tmp_path / "b.npy", other)
    for a in (FRAME, path):
        found = simtool.similarity(a, other, where="lang = 'en'")
        expected = simtool.similarity(ROWS[ENGLISH], other[ENGLISH]).rows.columns["score"]
        np.testing.assert_array_equal(found["score"], expected)
        loss = simtool.loss(a, kind="sup-con", labels="label", where="lang = 'en'", keep_columns="text")
        by_hand = simtool.loss(ROWS[ENGLISH], kind="sup-con", labels=ENGLISH % 2)
        assert loss.summary["loss"] == by_hand.summary["loss"]
        judged = simtool.evaluate(a, labels="label", where="lang = 'en'").summary["roc_auc"]
        assert judged == simtool.evaluate(ROWS[ENGLISH], labels=ENGLISH % 2).summary["roc_auc"]
    against = [str(tmp_path / "b.npy")] * 2
    models = simtool.evaluate(ROWS, other, np.arange(5) % 2, against=against, rows=":5", bootstrap=0)
    assert models.summary["pairs"] == 5


def test_a_sample_is_that_of_the_shell_and_several_files_are_one():
    drawn = simtool.Selection(FRAME, sample=5, seed=3)
    found = simtool.dedup(FRAME, threshold=0.5, sample=5, seed=3)
    assert found.summary == simtool.dedup(drawn, threshold=0.5, seed=3).summary
    assert simtool.inspect(FRAME[["v"]], FRAME[["v"]], rows="28:33").rows.columns["shape"].tolist() == ["5 x 4"]


@pytest.mark.parametrize(
    ("door", "options", "said", "hint"),
    [
        ("pairwise", {"topk": 1}, "pairwise has no parameter 'topk'", "did you mean top_k?"),
        ("dedup", {"threshold": 0.5, "keep_column": "text"}, "no parameter 'keep_column'", "keep_columns"),
        ("pairwise", {"seed": 1, "rows": ":3"}, "nothing random was asked for", "«sample»"),
        ("pairwise", {"where_b": "lang = 'en'"}, "there is no B to select from", "name B too"),
        ("pairwise", {"where": 3}, "expected text, got 3", ""),
    ],
)
def test_what_does_not_fit_is_refused(door, options, said, hint):
    with pytest.raises(ParameterError, match=said) as refused:
        getattr(simtool, door)(FRAME, **options)
    assert hint in refused.value.hint


def test_only_inputs_of_which_rows_can_be_selected_are_taken():
    with pytest.raises(ParameterError, match="a `Selection` already"):
        simtool.pairwise(Selection(FRAME, rows=":9"), where="lang = 'en'")
    assert simtool.pairwise(simtool.io.as_vectors(ROWS, "A"), rows=":9").array.shape == (9, 9)
    with pytest.raises(ShapeError, match="expected vectors"):
        simtool.pairwise(np.ones((2, 3, 4)), rows=":1")


@pytest.mark.parametrize(
    ("door", "inputs", "options"),
    [
        ("loss", ["t.parquet"], {"kind": "sup-con", "labels": "label"}),
        ("loss", ["t.parquet", "v.npy"], {"kind": "contrastive", "labels": "y.npy"}),
        ("loss", ["t.parquet", "t.parquet"], {"kind": "contrastive", "labels": "y.npy", "join": "id"}),
        ("loss", ["v.npy"], {"kind": "contrastive", "examples": "ids.csv"}),
        ("loss", [FRAME.assign(label=WRONG)], {"kind": "sup-con", "labels": "label"}),
        ("evaluate", ["v.npy", "v.npy", "y.npy"], {}),
        ("evaluate", ["t.parquet"], {"labels": "label"}),
        ("evaluate", ["v.npy"], {"pairs": "ids.csv"}),
        ("evaluate", [], {"scores": "ids.csv::a", "labels": "ids.csv::label"}),
        ("fit", ["t.parquet"], {"kind": "sup-con", "labels": "label"}),
        ("mine", ["t.parquet", "label"], {}),
    ],
)
def test_a_wrong_label_is_named_by_its_row_in_the_file(door, inputs, options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", ROWS)
    np.save("y.npy", WRONG)
    FRAME[["v"]].assign(label=WRONG, id=FRAME["text"]).to_parquet("t.parquet")
    pd.DataFrame({"a": np.arange(30), "b": np.arange(30)[::-1], "label": WRONG}).to_csv("ids.csv", index=False)
    for selected in ({}, {"rows": "9:"}):
        with pytest.raises(LabelError, match=r"row 12 has label 0\.5"):
            getattr(simtool, door)(*inputs, **options, **selected)


def test_a_wrong_weight_is_named_by_its_row_in_the_file(tmp_path):
    np.save(tmp_path / "v.npy", ROWS)
    np.save(tmp_path / "weights.npy", np.where(np.arange(30) == 12, -1.0, 1.0))
    path, weights = str(tmp_path / "v.npy"), str(tmp_path / "weights.npy")
    for selected in ({}, {"rows": "9:"}):
        with pytest.raises(DataError, match="weight of row 12 is -1"):
            simtool.compare(path, path, weights_a=weights, aggregates=["mean"], **selected)
