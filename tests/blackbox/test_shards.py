"""Shards and their concatenation give the same output of every command, byte for byte but for the inputs' names."""

import re
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest

CUTS = (0, 100, 101, 250, 353)


@pytest.fixture
def folder(work, sample_data):
    """Tables and arrays, each whole as `whole-NAME` and in the files of a folder `shards-NAME`."""
    for name, source, cuts in (("pairs", "wordsim353", CUTS), ("words", "words", (0, 3, 200, 437))):
        table = pq.read_table(sample_data / f"{source}.parquet")
        pq.write_table(table, work / f"whole-{name}.parquet", row_group_size=64)
        (work / f"shards-{name}").mkdir()
        for number, (start, stop) in enumerate(pairwise(cuts)):
            pq.write_table(
                table.slice(start, stop - start), work / f"shards-{name}" / f"{number}.parquet", row_group_size=64
            )
    arrays = {name: np.load(sample_data / f"wordsim_{name}.npy") for name in ("a", "b", "labels")}
    arrays["maps"] = arrays["a"].reshape(353, 8, 48)
    for name, array in arrays.items():
        np.save(work / f"whole-{name}.npy", array)
        (work / f"shards-{name}").mkdir()
        for number, (start, stop) in enumerate(pairwise(CUTS)):
            np.save(work / f"shards-{name}" / f"{number}.npy", array[start:stop])
    return work


@pytest.mark.parametrize(
    "line",
    [
        "pairwise words.parquet -k 3 --keep-columns id",
        "pairwise words.parquet --threshold 0.6",
        "pairwise words.parquet --rows 190:210",
        "pairwise a.npy b.npy -k 2 --where-b",
        "similarity a.npy b.npy",
        "similarity pairs.parquet::a pairs.parquet::b --keep-columns word_a",
        "compare a.npy b.npy --aggregate argmax --aggregate paired --null 20",
        "compare words.parquet words.parquet --rows 0:9 --matches",
        "loss pairs.parquet --kind contrastive --keep-columns word_a,word_b",
        "loss a.npy b.npy --labels labels.npy --kind cosine --sample 60",
        "evaluate pairs.parquet --where",
        "evaluate a.npy b.npy --labels labels.npy",
        "inspect words.parquet",
        "channels maps.npy maps.npy --channel-dim 1",
    ],
)
def test_output_is_that_of_the_whole(run, folder, line):
    line = line.replace("--where-b", "--rows-b 50:150").replace("--where", "--where score>2")
    whole, shards, folders = (
        re.sub(r"\b(\w+)(\.parquet|\.npy)", form, line).split()
        for form in (r"whole-\1\2", r"shards-\1/*\2", r"shards-\1")
    )
    expected = run(*whole, "--format", "json")
    assert expected.code == 0, expected.err
    for words in (shards, folders):
        found = run(*words, "--format", "json")
        assert found.code == 0, found.err
        text = found.text
        for typed, name in zip(words, whole, strict=True):
            text = text.replace(typed, name) if typed != name else text
        assert re.sub(r'"files": \d+', '"files": 1', text) == expected.text


def test_fit_and_apply_and_their_files(run, folder):
    for name, source in (("whole", "whole-pairs.parquet"), ("shards", "shards-pairs")):
        fitted = run("fit", source, "--kind", "cosine", "--epochs", 2, "-o", f"{name}.safetensors", "-q")
        assert fitted.code == 0, fitted.err
        assert run("apply", "whole.safetensors", source, "-o", f"{name}.parquet", "-q").code == 0
        assert run("apply", "whole.safetensors", f"{source}::a", "-o", f"{name}.npy", "-q").code == 0
    assert (folder / "whole.npy").read_bytes() == (folder / "shards.npy").read_bytes()
    assert pq.read_table(folder / "whole.parquet").equals(pq.read_table(folder / "shards.parquet"))


def test_an_output_may_be_none_of_the_files(run, folder):
    done = run("pairwise", "shards-words", "-k", 1, "-o", "shards-words/1.parquet", "--force")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: the output is also the input shards-words")
    listed = folder / "list.txt"
    listed.write_text("shards-words/0.parquet\nshards-words/1.parquet\n")
    done = run("pairwise", "@list.txt", "-k", 1, "-o", "shards-words/1.parquet", "--force")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: the output is also the input @list.txt")
