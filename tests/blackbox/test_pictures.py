"""`--plot` as a user runs it."""

import numpy as np
import pytest

HEADS = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}


@pytest.mark.parametrize("suffix", list(HEADS))
def test_an_evaluation_is_drawn_beside_its_result(run, work, suffix):
    done = run("evaluate", "sample_data/wordsim353.parquet", "--plot", f"roc.{suffix}", "--format", "json")
    assert done.document["summary"]["roc_auc"] == pytest.approx(0.854452, abs=5e-7)
    assert f"wrote roc.{suffix}" in done.err
    assert (work / f"roc.{suffix}").read_bytes().startswith(HEADS[suffix])


def test_a_picture_says_what_the_result_says(run, work):
    digits = ("evaluate", "sample_data/digits.parquet", "--no-retrieval", "--exact-pairs", "1", "-q")
    found = run(*digits, "--plot", "det.svg", "--plot-kind", "det", "--format", "json").document["summary"]
    text = (work / "det.svg").read_text()
    assert f"EER {found['eer']:.4f}" in text
    assert "160,596 positives, 1,453,110 negatives" in text


def test_the_terminal_shows_the_scores_as_blocks(run):
    lines = run("evaluate", "sample_data/wordsim353.parquet").text.splitlines()
    assert any(line.startswith("positives  ") and "█" in line for line in lines)
    assert any(line.startswith("negatives  ") and "█" in line for line in lines)


def test_a_matrix_is_drawn_and_written_at_once(run, work):
    done = run("pairwise", "sample_data/words.parquet", "--plot", "heat.png", "-o", "scores.npy", "--quiet")
    assert (done.code, done.err) == (0, "")
    assert (work / "heat.png").read_bytes().startswith(HEADS["png"])
    assert np.load(work / "scores.npy").shape == (437, 437)
    again = run("pairwise", "sample_data/words.parquet", "--plot", "heat.png")
    assert again.code == 2
    assert "--force replaces it" in again.err
    before = (work / "heat.png").read_bytes()
    assert run("pairwise", "sample_data/words.parquet", "--plot", "heat.png", "--force").code == 0
    assert (work / "heat.png").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pairwise", "missing.npy", "--plot", "heat.gif"), "use .png, .svg, .pdf"),
        (("pairwise", "missing.npy", "--plot", "heat.png", "-k", "2"), "leave out --top-k"),
        (("evaluate", "missing.npy", "--plot", "roc"), "no suffix"),
        (("evaluate", "missing.npy", "--plot-kind", "det"), "--plot PATH draws one"),
        (("evaluate", "missing.npy", "--plot", "t.png", "--plot-kind", "rocs"), "did you mean roc?"),
        (("evaluate", "missing.npy", "--plot", "t.svg", "--thresholds-out", "t.svg"), "two files"),
        (("evaluate", "x.npy", "x.npy", "--targets", "y.npy", "--plot", "t.svg"), "there are no labels"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_the_work(run, work, arguments, said):
    np.save(work / "x.npy", np.eye(3))
    np.save(work / "y.npy", np.arange(3.0))
    done = run(*arguments)
    assert done.code == 2
    assert said in done.err
    assert sorted(path.name for path in work.iterdir()) == ["sample_data", "x.npy", "y.npy"]


def test_without_matplotlib_nothing_starts(run, work):
    (work / "blocked" / "matplotlib").mkdir(parents=True)
    (work / "blocked" / "matplotlib" / "__init__.py").write_text("raise ImportError('blocked')\n")
    environment = {"PYTHONPATH": str(work / "blocked")}
    done = run("pairwise", "missing.npy", "--plot", "heat.png", env=environment)
    assert done.code == 3
    assert "pip install matplotlib" in done.err
    assert run("pairwise", "sample_data/words.parquet", "-k", "1", env=environment).code == 0
