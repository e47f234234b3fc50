"""Selected rows and carried columns, from the shell, against the same job on a file of these rows alone."""

import csv
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

WORDS = "sample_data/words.parquet"
PAIRS = "sample_data/wordsim353.parquet"


@pytest.fixture
def tables(work, sample_data):
    """`words.parquet` and `pairs.parquet`, with more columns, and a file of the rows that tests select."""
    words = pq.read_table(sample_data / "words.parquet")
    count = len(words)
    words = words.append_column("length", pa.array([len(word) for word in words["id"].to_pylist()]))
    words = words.append_column("text", pa.array([f"text of {word}" for word in words["id"].to_pylist()]))
    pq.write_table(words, work / "words.parquet", row_group_size=50)
    short = np.flatnonzero(np.asarray(words["length"]) <= 4)
    pq.write_table(words.take(short), work / "short.parquet")
    pairs = pq.read_table(sample_data / "wordsim353.parquet")
    pq.write_table(pairs.filter(pa.compute.greater(pairs["score"], 7)), work / "close.parquet")
    assert 10 < len(short) < count
    return work


def listing(done):
    assert done.code == 0, done.err
    return list(csv.DictReader(io.StringIO(done.text)))


def numbers(done):
    """Return a document without what names the inputs."""
    document = done.document
    return {key: document[key] for key in ("summary", "rows")}


@pytest.mark.parametrize("options", [["-k", 3], ["--threshold", 0.5], ["--max-pairs", 9], []])
def test_pairwise_of_selected_rows_is_that_of_a_file_of_them(run, tables, options):
    selected = run("pairwise", "words.parquet", *options, "--where", "length <= 4", "--format", "json")
    assert numbers(selected) == numbers(run("pairwise", "short.parquet", *options, "--format", "json"))
    assert "rows of words.parquet: where length <= 4" in selected.err
    assert "where length <= 4" in selected.document["provenance"]["a"]


@pytest.mark.parametrize(
    "command",
    [
        ["loss", "{}", "--kind", "contrastive"],
        ["evaluate", "{}"],
        ["similarity", "{}::a", "{}::b"],
        ["fit", "{}", "--kind", "cosine", "--epochs", 2],
    ],
)
def test_rows_of_pairs_stay_together(run, tables, command):
    whole = [str(part).format(PAIRS) for part in command]
    part = [str(part).format("close.parquet") for part in command]
    selected = run(*whole, "--where", "score > 7", "--format", "json")
    expected = numbers(run(*part, "--format", "json"))
    if command[0] in ("loss", "similarity"):  # rows without ids keep their numbers, where the listing names them
        name = next(name for name in ("id", "index") if name in expected["rows"][0])
        rows = numbers(selected)["rows"]
        assert [row.popitem() for row in rows] == [row.popitem() for row in expected["rows"]]
        assert name in ("id", "index")
        assert selected.document["summary"] == expected["summary"]
    else:
        assert numbers(selected) == expected


def test_labels_of_a_file_of_their_own_are_selected_with_their_rows(run, work, sample_data):
    sides = [f"sample_data/wordsim_{side}.npy" for side in "ab"]
    labels = "sample_data/wordsim_labels.npy"
    selected = run(
        "loss", *sides, "--labels", labels, "--kind", "cosine", "--sample", 50, "--seed", 2, "--format", "json"
    )
    rows = np.sort(np.random.default_rng(2).permutation(353)[:50])
    for name in ("a", "b", "labels"):
        np.save(work / f"{name}.npy", np.load(sample_data / f"wordsim_{name}.npy")[rows])
    expected = run("loss", "a.npy", "b.npy", "--labels", "labels.npy", "--kind", "cosine", "--format", "json")
    assert selected.document["summary"] == expected.document["summary"]
    assert {row["id"] for row in selected.document["rows"]} == set(rows.tolist())
    assert "--seed has no effect" not in selected.err


def test_queries_are_compared_with_all_other_rows(run, tables, work):
    found = listing(run("pairwise", "words.parquet", "-k", 4, "--query", "queen", "--query", "king", "--format", "csv"))
    every = listing(run("pairwise", "words.parquet", "-k", 4, "--format", "csv"))
    assert found == [row for row in every if row["a"] in ("king", "queen")]
    words = (work / "words.parquet").read_bytes()
    piped = run("pairwise", "-", "-k", 4, "--query", "queen", "--query", "king", "--format", "csv", stdin=words)
    assert listing(piped) == found
    some = listing(
        run("pairwise", "words.parquet", "-k", 4, "--query", "king", "--where", "length = 5", "--format", "csv")
    )
    assert all(len(row["b"]) == 5 for row in some)
    missing = run("pairwise", "words.parquet", "-k", 4, "--query", "kinng")
    assert (missing.code, missing.err.splitlines()[0]) == (2, "error: 'kinng' is not among the 437 ids")
    assert "did you mean king?" in missing.err


def test_rows_of_b_are_selected_by_options_of_its_own(run, tables):
    found = listing(
        run(
            "pairwise",
            "words.parquet",
            "words.parquet",
            "-k",
            1,
            "--rows",
            "3:5",
            "--where-b",
            "length > 9",
            "--format",
            "csv",
        )
    )
    assert len(found) == 2
    assert all(len(row["b"]) > 9 for row in found)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "json"])
