"""Selections of `pairwise` from the shell: the best pairs, results written as they come, budgets, the same bytes."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_allclose

A, B = "sample_data/wordsim_a.npy", "sample_data/wordsim_b.npy"
WORDS = "sample_data/words.parquet"


@pytest.fixture
def cosines(sample_data):
    """The 353 × 353 cosines, in float64."""
    a, b = (np.load(sample_data / f"wordsim_{side}.npy").astype(np.float64) for side in "ab")
    a, b = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (a, b))
    return a @ b.T


def read(path):
    """The rows of a file, as dicts."""
    match path.suffix:
        case ".parquet":
            return pq.read_table(path).to_pylist()
        case ".arrow":
            with pa.ipc.open_file(path) as file:
                return file.read_all().to_pylist()
        case ".jsonl":
            return [json.loads(line) for line in path.read_text().splitlines()]
        case _:
            with open(path, newline="") as file:
                return list(csv.DictReader(file))


# ---- the best pairs of all


def test_max_pairs_as_json(run, cosines):
    document = run("pairwise", A, B, "--max-pairs", 40, "--format", "json").document
    rows = document["rows"]
    assert list(rows[0]) == ["a", "b", "score"]
    assert document["parameters"]["max_pairs"] == document["summary"]["pairs"] == 40
    scores = [row["score"] for row in rows]
    assert_allclose(scores, np.sort(cosines.ravel())[::-1][:40], rtol=0, atol=1e-12)
    assert [(-row["score"], row["a"], row["b"]) for row in rows] == sorted(
        (-row["score"], row["a"], row["b"]) for row in rows
    )
    assert_allclose(scores, [cosines[row["a"], row["b"]] for row in rows], rtol=0, atol=1e-12)
    assert_allclose(document["summary"]["mean"], np.mean(scores), rtol=1e-12)


def test_max_pairs_as_a_table_and_csv(run):
    table, text = (run("pairwise", WORDS, "--max-pairs", 3, *more) for more in ((), ("--format", "csv")))
    assert (table.code, table.err, text.code, text.err) == (0, "", 0, "")
    rows = list(csv.DictReader(text.text.splitlines()))
    assert [len(row) for row in rows] == [3, 3, 3]
    shown = [line for line in table.text.splitlines() if any(row["a"] in line and row["b"] in line for row in rows)]
    assert len(shown) >= 3
    assert "pairs" in table.text
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    # without B each pair is listed once
    assert len({frozenset((row["a"], row["b"])) for row in rows}) == 3


def test_max_pairs_of_a_distance_are_the_closest(run, sample_data):
    a, b = (np.load(sample_data / f"wordsim_{side}.npy").astype(np.float64) for side in "ab")
    rows = run("pairwise", A, B, "--max-pairs", 5, "--metric", "euclidean", "--format", "json").document["rows"]
    distances = np.linalg.norm(a[:, None] - b[None], axis=2)
    assert_allclose([row["score"] for row in rows], np.sort(distances.ravel())[:5], atol=1e-9)


# ---- results that are written as they come


@pytest.mark.parametrize("question", [("--threshold", 0.6), ("--top-k", 3), ("--max-pairs", 100)])
@pytest.mark.parametrize("suffix", ["parquet", "arrow", "jsonl", "csv"])
def test_what_is_written_as_it_comes_is_what_is_shown(run, work, suffix, question):
    shown = run("pairwise", WORDS, *question, "--format", "json").document
    done = run("pairwise", WORDS, *question, "-o", f"hits.{suffix}")
    assert (done.code, done.out, done.err) == (0, b"", f"wrote hits.{suffix} ({len(shown['rows'])} rows)\n")
    rows = read(work / f"hits.{suffix}")
    expected = [{key: str(value) for key, value in row.items()} for row in shown["rows"]]
    assert len(expected) > 50
    assert [{key: str(value) for key, value in row.items()} for row in rows] == expected
    # a gate needs the summary, which is counted on the way
    gated = run("pairwise", WORDS, *question, "-o", f"hits.{suffix}", "--force", "--assert", "mean > 2")
    assert gated.code == 1
    assert f"(is {shown['summary']['mean']:.6g})" in gated.err


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "csv", "jsonl"])
def test_no_hits_still_have_columns(run, work, suffix):
    done = run("pairwise", A, B, "--metric", "dot", "--threshold", 1e9, "-o", f"none.{suffix}")
    assert (done.code, done.out, done.err) == (0, b"", f"wrote none.{suffix} (0 rows)\n")
    path = work / f"none.{suffix}"
    assert read(path) == []
    match suffix:
        case "parquet":
            assert pq.read_schema(path).names == ["a", "b", "score"]
            assert pq.read_schema(path).types == [pa.int64(), pa.int64(), pa.float64()]
        case "arrow":
            assert pa.ipc.open_file(path).schema.names == ["a", "b", "score"]
        case "csv":
            assert path.read_text() == "a,b,score\n"
        case _:
            assert path.read_bytes() == b""


def test_a_file_and_a_document_at_once(run, work):
    document = run("pairwise", A, B, "--threshold", 0.8, "-o", "hits.parquet", "--format", "json").document
    assert pq.read_table(work / "hits.parquet").to_pylist() == document["rows"]
    assert len(document["rows"]) == document["summary"]["pairs"] > 10


def test_a_file_that_fails_half_way_is_not_left(run, work):
    done = run("pairwise", WORDS, "--threshold", 0.3, "--max-results", 500, "-o", "hits.csv")
    assert (done.code, done.out) == (2, b"")
    assert "more than 500 pairs reach 0.3" in done.err
    assert [path.name for path in work.iterdir()] == ["sample_data"]
    # the threshold of the hint fits
    fitting = done.err.split("--threshold ")[-1].split()[0]
    again = run("pairwise", WORDS, "--threshold", fitting, "--max-results", 500, "-o", "hits.csv")
    assert again.code == 0, again.err
    assert 100 < len(read(work / "hits.csv")) <= 500


# ---- the budget


@pytest.mark.parametrize(
    ("typed", "code", "expected"),
    [
        ("--max-memory lots", 2, ["expected a size, got 'lots'", "--max-memory", "as in 512M, 4G or 50%"]),
        ("--max-memory 10M", 2, ["10M is less than the 160 MiB that any job needs"]),
        ("--max-memory -4G", 2, ["-4G"]),
        ("--max-pairs 0", 2, ["--max-pairs", "got 0"]),
        ("--max-pairs 5 --top-k 5", 2, ["--top-k, --max-pairs", "leave --max-pairs out"]),
        ("--threshold 0.5 --max-results 0", 2, ["--max-results"]),
        ("--max-pairs 5 -o x.npy", 2, ["npy holds one array"]),
    ],
)
def test_refusals(run, typed, code, expected):
    done = run("pairwise", A, *typed.split())
    assert (done.code, done.out) == (code, b"")
    for words in expected:
        assert words in done.err


def test_a_matrix_beyond_the_budget_goes_to_a_file_and_not_to_memory(run, work):
    np.save(work / "x.npy", np.random.default_rng(0).normal(size=(7000, 3)).astype("f4"))
    budget = ("--max-memory", "256M")
    refused = run("pairwise", "x.npy", *budget, "--format", "npy")
    assert (refused.code, refused.out) == (3, b"")
    assert "the 7000 x 7000 matrix takes about 347 MiB, 256 MiB may be used" in refused.err
    assert "in:  --max-memory" in refused.err
    assert "-o scores.npy writes it as it comes" in refused.err
    done = run("pairwise", "x.npy", *budget, "-o", "scores.npy")
    assert (done.code, done.err.splitlines()[0]) == (0, "wrote scores.npy (7000 × 7000, float32)")
    scores = np.load(work / "scores.npy", mmap_mode="r")
    x = np.load(work / "x.npy").astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert_allclose(scores[5000:5010], x[5000:5010] @ x.T, atol=2e-6)


# ---- the same bytes, whatever it runs in


@pytest.fixture
def vectors(work):
    """Rows with near-duplicates and ties, several query blocks of them."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 24)).astype("f4")
    rows[1000:1200] = rows[:200] + 1e-6 * rng.normal(size=(200, 24))
    rows[2000:2100] = rows[300:400]
    np.save(work / "v.npy", rows)
    return "v.npy"


