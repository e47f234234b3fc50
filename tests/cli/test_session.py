"""What is said of options that were typed in vain, and of gates on numbers that another option gives."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from simtool.cli import main as program

RANDOM = "--seed has no effect: nothing random was asked for"
DEPTHS = "--k has no effect: rows are ranked only around those of one labelled source, not with --no-retrieval"
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
    assert "--format json shows all" in err.splitlines()[-1]


def test_pairs_spread_over_numeric_columns_are_read(call):
    code, out, err = call("loss pairs.csv --kind contrastive --margin 1 --format json")
    assert (code, err) == (0, "note: labels read as 0 = dissimilar, 1 = similar\n")
    # by hand: pair i is (i, -i) and (i, i^2), i (i + 1) apart, which a margin of 1 leaves alone where it is dissimilar
    distances = [i * (i + 1) for i in range(1, 9)]
    assert json.loads(out)["summary"]["total"] == sum(d**2 for i, d in enumerate(distances, start=1) if i % 2)