@pytest.mark.parametrize("options", [["-k", 2], []])
def test_kept_columns_stand_beside_the_ids(run, tables, form, options):
    done = run(
        "pairwise", "words.parquet", "--rows", "0:30", *options, "--keep-columns", "text,length", "-o", f"out.{form}"
    )
    assert done.code == 0, done.err
    path = tables / f"out.{form}"
    match form:
        case "csv":
            rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        case "jsonl":
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        case "json":
            rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        case _:
            rows = pq.read_table(path).to_pylist()
    assert len(rows) == (60 if options else 30 * 29)
    assert all(row[f"text_{side}"] == f"text of {row[side]}" for row in rows for side in "ab")
    assert all(int(row[f"length_{side}"]) == len(row[side]) for row in rows for side in "ab")


def test_matches_and_losses_carry_columns_too(run, tables):
    matches = run("compare", "words.parquet", "short.parquet", "--matches", "--keep-columns", "text", "--format", "csv")
    rows = listing(matches)
    assert {row["direction"] for row in rows} == {"a to b", "b to a"}
    assert all(row[f"text_{side}"] == f"text of {row[side]}" for row in rows for side in "ab")
    pairs = pq.read_table(tables / PAIRS)
    found = listing(run("loss", PAIRS, "--kind", "cosine", "--keep-columns", "word_a,label", "--format", "csv"))
    assert [row["word_a"] for row in found] == [pairs["word_a"][int(row["id"])].as_py() for row in found]
    assert [row["label_a"] for row in found] == [row["label"] for row in found]
    digits = listing(
        run("loss", "sample_data/digits.parquet", "--kind", "sup-con", "--keep-columns", "label", "--format", "csv")
    )
    assert all(row["label"] == row["class"] for row in digits)


def test_a_kept_column_may_be_one_of_b_alone_but_not_of_neither(run, tables):
    found = listing(run("pairwise", WORDS, "words.parquet", "-k", 1, "--keep-columns", "text", "--format", "csv"))
    assert [name for name in found[0] if name.startswith("text")] == ["text_b"]
    refused = run("pairwise", WORDS, "words.parquet", "-k", 1, "--keep-columns", "texts")
    assert refused.code == 2
    assert refused.err.splitlines() == [
        "error: no column 'texts', which --keep-columns names",
        "  in:  words.parquet",
        "  try: did you mean text?",
    ]


@pytest.mark.parametrize("command", ["pairwise", "inspect", "compare", "loss", "channels"])
def test_a_mistake_in_a_condition_comes_with_exit_code_2(run, tables, command):
    files = ["words.parquet"] * (2 if command in ("compare", "channels") else 1)
    kind = ["--kind", "cosine"] if command == "loss" else []
    done = run(command, *files, *kind, "--where", "length <= ")
    assert (done.code, done.out) == (2, b"")
    assert done.err.splitlines()[:2] == [
        "error: expected a value, got the end (character 11)",
        "  in:  --where length <= ^",
    ]


def test_apply_projects_the_selected_rows_with_their_columns(run, tables):
    assert run("fit", "words.parquet", "--head", "whiten", "--rank", 4, "-o", "h.safetensors").code == 0
    assert run("apply", "h.safetensors", "words.parquet", "--where", "length <= 4", "-o", "some.parquet").code == 0
    assert run("apply", "h.safetensors", "short.parquet", "-o", "short_w.parquet").code == 0
    some, expected = (pq.read_table(tables / f"{name}.parquet") for name in ("some", "short_w"))
    assert some.equals(expected)
    assert run("apply", "h.safetensors", "words.parquet", "--rows", "5:9", "-o", "some.npy").code == 0
    assert np.load(tables / "some.npy").shape == (4, 4)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("pairwise x.parquet -k 2", "a"),
        ("pairwise x.parquet -o m.csv --force", "a"),
        ("similarity x.parquet x.parquet", "id"),
        ("compare x.parquet x.parquet --matches", "a"),
        ("loss x.parquet x.parquet --kind cosine --labels ones.npy", "id"),
    ],
)
def test_columns_stay_with_their_rows_where_others_are_dropped(run, work, command, name):
    rows = np.random.default_rng(0).standard_normal((9, 3))
    rows[[0, 4]] = np.nan
    ids = [f"r{row}" for row in range(9)]
    np.save(work / "ones.npy", np.ones(9, int))
    pq.write_table(
        pa.table({"id": ids, "v": rows.tolist(), "text": [f"text of {row}" for row in ids]}), work / "x.parquet"
    )
    to_file = "-o" in command
    done = run(
        *command.split(), "--nonfinite", "drop", "--keep-columns", "text", *([] if to_file else ["--format", "csv"])
    )
    assert done.code == 0, done.err
    text = (work / "m.csv").read_text() if to_file else done.text
    found = list(csv.DictReader(io.StringIO(text)))
    assert {row[name] for row in found} == set(ids) - {"r0", "r4"}
    assert all(row["text_a"] == f"text of {row[name]}" for row in found)
