"""`--verbose`: what the engine chose, what its bound let through, and how long phases took."""

import logging
import re
import sys

import numpy as np
import pytest

from simtool.cli import main as program
from simtool.cli.verbose import explaining, say_parameters


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Call simtool beside a small input; give stdout, and what verbose says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "_on_signals", lambda handler: None)
    np.save("x.npy", np.random.default_rng(0).normal(size=(40, 8)))

    def call(line):
        monkeypatch.setattr(sys, "argv", ["simtool", *line.split()])
        with pytest.raises(SystemExit):
            program.main()
        shown = capsys.readouterr()
        return shown.out, [line for line in shown.err.splitlines() if line.startswith("verbose: ")]

    return call


def test_the_product_the_tiles_the_survivors_and_the_phases_are_said(call):
    plain = call("pairwise x.npy --top-k 3")
    out, said = call("pairwise x.npy --top-k 3 --verbose")
    assert (plain, out) == ((out, []), plain[0])
    text = "\n".join(said)
    assert "40 × 40 rows in tiles of" in text
    assert "products of float32, numpy" in text
    assert "a job this small ends before another format could be tried" in text
    survivors = int(re.search(r"([\d,]+) pairs survived the bound", text)[1].replace(",", ""))
    assert 120 <= survivors <= 40 * 39
    assert re.search(r"closest rows: 40 rows in [\d.e-]+ s", text)
    assert "metric=cosine  eps=1e-08" in text
    assert said[-1].endswith("s in all")


def test_quiet_is_quiet_but_for_what_verbose_was_asked_for(call, capsys):
    assert call("pairwise x.npy --top-k 3 --quiet")[1] == []


def test_what_is_counted_is_said_once_and_the_log_is_left_as_it_was(capsys):
    log = logging.getLogger("simtool")
    before = log.level, list(log.handlers)
    with explaining():
        for count in (1000, 234):
            logging.getLogger("simtool.x").debug("%s pairs found", count)
        logging.getLogger("simtool.x").info("a choice")
    assert (log.level, log.handlers) == before
    assert capsys.readouterr().err.splitlines()[:2] == ["verbose: a choice", "verbose: 1,234 pairs found"]


def test_parameters_that_are_not_given_are_not_said(capsys):
    say_parameters({"metric": "dot", "top_k": None, "k": (1, 5)})
    assert capsys.readouterr().err == "verbose: metric=dot  k=1, 5\n"


def test_a_warning_of_the_library_is_a_note_unless_quiet(tmp_path, call, monkeypatch, capsys):
    (tmp_path / "x.csv").write_text("word,x,y\na,0,1\nb,1,0\n")
    (tmp_path / "word").write_text("e\nf\n")
    said = "word is a file, which is read, and a column of x.csv, which is ::word\n"
    for line, expected in (("", f"note: {said}"), (" --quiet", ""), (" --verbose", f"note: {said}")):
        monkeypatch.setattr(sys, "argv", ["simtool", *f"pairwise x.csv --top-k 1 --ids-a word{line}".split()])
        with pytest.raises(SystemExit):
            program.main()
        err = capsys.readouterr().err
        assert (said in err, err.count("word is")) == (bool(expected), bool(expected))
        assert expected in err
