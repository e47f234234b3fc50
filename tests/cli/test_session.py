"""What is said of options without effect, and of gates on numbers that another option gives."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.datasets import load_iris
from sklearn.metrics import roc_auc_score

from simtool.cli import main as program

RANDOM = "--seed has no effect: nothing random was asked for"
DEPTHS = "--k has no effect: rows are ranked only around those of one labelled source, not with --no-retrieval"
NO_NORM = "--eps has no effect: dot divides by no norm"
LINKAGE = "--linkage has no effect: --exact groups the same numbers alone"
GROUPS = "--largest has no effect: --sweep lists no groups"
FOLDS = "--folds has no effect: rows of one labelled source are not folded"
SOFTMAX = "--temperature has no effect: only --weights softmax takes it"


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Call simtool with a line of arguments, beside a few small inputs; give the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "_on_signals", lambda handler: None)
    generator = np.random.default_rng(0)
    for name, shape in {"x": (8, 3), "y": (8, 3), "items": (4, 5, 3), "maps": (2, 3, 4, 4)}.items():
        np.save(f"{name}.npy", generator.normal(size=shape))
    np.save("similar.npy", np.arange(8) % 2)
    rows = [f"{i % 2},{i},{-i},{i},{i * i},{i % 3}" for i in range(1, 9)]
    Path("pairs.csv").write_text("\n".join(["label,a0,a1,b0,b1,weight", *rows]))

    def call(line):
        monkeypatch.setattr(sys, "argv", ["simtool", *line.split()])
        with pytest.raises(SystemExit) as end:
            program.main()
        shown = capsys.readouterr()
        return end.value.code or 0, shown.out, shown.err

    return call


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("compare x.npy y.npy --seed 5", RANDOM),
        ("compare items.npy items.npy --cross --seed 5", RANDOM),
        ("compare x.npy y.npy --seed 5 --null 5", ""),
        ("compare x.npy y.npy --seed 5 --bootstrap 5", ""),
        ("compare x.npy y.npy --seed 5 --aggregate sliced-wasserstein", ""),
        ("compare x.npy y.npy", ""),
        ("evaluate x.npy y.npy --labels similar.npy --seed 5", RANDOM),
        ("evaluate x.npy y.npy --labels similar.npy --seed 5 --bootstrap 5", ""),
        ("evaluate x.npy y.npy --labels similar.npy --k 3", DEPTHS),
        ("evaluate x.npy --labels similar.npy --k 3 --no-retrieval", DEPTHS),
        ("evaluate x.npy --labels similar.npy --k 3", ""),
        ("loss x.npy y.npy --kind info-nce --seed 5", RANDOM),
        ("loss x.npy y.npy --kind info-nce --seed 5 --batch-size 4 --shuffle", ""),
        ("channels maps.npy maps.npy --temperature 3", SOFTMAX),
        ("pairwise x.npy -k 1 --metric dot --eps 1", NO_NORM),
        ("pairwise x.npy -k 1 --eps 1", ""),
        ("pairwise x.npy -k 1 --metric dot", ""),
        ("dedup x.npy --exact --linkage leader", LINKAGE),
        ("dedup x.npy --threshold 0.9 --linkage leader --largest 5", ""),
        ("dedup x.npy --sweep threshold=0.8,0.9 --largest 5", GROUPS),
        ("evaluate x.npy --labels similar.npy --folds 3", FOLDS),
        ("evaluate x.npy y.npy --labels similar.npy --folds 3", ""),
        ("channels maps.npy maps.npy --temperature 3 --weights softmax", ""),
    ],
)
def test_an_option_without_effect_is_told(call, line, told):
    code, out, err = call(f"{line} --format json")
    assert code == 0
    lines = [text for text in err.splitlines() if "has no effect" in text]
    assert lines == ([f"note: {told}"] if told else [])
    assert [note for note in json.loads(out)["notes"] if "has no effect" in note] == ([told] if told else [])
    assert "has no effect" not in call(f"{line} --format json --quiet")[2]


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("evaluate no.npy no.npy --assert roc_auc.low>0", "--bootstrap 1000"),
        ("evaluate no.npy no.npy --assert roc_auc.difference.low>0", "--against A B"),
        ("evaluate no.npy no.npy --against no.npy no.npy --bootstrap 0 --assert eer.low>0", "--bootstrap 1000"),
        ("compare no.npy no.npy --assert argmax.high>0", "--bootstrap 1000"),
        ("compare no.npy no.npy --bootstrap 9 --assert argmax.p<0.05", "--null 200"),
        ("loss no.npy no.npy --kind cosine --assert gradient_norm>0", "--grad PATH"),
    ],
)
def test_a_gate_names_the_option_that_gives_its_number_before_any_input_is_read(call, line, option):
    code, out, err = call(line)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == f"  try: add {option}, which gives that number"


def test_a_gate_on_what_this_input_does_not_give_is_held_against_the_whole_summary(call):
    code, _, err = call("evaluate x.npy y.npy --labels similar.npy --assert precision@1>0")
    assert code == 2
    assert "no number is called 'precision@1'" in err
    assert "--format json shows them all" in err.splitlines()[-1]


def test_pairs_spread_over_numeric_columns_are_read(call):
    code, out, err = call("loss pairs.csv --kind contrastive --margin 1 --format json")
    vectors = [f"the vectors {side} of pairs.csv are 2 columns: {side}0, {side}1 (not label, weight)" for side in "ab"]
    assert code == 0
    assert err.splitlines() == [f"note: {text}" for text in (*vectors, "labels read as 0 = dissimilar, 1 = similar")]
    assert json.loads(out)["provenance"] == dict(zip("ab", vectors, strict=True))
    # by hand: pair i is (i, -i) and (i, i^2), i (i + 1) apart, which a margin of 1 leaves alone where it is dissimilar
    distances = [i * (i + 1) for i in range(1, 9)]
    assert json.loads(out)["summary"]["total"] == sum(d**2 for i, d in enumerate(distances, start=1) if i % 2)


def test_the_labels_of_a_table_of_measurements_are_no_dimension(call):
    flowers = load_iris()
    x, y = flowers.data, flowers.target
    lines = [",".join(map(repr, row)) + f",{label}" for row, label in zip(x.tolist(), y.tolist(), strict=True)]
    Path("iris.csv").write_text("\n".join(["sepal_length,sepal_width,petal_length,petal_width,y", *lines]))
    code, out, err = call("evaluate iris.csv --labels ::y --metric euclidean --format json")
    found = json.loads(out)
    upper = np.triu_indices(len(x), 1)
    assert code == 0
    # pairs equally far apart but for rounding are ties in one program and not in the other
    expected = roc_auc_score((y[:, None] == y)[upper], -pdist(x))
    assert found["summary"]["roc_auc"] == pytest.approx(expected, abs=1e-5)
    said = "the vectors of iris.csv are 4 columns: sepal_length, sepal_width, petal_length, petal_width (not y)"
    assert found["provenance"] == {"a": said}
    assert err.count(said) == 1
    assert call("evaluate iris.csv --labels iris.csv::y --metric euclidean --format json")[1] == out


def test_what_is_no_wide_table_states_no_provenance(call):
    code, out, err = call("similarity x.npy y.npy --format json")
    assert (code, err) == (0, "")
    assert "provenance" not in json.loads(out)


@pytest.mark.parametrize(
    "line",
    [
        "similarity h.csv h.csv",
        "pairwise h.csv --top-k 1",
        "compare h.csv h.csv",
        "loss h.csv h.csv --kind contrastive --labels l.txt",
        "evaluate h.csv h.csv --labels l.txt",
        "explain h.csv h.csv --row 0",
        "inspect h.csv",
    ],
)
def test_every_command_that_reads_tables_takes_header(call, line):
    Path("h.csv").write_text("0,1\n5,6\n7,9\n")
    Path("l.txt").write_text("label\n0\n1\n")
    code, _, err = call(line)
    assert code == 2
    assert "say which: --header yes or --header no" in err
    assert call(f"{line} --header yes")[0] == 0
    assert call(f"{line} --header perhaps")[0] == 2


def test_formulas_are_escaped_in_what_a_spreadsheet_opens(call):
    Path("f.csv").write_text("id,x,y\n=1+1,1,2\n-5a,3,-4\n")
    raw = "a,rank,b,score\n=1+1,1,-5a,-0.4472135954999579\n-5a,1,=1+1,-0.4472135954999579\n"
    assert call("pairwise f.csv --top-k 1 --format csv -q")[1] == raw
    escaped = raw.replace("=1+1", "'=1+1").replace("-5a", "'-5a")
    assert call("pairwise f.csv --top-k 1 --format csv -q --escape-formulas")[1] == escaped
    assert call("pairwise f.csv --top-k 1 -o out.csv -q --escape-formulas")[0] == 0
    assert Path("out.csv").read_text() == escaped


@pytest.fixture
def earlier(call):
    """An earlier run of `evaluate`, as JSON."""
    assert call("evaluate x.npy y.npy --labels similar.npy --report old.json --quiet")[0] == 0


def test_numbers_are_held_against_an_earlier_run(call, earlier):
    line = (
        "evaluate x.npy y.npy --labels similar.npy --metric euclidean --baseline old.json --assert delta.roc_auc>=-0.1"
    )
    code, out, _ = call(f"{line} --format json")
    before, now = json.loads(Path("old.json").read_text())["summary"]["roc_auc"], json.loads(out)
    assert now["summary"]["roc_auc"] != before
    moved = {row["number"]: row for row in now["baseline"]["numbers"]}["roc_auc"]
    assert (moved["before"], moved["difference"]) == (before, now["summary"]["roc_auc"] - before)
    assert now["baseline"]["parameters"] == {"metric": {"before": "cosine", "now": "euclidean"}}
    (gate,) = now["gates"]
    assert (gate["key"], gate["value"], code) == ("delta.roc_auc", moved["difference"], 0 if gate["passed"] else 1)
    shown = call(line)[1]
    assert "against old.json" in shown
    assert "not the same parameters: metric euclidean, was cosine" in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("evaluate no.npy no.npy --baseline gone.json", "no such file"),
        ("evaluate no.npy no.npy --baseline pairs.csv", "expected the result of an earlier run"),
        ("evaluate no.npy no.npy --baseline old.json --assert delta.acu>0", "no number is called 'acu'"),
        ("evaluate no.npy no.npy --assert delta.roc_auc>0", "delta.roc_auc is a difference from an earlier run"),
        ("compare no.npy no.npy --baseline old.json", "this is a result of evaluate, and it is compared with one of"),
        (
            "evaluate no.npy no.npy --baseline old.json --report old.json --force",
            "the report and another file have one",
        ),
    ],
)
def test_a_baseline_is_looked_at_before_the_work(call, earlier, line, said):
    code, out, err = call(line)
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_of_rows_that_came_one_by_one_is_a_baseline_too(call):
    assert call("pairwise x.npy --top-k 2 -o old.parquet -q")[0] == 0
    out = call("pairwise x.npy --top-k 2 --baseline old.parquet --format json")[1]
    assert {row["difference"] for row in json.loads(out)["baseline"]["numbers"]} == {0}


def test_a_dry_run_is_told_on_stdout_and_writes_no_file(call, tmp_path):
    asked = "pairwise x.npy y.npy -o m.npy --dry-run"
    code, out, err = call(f"{asked} --format json --assert pairs==64")
    assert code == 0
    assert json.loads(out)["summary"]["bytes_written"] == 8 * 8 * 4
    assert "passed pairs == 64" in err
    assert call("pairwise x.npy y.npy --plot m.png --dry-run")[0] == 0
    assert not list(tmp_path.glob("m.*"))
    (tmp_path / "m.npy").touch()
    assert call(asked)[0] == 2
