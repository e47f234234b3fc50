"""Every refusal: exit 2 or 3, at most three short lines, what was expected and got, nothing on stdout, no file left."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

LONGEST = 260  # characters of a line; a list of all names may take as many

# arguments, exit code, what the lines must say
REFUSALS = {
    # what is typed
    "unknown command": ("pairwize x.npy", 2, ["no such command 'pairwize'", "did you mean pairwise?"]),
    "unknown option": ("pairwise x.npy --metrik dot", 2, ["no such option: --metrik", "did you mean --metric?"]),
    "nothing like it": ("pairwise x.npy --zzz", 2, ["no such option: --zzz", "try: simtool pairwise -h"]),
    "missing argument": ("compare x.npy", 2, ["missing argument 'B'", "in:  simtool compare"]),
    "surplus argument": ("similarity x.npy y.npy x.npy", 2, ["unexpected extra argument"]),
    "missing option": ("loss x.npy y.npy", 2, ["missing option '--kind'"]),
    "no value": ("pairwise x.npy --metric", 2, ["'--metric' requires an argument"]),
    "not a number": ("pairwise x.npy --eps abc", 2, ["'--eps': expected a number, got 'abc'"]),
    "not whole": ("pairwise x.npy --top-k 2.5", 2, ["'--top-k' / '-k': expected a whole number, got '2.5'"]),
    "flag with a value": ("pairwise x.npy --quiet=yes", 2, ["'--quiet' does not take a value"]),
    "unknown metric": (
        "pairwise x.npy --metric cosin",
        2,
        ["unknown metric 'cosin'", "--metric", "did you mean cosine?"],
    ),
    "unknown aggregate": ("compare x.npy y.npy --aggregate argmx", 2, ["unknown aggregate", "did you mean argmax?"]),
    "unknown kind": ("loss pairs.parquet --kind contrastve", 2, ["unknown loss", "--kind", "mean contrastive?"]),
    "unknown reduction": ("loss pairs.parquet --kind cosine --reduction men", 2, ["--reduction", "did you mean mean?"]),
    "unknown name": ("list contrastiv", 2, ["unknown name 'contrastiv'", "did you mean contrastive?"]),
    "unknown nonfinite": ("pairwise x.npy --nonfinite dorp", 2, ["--nonfinite", "did you mean drop?"]),
    "unknown precision": ("pairwise x.npy --precision float46", 2, ["--precision", "did you mean float64?"]),
    "unknown format": ("pairwise x.npy --format jsn", 2, ["no format is called 'jsn'", "did you mean json?"]),
    "unknown device": ("pairwise x.npy --device gpu", 2, ["unknown device 'gpu'", "cpu, cuda"]),
    "unknown backend": ("pairwise x.npy --backend jax", 2, ["unknown backend 'jax'", "auto, numpy, torch"]),
    "numpy on a GPU": ("pairwise x.npy --backend numpy --device cuda", 2, ["numpy cannot compute on cuda"]),
    "eps below zero": ("pairwise x.npy --eps -1", 2, ["eps is -1.0, expected at least 0"]),
    "eps not a number": ("similarity x.npy y.npy --eps nan", 2, ["eps is nan, expected at least 0"]),
    "k of zero": ("pairwise x.npy --top-k 0", 2, ["expected a whole number of 1 or more, got 0"]),
    "k and the closest": ("pairwise x.npy --top-k 1 --max-pairs 5", 2, ["--top-k, --max-pairs"]),
    "threshold not a number": ("pairwise x.npy --threshold nan", 2, ["the threshold is not a number"]),
    "top of zero": ("loss pairs.parquet --kind cosine --top 0", 2, ["a table has at least one row, got 0"]),
    "margin not a number": ("loss pairs.parquet --kind cosine --margin nan", 2, ["margin is nan"]),
    "margin of a loss without": ("loss unlabelled.parquet --kind cosine-distance --margin 1", 2, ["has no margin"]),
    "matches without argmax": ("compare x.npy y.npy --aggregate mean --matches", 2, ["--aggregate argmax"]),
    "dim that is no number": ("similarity x.npy y.npy --dim x", 2, ["expected whole numbers, got 'x'", "--dim 2,3"]),
    "dim out of range": ("similarity x.npy y.npy --dim 2", 2, ["dim 2 is out of range", "valid dims are -2 to 1"]),
    "dim twice": ("similarity x.npy y.npy --dim 1,1", 2, ["[1, 1]", "--dim 2,3"]),
    "dim of a matrix": ("pairwise x.npy --dim 7", 2, ["dim 7 is out of range", "valid dims are -2 to 1"]),
    "row out of range": ("explain x.npy y.npy --row 6", 2, ["row 6 is out of range", "valid rows are 0 to 5"]),
    "row without the id": ("explain x.npy y.npy --row cat", 2, ["no row has the id 'cat'"]),
    # gates
    "misspelt gate": ("pairwise x.npy --assert maen>=0", 2, ["no number is called 'maen'", "did you mean mean?"]),
    "no gate": ("pairwise x.npy --assert mean", 2, ["KEY OPERATOR NUMBER", "--assert 'mean >= 0.9'"]),
    "gate on a text": ("pairwise x.npy --assert mean>=high", 2, ["finite number, found 'high'"]),
    "gate on another selection": ("pairwise x.npy --assert k==3", 2, ["no number is called 'k'"]),
    "misspelt gate of compare": ("compare x.npy y.npy --aggregate argmax --assert argmax.f2>0", 2, ["mean argmax.f1?"]),
    # paths
    "missing file": ("pairwise x.npi", 2, ["no such file", "in:  x.npi", "did you mean x.npy?"]),
    "missing folder": ("pairwise nowhere/x.npy", 2, ["no such file", "nowhere"]),
    "folder": ("pairwise .", 2, ["expected a file, got a folder", "name one, or those of one kind"]),
    "device": ("pairwise /dev/zero", 2, ["expected a file, got a device"]),
    "no path": ("pairwise ::v", 2, ["no file is named", "PATH::NAME"]),
    "missing column": ("pairwise pairs.parquet::c", 2, ["no column 'c'", "a, b, label"]),
    "misspelt column": ("inspect words.parquet::wrod", 2, ["no column 'wrod'", "words.parquet::word"]),
    "missing member": ("pairwise two.npz::c", 2, ["no column 'c'", "a, b"]),
    "column of an npy": ("pairwise x.npy::v", 2, ["no column 'v'", "names no columns"]),
    "several columns": ("pairwise pairs.parquet", 2, ["several columns hold vectors: a, b", "pairs.parquet::a"]),
    "column without vectors": ("pairwise words.parquet", 2, ["no column holds vectors", "word"]),
    "missing ids": ("pairwise x.npy --ids-a ids.txt", 2, ["no such file", "ids.txt"]),
    "ids of no B": ("pairwise x.npy --ids-b few.npy", 2, ["there is no B to have ids", "--ids-b"]),
    "several ids": ("pairwise twoids.parquet", 2, ["several columns may be ids: id, key", "--ids-a ::id"]),
    "too few ids": (
        "pairwise x.npy --ids-a few.npy",
        2,
        ["expected 6 values, one per row, got 2", "few.npy", "in the order"],
    ),
    # content
    "empty file": ("pairwise empty", 2, ["the input is empty"]),
    "empty stdin": ("pairwise -", 2, ["the input is empty", "in:  -"]),
    "empty stdin for pairs": ("loss --kind contrastive", 2, ["the input is empty", "in:  -"]),
    "binary noise": ("pairwise noise.dat", 2, ["binary data of an unknown format"]),
    "pickle": ("pairwise pickle.pkl", 2, ["a pickle, which may run code"]),
    "object array": ("pairwise object.npy", 2, ["pickled Python objects"]),
    "truncated npy": ("pairwise truncated.npy", 2, ["truncated npy", "takes 96 bytes, got 91"]),
    "overlong npy": ("pairwise overlong.npy", 2, ["overlong npy", "takes 96 bytes, got 99"]),
    "npy that promises": ("pairwise promise.npy", 2, ["truncated npy", "1000000000000"]),
    "truncated Parquet": ("pairwise half.parquet", 2, ["half.parquet"]),
    "bad JSON": ("pairwise bad.jsonl", 2, ["line 2 is not JSON"]),
    "mixed JSON array": ("pairwise array.json", 2, ["expected an array of lists, got 3 in row 1"]),
    "bools": ("pairwise bool.npy", 2, ["expected floats or integers, got bool"]),
    "complex": ("pairwise complex.npy", 2, ["got complex64"]),
    "strings": ("pairwise text.npy", 2, ["expected floats or integers, got str"]),
    "dates": ("pairwise date.npy", 2, ["got datetime64"]),
    "ragged": ("pairwise ragged.parquet", 2, ["row 1 has length 1", "expected 2"]),
    "null": ("pairwise null.parquet", 2, ["row 1 is null", "--nonfinite drop"]),
    "NaN": ("pairwise nan.npy", 2, ["row 2 of 6 holds NaN", "in:  nan.npy", "--nonfinite drop"]),
    "NaN in similarity": ("similarity nan.npy y.npy", 2, ["row 2 of 6 holds NaN"]),
    "NaN in compare": ("compare nan.npy y.npy", 2, ["row 2 of 6 holds NaN"]),
    "NaN in loss": ("loss nan.npy y.npy --labels labels.npy --kind cosine", 2, ["row 2 of 6 holds NaN"]),
    "NaN in channels": ("channels nan.npy y.npy --channel-dim 0", 2, ["row 2 of 6", "--nonfinite propagate keeps"]),
    "NaN in explain": ("explain nan.npy y.npy --row 2", 2, ["row 2 of 6 holds NaN", "another --row"]),
    "nothing but NaN": ("similarity allnan.npy y.npy --nonfinite drop", 2, ["3 more of 6", "no row would be left"]),
    # shapes
    "number": ("pairwise scalar.npy", 2, ["a single number (rank 0)"]),
    "vector": ("pairwise flat.npy", 2, ["expected 2 dims or more, got shape (4,)", "(1, d)"]),
    "no rows": ("pairwise norows.npy", 2, ["the input is empty: shape (0, 4)"]),
    "no columns": ("pairwise nocolumns.npy", 2, ["the input is empty: shape (6, 0)"]),
    "other width": ("pairwise x.npy wide.npy", 2, ["the vectors differ in length: 4 in A, 5 in B"]),
    "other rows": ("similarity x.npy short.npy", 2, ["(6, 4) and (4, 4) do not broadcast", "simtool pairwise"]),
    "other rank": ("compare x.npy cube.npy", 2, ["(6, 4) and (2, 4, 4)"]),
    "channels out of range": ("channels cube.npy cube.npy --channel-dim 5", 2, ["dim 5", "in:  --channel-dim"]),
    "no maps": ("channels x.npy y.npy", 2, ["no dim comes after the channels", "--channel-dim"]),
    "other maps": ("channels cube.npy x.npy", 2, ["the maps differ in shape"]),
    "pairs of other length": ("loss x.npy short.npy --kind cosine-distance", 2, ["A has 6 rows and B has 4"]),
    "pairs of rank 3": ("loss cube.npy cube.npy --kind cosine-distance", 2, ["expected one vector per row"]),
    # pairs and labels
    "one side": ("loss x.npy --kind cosine-distance", 2, ["with vector columns a and b", "x.npy OTHER"]),
    "one column": ("loss pairs.parquet::a --kind cosine", 2, ["one side of the pairs only"]),
    "three inputs": (
        "loss x.npy y.npy x.npy --kind cosine",
        2,
        ["two files of vectors, got 3", "@list.txt"],
    ),
    "table without pairs": ("loss words.parquet --kind cosine", 2, ["a and b, but its columns are word"]),
    "no labels": ("loss x.npy y.npy --kind contrastive", 2, ["needs one binary label per pair", "--labels FILE"]),
    "no label column": ("loss unlabelled.parquet --kind cosine", 2, ["needs one binary label per pair"]),
    "two label columns": ("loss twolabels.parquet --kind cosine", 2, ["label, target", "--labels ::label"]),
    "labels not wanted": ("loss x.npy y.npy --labels labels.npy --kind cosine-distance", 2, ["takes no labels"]),
    "missing label column": ("loss pairs.parquet --labels ::lable --kind cosine", 2, ["no column 'lable'", "::label"]),
    "null label": ("loss nulllabel.parquet --kind cosine", 2, ["null in row 1"]),
    "label of a half": ("loss x.npy y.npy --labels half.npy --kind cosine", 2, ["row 2 has label 0.5", "half.npy"]),
    "label of two": ("loss x.npy y.npy --labels three.npy --kind cosine", 2, ["row 2 has label 2"]),
    "label of NaN": ("loss x.npy y.npy --labels nanlabel.npy --kind cosine", 2, ["row 2 has label nan"]),
    "mixed labels": ("loss x.npy y.npy --labels mixed.npy --kind cosine", 2, ["row 2 is -1 and row 0 is 0"]),
    "words as labels": ("loss x.npy y.npy --labels yes.txt --kind cosine", 2, ["row 0 has label 'yes'"]),
    "column of labels": ("loss x.npy y.npy --labels column.npy --kind cosine", 2, ["one dim, got shape (6, 1)"]),
    "few labels": ("loss x.npy y.npy --labels few.npy --kind cosine", 2, ["6 pairs, 2 labels"]),
    "labels with a header": ("loss x.npy y.npy --labels headed.csv --kind cosine", 2, ["headed.csv::label"]),
    "vectors as labels": ("loss x.npy y.npy --labels x.npy --kind cosine", 2, ["one dim, got shape (6, 4)"]),
    # outputs
    "output exists": ("pairwise x.npy -o taken.npy", 2, ["the output exists already", "--force"]),
    "output is an input": ("pairwise x.npy -o x.npy --force", 2, ["the output is also the input x.npy"]),
    "output is a label file": (
        "loss x.npy y.npy --kind cosine --labels headed.csv::label -o headed.csv --force",
        2,
        ["the output is also the input headed.csv::label"],
    ),
    "output without a folder": ("pairwise x.npy -o nowhere/s.npy", 2, ["nowhere is not there", "mkdir -p"]),
    "output without a suffix": ("pairwise x.npy -o scores", 2, ["names its format", "no suffix", ".npy"]),
    "output of another kind": ("pairwise x.npy -o scores.xls", 2, ["the suffix '.xls'"]),
    "output is a folder": ("pairwise x.npy -o .", 2, ["the output is a folder"]),
    "output is a device": ("pairwise x.npy -o /dev/null", 2, ["not a regular file", "--format"]),
    "output is a dash": ("pairwise x.npy -o -", 2, ["- is not one", "--format"]),
    "table as npy": ("pairwise x.npy --top-k 1 -o s.npy", 2, ["npy holds one array", ".parquet"]),
    "table as npy on stdout": ("compare x.npy y.npy --format npy", 2, ["npy holds one array"]),
    "matrix twice": ("pairwise x.npy -o s.npy --format csv", 2, ["stdout cannot carry it as csv too"]),
    "weighted maps as a table": ("channels cube.npy cube.npy --channel-dim 0 -o w.csv", 2, ["ends in .npy"]),
    "weighted maps over an input": ("channels cube.npy cube.npy --channel-dim 0 -o cube.npy --force", 2, ["also the"]),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(run, odd, name):
    typed, code, expected = REFUSALS[name]
    before = sorted(os.listdir(odd))
    done = run(*typed.split(" "), cwd=odd)
    lines = done.err.splitlines()
    assert done.code == code, done.err
    assert done.out == b""
    assert lines[0].startswith("error: ")
    assert [line[:7] for line in lines[1:]] in ([], ["  in:  "], ["  try: "], ["  in:  ", "  try: "])
    assert max(map(len, lines)) <= LONGEST
    for words in expected:
        assert words in done.err
    assert sorted(os.listdir(odd)) == before


@pytest.mark.parametrize("typed", ["similarity - -", "pairwise - --ids-a -", "loss - x.npy --labels - --kind cosine"])
def test_stdin_is_read_once(run, odd, typed):
    done = run(*typed.split(), cwd=odd, stdin=(odd / "y.npy").read_bytes())
    assert (done.code, done.out) == (2, b"")
    assert "standard input can be read only once" in done.err


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "markdown"])
def test_a_matrix_too_large_for_text_is_refused(run, format):
    done = run("pairwise", "sample_data/words.parquet", "--format", format)
    assert (done.code, done.out) == (2, b"")
    assert f"190,969 cells is too much for {format}" in done.err
    assert "-o scores.npy" in done.err


def test_a_missing_gpu_is_told_and_exits_with_3(run, odd):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    for done in (
        run("pairwise", "x.npy", "--device", "cuda", cwd=odd),
        run("compare", "x.npy", "y.npy", cwd=odd, env={"SIMTOOL_DEVICE": "cuda:1"}),
    ):
        assert (done.code, done.out) == (3, b"")
        assert "is not available" in done.err
        assert "try: use --device cpu" in done.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(run, work, odd):
    folder = work / "closed"
    folder.mkdir(mode=0o555)
    done = run("pairwise", odd / "x.npy", "-o", "closed/s.npy")
    assert (done.code, done.out) == (2, b"")
    assert "may not be written to" in done.err


def test_an_option_of_the_environment_is_checked_too(run, odd):
    done = run("pairwise", "x.npy", cwd=odd, env={"SIMTOOL_DEVICE": "gpu"})
    assert done.code == 2
    assert "unknown device 'gpu'" in done.err
    assert run("pairwise", "x.npy", "--device", "cpu", cwd=odd, env={"SIMTOOL_DEVICE": "gpu"}).code == 0


MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    "name", ["promise.npy", "truncated.npy", "half.parquet", "pickle.pkl", "object.npy", "ragged.parquet", "bad.jsonl"]
)
def test_a_hostile_file_is_refused_in_little_memory(odd, environment, simtool_script, name):
    command = [sys.executable, "-c", MEASURE, simtool_script, "inspect", name]
    done = subprocess.run(command, cwd=odd, env=environment, capture_output=True, text=True, check=True)
    code, mebibytes = map(int, done.stdout.split())
    assert code == 2
    assert mebibytes < 300


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("pairwise x.npy --threshold 90", "no cosine can reach 90"),
        ("pairwise x.npy --threshold -0.5 --metric euclidean", "no euclidean can reach -0.5"),
    ],
)
def test_a_threshold_that_no_pair_can_reach_is_not_a_passing_gate(run, odd, typed, what):
    done = run(*typed.split(), "--assert", "pairs == 0", cwd=odd)
    assert done.code == 2
    assert what in done.err


def test_the_same_ids_in_another_order_are_refused_and_other_ids_are_not(run, tmp_path):
    rows = np.eye(3).tolist()
    for name, ids in (("a", ["p", "q", "r"]), ("b", ["q", "p", "r"]), ("c", ["s", "t", "u"])):
        pq.write_table(pa.table({"id": ids, "embedding": rows}), tmp_path / f"{name}.parquet")
    for command in ("similarity", "explain"):
        refused = run(command, "a.parquet", "b.parquet", cwd=tmp_path)
        assert refused.code == 2
        assert "row 0 is p in A and q in B" in refused.err
        assert run(command, "a.parquet", "c.parquet", cwd=tmp_path).code == 0
