"""What shells are offered, as they ask for it, and that nobody waits for numpy."""

import os
import subprocess
import sys

import pytest

from simtool.catalogue import names
from simtool.cli.app import run
from simtool.cli.completion import _inserted, _joined


@pytest.fixture
def offered(monkeypatch, capsys, sample_data):
    """What a shell is offered for a line."""
    monkeypatch.chdir(sample_data.parent)
    monkeypatch.setattr(sys, "argv", ["simtool"])
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None)  # or the program would be called python -m pytest

    def offered(line, shell="fish"):
        monkeypatch.setenv("_SIMTOOL_COMPLETE", f"complete_{shell}")
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        if shell == "bash":  # takes words apart at colons
            monkeypatch.delenv("_TYPER_COMPLETE_ARGS")
            words = line.replace("::", " :: ").split(" ")
            words = [word for number, word in enumerate(words) if word or number == len(words) - 1]
            monkeypatch.setenv("COMP_WORDS", "\n".join(words))
            monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        with pytest.raises(SystemExit):
            run([])
        return capsys.readouterr().out.split()

    return offered


@pytest.mark.parametrize("shell", ["fish", "bash"])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("simtool pairwise x.npy --metric eu", ["euclidean"]),
        ("simtool evaluate x.npy --metric chebysh", ["chebyshev"]),
        ("simtool loss x.npy --kind contras", ["contrastive"]),
        ("simtool loss x.npy --distance manh", ["manhattan"]),
        ("simtool compare x.npy y.npy --aggregate knn", ["knn-overlap"]),
        ("simtool compare x.npy y.npy --aggregate al", ["all"]),
        ("simtool list los", ["losses"]),
        ("simtool list knn-o", ["knn-overlap"]),
        ("simtool pairwise x.npy --format js", ["json", "jsonl"]),
        ("simtool pairwise x.npy --input-format fv", ["fvecs"]),
        ("simtool inspect sample_data/digi", ["sample_data/digits.parquet"]),
        ("simtool inspect sample_dat", ["sample_data/"]),
    ],
)
def test_names_and_files(offered, line, expected, shell):
    assert offered(line, shell) == expected


def test_every_metric_is_offered(offered):
    assert set(names("metric")) <= set(offered("simtool pairwise x.npy --metric "))


def test_columns_of_a_file(offered):
    words = "sample_data/words.parquet::"
    assert offered(f"simtool pairwise {words}") == [f"{words}id", f"{words}embedding"]
    assert offered(f"simtool pairwise x.npy {words}e") == [f"{words}embedding"]
    assert offered("simtool evaluate sample_data/wordsim353.parquet --labels ::l") == ["::label"]
    assert offered("simtool pairwise missing.npy::") == []


def test_bash_is_given_what_follows_the_colons(offered):
    assert offered("simtool pairwise sample_data/words.parquet::e", "bash") == ["embedding"]
    assert offered("simtool pairwise sample_data/words.parquet::", "bash") == ["id", "embedding"]
    assert offered("simtool evaluate sample_data/wordsim353.parquet --labels ::l", "bash") == ["label"]


@pytest.mark.parametrize(
    ("words", "place", "joined"),
    [
        (["simtool", "a", "::", "e"], 3, (["simtool", "a::e"], 1)),
        (["simtool", "a", "::"], 2, (["simtool", "a::"], 1)),
        (["simtool", "--ids", "::", "e", "-q"], 4, (["simtool", "--ids", "::e", "-q"], 3)),
        (["simtool", ""], 1, (["simtool", ""], 1)),
        (["simtool", "--metric", "=", "eu"], 3, (["simtool", "--metric=eu"], 1)),
        (["simtool", "--ids", "=::", "e", "-q"], 3, (["simtool", "--ids=::e", "-q"], 1)),
    ],
)
def test_words_as_they_were_typed(words, place, joined):
    assert _joined(words, place) == joined


@pytest.mark.parametrize(
    ("begun", "offered", "inserted"),
    [
        ("my", "my words.parquet", r"my\ words.parquet"),
        (r"my\ words.parquet::e", "my words.parquet::embedding", "embedding"),
        ('"my words.parquet::e', "my words.parquet::embedding", "my words.parquet::embedding"),
        ("--metric=eu", "euclidean", "euclidean"),
        ("--ids=::i", "::id", "id"),
        ("x=1.parquet::e", "x=1.parquet::embedding", "embedding"),
        (r"a\ dir/", "a dir/x$y.npy", r"a\ dir/x\$y.npy"),
    ],
)
def test_what_bash_inserts(begun, offered, inserted):
    assert _inserted(offered, begun) == inserted


def test_completion_imports_no_numpy(sample_data):
    script = "import sys, atexit\nsys.argv = ['simtool']\natexit.register(lambda: print('numpy' in sys.modules))\n"
    script += "from simtool.cli.main import main\nmain()"
    line = "simtool pairwise sample_data/words.parquet::e"
    asking = {"_SIMTOOL_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=sample_data.parent,
        env={**os.environ, **asking},
        capture_output=True,
        text=True,
    )
    assert "embedding" in done.stdout
    assert done.stdout.split()[-1].endswith("False")
