"""The main jobs on real files, from the shell to the number, against float64 references."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_allclose

A, B, LABELS = (f"sample_data/wordsim_{name}.npy" for name in ("a", "b", "labels"))
PAIRS = "sample_data/wordsim353.parquet"


@pytest.fixture
def vectors(sample_data):
    """The two sides of the word pairs, as float64."""
    return tuple(np.load(sample_data / f"wordsim_{side}.npy").astype(np.float64) for side in "ab")


@pytest.fixture
def cosines(vectors):
    """The 353 × 353 cosines, in float64."""
    a, b = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in vectors)
    return a @ b.T


def ordered(scores):
    """Row by row: closest first, then by number."""
    return [sorted(range(len(row)), key=lambda column: (-row[column], column)) for row in scores]


# pairwise


def test_pairwise_shows_a_corner_and_a_summary(run, cosines):
    done = run("pairwise", A, B)
    lines = done.text.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[0] == f"pairwise  a={A}  b={B}"
    assert f"│  0 │ {cosines[0, 0]:.4f} │ {cosines[0, 1]:.4f} │" in done.text
    assert "-o scores.npy writes the whole 353 × 353 matrix" in lines
    summary = dict(line.split() for line in lines[-5:])
    assert list(summary) == ["rows", "columns", "mean", "min", "max"]
    assert_allclose(float(summary["mean"]), cosines.mean(), rtol=1e-5)


def test_pairwise_top_k_as_json(run, cosines):
    document = run("pairwise", A, B, "--top-k", 3, "--format", "json").document
    assert (document["schema"], document["command"]) == (1, "pairwise")
    assert document["inputs"] == {"a": A, "b": B}
    rows = document["rows"]
    best = ordered(cosines)
    assert [(row["a"], row["rank"], row["b"]) for row in rows] == [
        (a, rank + 1, best[a][rank]) for a in range(353) for rank in range(3)
    ]
    assert_allclose([row["score"] for row in rows], [cosines[row["a"], row["b"]] for row in rows], rtol=0, atol=1e-12)
    assert document["summary"]["k"] == 3
    assert_allclose(document["summary"]["mean"], np.mean([row["score"] for row in rows]), rtol=1e-12)


def test_pairwise_threshold_to_parquet(run, work, cosines):
    done = run("pairwise", A, B, "--threshold", 0.8, "-o", "hits.parquet")
    a, b = np.nonzero(cosines >= 0.8)
    assert (done.code, done.text) == (0, "")
    assert done.err == f"wrote hits.parquet ({len(a)} rows)\n"
    table = pq.read_table(work / "hits.parquet")
    assert table.column_names == ["a", "b", "score"]
    found = {(row["a"], row["b"]): row["score"] for row in table.to_pylist()}
    assert set(found) == set(zip(a.tolist(), b.tolist(), strict=True))
    assert_allclose(list(found.values()), [cosines[pair] for pair in found], atol=1e-12)


def test_pairwise_of_a_table_has_words_as_ids(run, sample_data):
    table = pq.read_table(sample_data / "words.parquet")
    words = table["id"].to_pylist()
    vectors = np.array(table["embedding"].to_pylist())
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    best = ordered(scores)
    rows = run("pairwise", "sample_data/words.parquet", "--top-k", 5, "--format", "json").document["rows"]
    assert [(row["a"], row["b"]) for row in rows] == [
        (words[a], words[b]) for a in range(len(words)) for b in best[a][:5]
    ]


def test_pairwise_matrix_to_a_file(run, work, cosines):
    done = run("pairwise", A, B, "-o", "scores.npy", "--format", "json", "--assert", "max <= 1")
    assert done.err == "wrote scores.npy (353 × 353, float32)\npassed max <= 1 (is 1)\n"
    assert_allclose(np.load(work / "scores.npy"), cosines, atol=2e-6, rtol=0)
    assert_allclose(done.document["summary"]["mean"], cosines.mean(), atol=1e-7)
    assert done.document["rows"] == []


def test_pairwise_threshold_without_b_lists_each_pair_once(run):
    rows = run("pairwise", PAIRS + "::a", "--threshold", 0.999, "--format", "json").document["rows"]
    assert rows
    assert all(row["a"] < row["b"] for row in rows)


def test_pairwise_along_another_dim_is_a_batched_product(run, work):
    x, y = np.random.default_rng(3).standard_normal((2, 2, 4, 4)).astype(np.float32)
    np.save(work / "x.npy", x)
    np.save(work / "y.npy", y)
    assert run("pairwise", "x.npy", "y.npy", "--dim", 1, "-o", "scores.npy").code == 0
    unit_x, unit_y = (v / np.linalg.norm(v.astype(np.float64), axis=1, keepdims=True) for v in (x, y))
    scores = np.load(work / "scores.npy")
    assert_allclose(scores, unit_x.transpose(0, 2, 1) @ unit_y, atol=2e-6)
    assert run("similarity", "x.npy", "y.npy", "--dim", 1, "-o", "aligned.npy").code == 0
    assert_allclose(np.load(work / "aligned.npy"), np.diagonal(scores, axis1=1, axis2=2), atol=2e-6)


# loss


@pytest.fixture
def contrastive(vectors, sample_data):
    """The contrastive loss of each word pair at margin 1, in a float64 loop."""
    losses = []
    for x, y, label in zip(*vectors, np.load(sample_data / "wordsim_labels.npy"), strict=True):
        distance = sum((p - q) ** 2 for p, q in zip(x.tolist(), y.tolist(), strict=True)) ** 0.5
        losses.append(distance**2 if label == 1 else max(0.0, 1 - distance) ** 2)
    return losses


def test_loss_is_the_same_from_every_kind_of_input(run, sample_data, contrastive):
    options = ("--kind", "contrastive", "--margin", 1, "--format", "json")
    table = pq.read_table(sample_data / "wordsim353.parquet", columns=["a", "b", "label"])
    lines = "".join(json.dumps(row) + "\n" for row in table.to_pylist()).encode()
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    with open(sample_data / "wordsim353.parquet", "rb") as file:
        documents = [
            run("loss", *options, stdin=file).document,
            run("loss", *options, stdin=lines).document,
            run("loss", *options, stdin=stream.getvalue()).document,
            run("loss", A, B, "--labels", LABELS, *options).document,
            run("loss", PAIRS, *options).document,
        ]
    assert all(document["rows"] == documents[0]["rows"] for document in documents)
    assert all(document["summary"] == documents[0]["summary"] for document in documents)
    rows, summary = documents[0]["rows"], documents[0]["summary"]
    assert list(rows[0]) == ["id", "label", "distance", "loss", "active", "meaning"]
    assert_allclose([row["loss"] for row in rows], contrastive, rtol=1e-12)
    assert_allclose(summary["total"], sum(contrastive), rtol=1e-12)
    assert_allclose(summary["loss"], np.mean(contrastive), rtol=1e-12)
    assert [summary[key] for key in ("items", "positives", "negatives")] == [353, 244, 109]
    assert summary["active"] == sum(loss > 0 for loss in contrastive)


def test_loss_table_lists_the_largest_and_says_so(run, contrastive):
    done = run("loss", PAIRS, "--kind", "contrastive")
    assert "note: labels read as 0 = dissimilar, 1 = similar\n" in done.err
    assert "note: 20 of 353 pairs are listed, largest loss first; --top 353 lists all" in done.err
    body = [line.split("│") for line in done.text.splitlines() if line.startswith("│")][1:]
    largest = sorted(range(353), key=lambda row: -contrastive[row])[:20]
    assert [int(cells[1]) for cells in body] == largest
    assert len(run("loss", PAIRS, "--kind", "contrastive", "--top", 3, "--format", "csv").text.splitlines()) == 4
    assert len(run("loss", PAIRS, "--kind", "contrastive", "--format", "csv").text.splitlines()) == 354


def test_loss_without_an_active_pair_says_so(run, odd):
    done = run("loss", "x.npy", "x.npy", "--kind", "cosine-distance", "--assert", "active == 0", cwd=odd)
    assert done.code == 0
    assert "note: no pair is active: the loss and its gradient are zero" in done.err


def test_loss_never_calls_a_row_of_nan_at_rest(run, odd):
    options = ("--labels", "labels.npy", "--kind", "cosine", "--nonfinite", "propagate", "--format", "json")
    document = run("loss", "nan.npy", "y.npy", *options, cwd=odd).document
    assert document["rows"][2]["loss"] is None
    assert document["rows"][2]["meaning"] == "not finite: left as it is"
    assert document["summary"]["total"] is None
    assert not any("no pair is active" in note for note in document["notes"])


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([0, 1, 0, 1, 1, 0]), "0 = dissimilar, 1 = similar"),
        (np.array([-1, 1, -1, 1, 1, -1]), "-1 = dissimilar, 1 = similar"),
        (np.array([False, True, False, True, True, False]), "false = dissimilar, true = similar"),
        (np.array([0.0, 1, 0, 1, 1, 0]), "0 = dissimilar, 1 = similar"),
        (b"false\ntrue\nFALSE\nTrue\ntrue\nfalse\n", "false = dissimilar, true = similar"),
        (b"0\n1\n0\n1\n1\n0\n", "0 = dissimilar, 1 = similar"),
    ],
)
def test_every_spelling_of_labels_gives_one_result(run, work, odd, labels, said):
    if isinstance(labels, bytes):
        (work / "labels").write_bytes(labels)
    else:
        with open(work / "labels", "wb") as file:
            np.save(file, labels)
    options = ("--kind", "cosine-embedding", "--format", "json")
    document = run("loss", odd / "x.npy", odd / "y.npy", "--labels", "labels", *options).document
    reference = run("loss", odd / "pairs.parquet", *options).document
    assert document["summary"] == reference["summary"]
    assert document["notes"] == [f"labels read as {said}"]


# compare, similarity, channels, explain


def test_compare_tells_paraphrases_from_the_rest(run):
    files = ("sample_data/texts_a.npy", "sample_data/texts_b.npy")
    document = run("compare", *files, "--aggregate", "mean", "--aggregate", "argmax", "--format", "json").document
    scores = [row["argmax"] for row in document["rows"]]
    unrelated = {10, 11, 12, 13, 14, 19}
    assert min(scores[item] for item in range(20) if item not in unrelated) > max(scores[item] for item in unrelated)
    assert_allclose(document["summary"]["percent"], 100 * document["summary"]["mean"])
    assert_allclose(document["summary"]["argmax"], np.mean(scores))
    table = run("compare", *files, "--aggregate", "argmax", "--aggregate", "mean").text
    assert table.endswith(f"\n{100 * np.mean(scores):.2f} %  argmax  (clip: 100 max(0, s))\n")


def test_compare_lists_who_matched_whom(run, cosines):
    document = run("compare", A, B, "--aggregate", "argmax", "--matches", "--format", "json").document
    ways = {"a to b": cosines.max(1), "b to a": cosines.max(0)}
    rows = document["rows"]
    assert [row["direction"] for row in rows] == ["a to b"] * 353 + ["b to a"] * 353
    assert [row["a"] for row in rows[:353]] == [row["b"] for row in rows[353:]] == list(range(353))
    assert_allclose([row["score"] for row in rows], np.concatenate(list(ways.values())), atol=1e-7)
    assert_allclose([cosines[row["a"], row["b"]] for row in rows], [row["score"] for row in rows], atol=1e-7)


@pytest.fixture
def images(work):
    """Two inputs of shape (1, 2, 20, 20)."""
    arrays = np.random.default_rng(5).standard_normal((2, 1, 2, 20, 20)).astype(np.float32)
    for name, array in zip("ab", arrays, strict=True):
        np.save(work / f"{name}.npy", array)
    return arrays.astype(np.float64)


@pytest.mark.parametrize(
    ("dim", "axis", "shape"), [("1", 1, (1, 20, 20)), ("2,3", (2, 3), (1, 2)), ("-1", 3, (1, 2, 20))]
)
def test_similarity_along_any_dims(run, work, images, dim, axis, shape):
    done = run("similarity", "a.npy", "b.npy", "--dim", dim, "-o", "s.npy")
    a, b = images
    dot = (a * b).sum(axis)
    scores = np.load(work / "s.npy")
    assert done.err == f"wrote s.npy ({' × '.join(map(str, shape))}, {scores.dtype})\n"
    assert_allclose(scores, dot / np.sqrt((a * a).sum(axis) * (b * b).sum(axis)), atol=1e-6)


def test_similarity_of_single_numbers_is_a_sign_and_warned_about(run, work, images):
    done = run("similarity", "a.npy", "b.npy", "--dim", 0, "-o", "s.npy")
    assert "note: the vectors hold one number each: the cosine of single numbers is only a sign" in done.err
    assert_allclose(np.load(work / "s.npy"), np.sign(images[0] * images[1])[0])


def test_channels_and_the_maps_they_weigh(run, work, sample_data):
    files = ("sample_data/maps_a.npy", "sample_data/maps_b.npy")
    document = run("channels", *files, "--format", "json").document
    a, b = (np.load(work / file).astype(np.float64)[0].reshape(8, -1) for file in files)
    expected = (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    assert [row["channel"] for row in document["rows"]] == list(range(8))
    assert_allclose([row["score"] for row in document["rows"]], expected, atol=1e-7)
    done = run("channels", *files, "-o", "weighted.npy")
    assert done.err == "wrote weighted.npy (1 × 8 × 64 × 64, float32)\n"
    assert "│       0 │ 0.7088 │" in done.text
    weighted = np.load(work / "weighted.npy")
    assert_allclose(weighted, np.load(work / files[1]) * expected.reshape(1, 8, 1, 1), atol=1e-6)


def test_explain_derives_one_pair(run, work):
    np.save(work / "a.npy", [[0, 1, 0, 9, 1]])
    np.save(work / "b.npy", [[3, 0, 0, 9, 0]])
    table = run("explain", "a.npy", "b.npy").text
    for text in (" 81 ", "9.1104", "9.4868", "0.9372", "0.0628"):
        assert text in table
    assert "0 × 3 + 1 × 0 + 0 × 0 + 9 × 9 + 1 × 0" in table
    summary = run("explain", "a.npy", "b.npy", "--format", "json").document["summary"]
    assert summary["dot"] == 81
    assert_allclose([summary["norm_a"], summary["norm_b"]], [83**0.5, 90**0.5])
    assert_allclose(summary["cosine-distance"], 1 - 81 / (83 * 90) ** 0.5, atol=1e-12)


def test_explain_agrees_with_loss(run):
    summary = run("explain", A, B, "--row", 142, "--format", "json").document["summary"]
    row = run("loss", PAIRS, "--kind", "contrastive", "--format", "json").document["rows"][142]
    assert_allclose(summary["contrastive.similar"], row["loss"], rtol=1e-12)


def test_explain_finds_a_row_by_its_id(run):
    done = run(
        "explain", "sample_data/words.parquet", "sample_data/words.parquet", "--row", "tiger", "--format", "json"
    )
    assert_allclose(done.document["summary"]["cosine"], 1)


def test_inspect_counts_what_makes_trouble(run, odd):
    document = run("inspect", PAIRS, "--format", "json").document
    counts = {"rows": 353, "columns": 6, "zero": 0, "nonfinite": 0, "duplicates": 193, "files": 1, "width": 384}
    norms = [document["summary"].pop(name) for name in ("norm_min", "norm_mean", "norm_max")]
    assert_allclose(norms, 1, atol=1e-6)
    assert document["summary"] == counts
    assert [row["column"] for row in document["rows"]] == ["a", "b", "word_a", "word_b", "score", "label"]
    assert run("inspect", "zero.npy", "--format", "json", cwd=odd).document["summary"]["zero"] == 1
    assert run("inspect", "nan.npy", "--format", "json", cwd=odd).document["summary"]["nonfinite"] == 1


def test_list_has_every_name_and_each_in_full(run):
    names = [row["name"] for row in run("list", "--format", "json").document["rows"]]
    assert {"cosine", "manhattan", "argmax", "contrastive", "cosine-distance"} <= set(names)
    assert {row["kind"] for row in run("list", "losses", "--format", "json").document["rows"]} == {"loss"}
    facts = {row["property"]: row["value"] for row in run("list", "angular", "--format", "json").document["rows"]}
    assert facts["formula"] == "arccos(cosine) / pi"


# gates


@pytest.mark.parametrize(
    ("gates", "code"),
    [(["mean > 0.2"], 0), (["mean>0.9"], 1), (["mean > 0.2", "min >= 0"], 1), (["columns == 353", "rows==353"], 0)],
)
def test_gates_decide_the_exit_code(run, gates, code):
    done = run("pairwise", A, B, "--format", "json", *(part for gate in gates for part in ("--assert", gate)))
    assert done.code == 2  # the matrix is too large for JSON on stdout
    done = run("pairwise", A, B, *(part for gate in gates for part in ("--assert", gate)))
    assert done.code == code
    assert len(done.err.splitlines()) == len(gates)
    assert done.err.startswith("passed " if code == 0 or len(gates) == 2 else "FAILED ")


def test_gates_are_in_the_document(run, odd):
    done = run("similarity", "x.npy", "y.npy", "--format", "json", "--assert", "mean > 1", cwd=odd)
    assert done.code == 1
    (gate,) = json.loads(done.out)["gates"]
    assert (gate["key"], gate["operator"], gate["threshold"], gate["passed"]) == ("mean", ">", 1.0, False)


def test_an_undefined_number_fails_its_gate(run, odd):
    done = run("loss", "pairs.parquet", "--kind", "cosine", "--reduction", "none", "--assert", "loss>=0", cwd=odd)
    assert done.code == 1
    assert "FAILED loss >= 0 (is undefined)" in done.err


# what is the same however it is asked


@pytest.mark.parametrize(
    "change",
    [
        "float16",
        "float64",
        "big-endian",
        "Fortran",
        "torch",
        "parquet",
        "csv",
        "jsonl",
        "stdin npy",
        "stdin csv",
        "column",
    ],
)
def test_the_form_of_an_input_does_not_change_the_answer(run, work, change):
    x = np.random.default_rng(9).integers(-8, 8, (12, 5)).astype(np.float32)  # exact in every form
    np.save(work / "x.npy", x)
    options = ("--top-k", 3, "--format", "jsonl")
    expected = run("pairwise", "x.npy", *options).text
    path, stdin, more = "changed.npy", b"", ()
    forms = {"float16": "f2", "float64": "f8", "big-endian": ">f4"}
    csv = "".join(",".join(map(repr, row)) + "\n" for row in x.tolist()).encode()
    match change:
        case "float16" | "float64" | "big-endian":
            np.save(work / path, x.astype(forms[change]))
        case "Fortran":
            np.save(work / path, np.asfortranarray(x))
        case "torch":
            path, more = "x.npy", ("--backend", "torch")
        case "parquet" | "column":
            pq.write_table(pa.table({"v": list(x)}), work / "changed.parquet")
            path = "changed.parquet::v" if change == "column" else "changed.parquet"
        case "csv":
            path = "changed.csv"
            (work / path).write_bytes(csv)
        case "jsonl":
            path = "changed.jsonl"
            (work / path).write_text("".join(f"{row}\n" for row in x.tolist()))
        case "stdin npy":
            path, stdin = "-", (work / "x.npy").read_bytes()
        case "stdin csv":
            path, stdin = "-", csv
    assert run("pairwise", path, *options, *more, stdin=stdin).text == expected


def test_a_k_beyond_the_rows_lists_all_and_says_so(run, odd):
    done = run("pairwise", "x.npy", "--top-k", 99, "--format", "csv", cwd=odd)
    assert len(done.text.splitlines()) == 1 + 6 * 5
    assert "note: k is 99, but a row has at most 5 others" in done.err


def test_paths_with_spaces_and_letters_of_all_kinds(run, work, odd):
    (work / "ein Ordner ✓").mkdir()
    name = "ein Ordner ✓/größer als.npy"
    (work / name).write_bytes((odd / "x.npy").read_bytes())
    done = run("pairwise", name, "-o", "ein Ordner ✓/s 1.CSV")
    assert (done.code, done.err) == (0, "wrote ein Ordner ✓/s 1.CSV (30 rows)\n")
    assert (work / "ein Ordner ✓" / "s 1.CSV").read_text().startswith("a,b,score\n")


def test_force_replaces_and_quiet_is_quiet(run, work, odd):
    (work / "s.npy").write_bytes(b"old")
    done = run("pairwise", odd / "zero.npy", "-o", "s.npy", "--force", "--quiet")
    assert (done.code, done.out, done.err) == (0, b"", "")
    assert np.load(work / "s.npy").shape == (6, 6)


def test_notes_go_to_stderr_and_into_the_document(run, odd):
    done = run("pairwise", "zero.npy", "--top-k", 1, "--format", "json", cwd=odd)
    (note,) = done.document["notes"]
    assert "1 zero row in A" in note
    assert done.err == f"note: {note}\n"


def test_rows_that_are_not_finite(run, odd):
    options = ("--top-k", 5, "--format", "json")
    dropped = run("pairwise", "nan.npy", "--nonfinite", "drop", *options, cwd=odd)
    kept = run("pairwise", "nan.npy", "--nonfinite", "propagate", *options, cwd=odd).document
    assert "left out: row 2" in dropped.err
    assert {row["a"] for row in dropped.document["rows"]} == {0, 1, 3, 4, 5}
    assert all(2 not in (row["a"], row["b"]) for row in kept["rows"])
    matrix = run("pairwise", "nan.npy", "--nonfinite", "propagate", "--format", "json", cwd=odd).document
    assert all((row["score"] is None) == (2 in (row["a"], row["b"])) for row in matrix["rows"])