@pytest.mark.parametrize("question", [("--top-k", 5), ("--threshold", 0.6), ("--max-pairs", 3000)])
def test_budgets_and_threads_give_the_same_bytes(run, work, vectors, question):
    written = []
    for budget, threads in (("256M", 1), ("1G", 2), ("4G", 1)):
        name = f"{budget}.parquet"
        env = {variable: str(threads) for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        done = run("pairwise", vectors, *question, "--max-memory", budget, "-o", name, "--assert", "rows > 1", env=env)
        assert done.code == 0, done.err
        written.append((work / name).read_bytes())
    assert written[0] == written[1] == written[2]
    assert len(pq.read_table(work / "1G.parquet")) >= 3000


def test_documents_are_the_same_too(run, vectors):
    documents = []
    for budget, threads in (("256M", 2), ("4G", 1)):
        env = {variable: str(threads) for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        options = ("--threshold", 0.75, "--max-memory", budget, "--format", "json")
        documents.append(run("pairwise", vectors, *options, env=env).document)
    assert documents[0]["rows"] == documents[1]["rows"]
    assert documents[0]["summary"] == documents[1]["summary"]


@pytest.mark.parametrize("question", [("--top-k", 5), ("--max-pairs", 3000)])
def test_numpy_and_torch_list_the_same(run, vectors, question):
    found = [
        run("pairwise", vectors, *question, "--backend", backend, "--format", "csv").out
        for backend in ("numpy", "torch")
    ]
    assert found[0] == found[1]


def test_a_matrix_is_the_same_for_every_budget(run, work, vectors):
    for budget in ("256M", "4G"):
        assert run("pairwise", vectors, "--max-memory", budget, "-o", f"{budget}.npy").code == 0
    assert (work / "256M.npy").read_bytes() == (work / "4G.npy").read_bytes()
