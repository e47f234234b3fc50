"""`simtool compare` as it is typed: the acceptance lines, the drift gate, evidence, files and refusals."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TEXTS = ("sample_data/texts_a.npy", "sample_data/texts_b.npy")
WORDS = ("sample_data/wordsim_a.npy", "sample_data/wordsim_b.npy")
UNRELATED = {10, 11, 12, 13, 14, 19}  # of the texts, as their page says


@pytest.fixture
def drift(work):
    """Two models of 40 items: the second is the first turned, with some noise, in another order and without item 7."""
    rng = np.random.default_rng(0)
    old = rng.normal(size=(40, 8))
    new = old @ np.linalg.qr(rng.normal(size=(8, 8)))[0] + 0.01 * rng.normal(size=(40, 8))
    order = np.delete(rng.permutation(40), 0)
    names = [f"item {i}" for i in range(40)]
    pq.write_table(pa.table({"id": names, "embedding": old.tolist()}), work / "old.parquet")
    moved = pa.table({"id": [names[i] for i in order], "embedding": new[order].tolist()})
    pq.write_table(moved, work / "new.parquet")
    return names[next(i for i in range(40) if i not in order)]


def save(work, **arrays):
    for name, array in arrays.items():
        np.save(work / f"{name}.npy", np.asarray(array))


def test_paraphrases_among_unrelated_texts(run):
    names = ("argmax", "maxsim", "optimal")
    options = ("--null", "200", "--bootstrap", "200", "--format", "json")
    document = run("compare", *TEXTS, *(f"--aggregate={name}" for name in names), *options).document
    rows, summary = document["rows"], document["summary"]
    for name in names:
        scores = {row["item"]: row[name] for row in rows}
        assert max(scores[i] for i in UNRELATED) < min(scores[i] for i in scores if i not in UNRELATED)
        assert summary[f"{name}.low"] < summary[name] < summary[f"{name}.high"]
        assert summary[f"{name}.baseline"] < summary[name]
        assert summary[f"{name}.p"] == pytest.approx(1 / 201)
    assert summary["percent"] == pytest.approx(100 * summary["argmax"])
    assert (document["parameters"]["percent"], document["parameters"]["percent_of"]) == ("clip", "argmax")


def test_the_panel_on_a_terminal_is_a_row_per_aggregate(run):
    done = run("compare", *WORDS, "--aggregate", "all", "--bootstrap", "20")
    lines = done.text.splitlines()
    assert lines[-1] == "69.56 %  argmax  (clip: 100 max(0, s))"
    header = next(line for line in lines if "aggregate" in line and "score" in line)
    assert [cell.strip() for cell in header.strip("│").split("│")] == ["aggregate", "score", "low", "high"]
    assert any(line.startswith("│ knn-overlap.jaccard") for line in lines)
    assert lines[-3].startswith("╰")  # the table has the whole summary
    nested = run("compare", *TEXTS, "--aggregate", "all").text
    assert nested.splitlines()[-3] == "items  20"
    assert "│ frechet " in nested


def test_identical_sets_are_a_hundred_percent(run):
    assert run("compare", WORDS[0], WORDS[0]).text.endswith("\n\n100.00 %  argmax  (clip: 100 max(0, s))\n")


@pytest.fixture
def ragged(work):
    """The texts without padding: 20 as nested lists with ids, 18 as an npz with one array per text."""
    a, b = ([item[item.any(axis=1)] for item in np.load(work / path)] for path in TEXTS)
    kind = pa.list_(pa.list_(pa.float32()))
    column = pa.array([item.astype("f4").tolist() for item in a], kind)
    pq.write_table(pa.table({"id": [f"text {i}" for i in range(20)], "tokens": column}), work / "a.parquet")
    np.savez(work / "b.npz", *b[:18])
    return "a.parquet", "b.npz"


def test_texts_of_other_number_and_length_give_one_percentage_which_stands_last(run, work, ragged):
    done = run("compare", *ragged, "--assert", "argmax.precision >= 0.6")
    assert done.code == 0
    lines = done.text.splitlines()
    assert lines[-1] == "62.76 %  argmax of best matches of items  (clip: 100 max(0, s))"
    assert sum(line.startswith("│ a to b") for line in lines) == 20
    assert "… 18 more rows; --top N shows more, -o FILE or --format csv all" in lines
    assert "items_a           20" in lines
    notes = done.err.splitlines()
    assert "note: items of A have 10 to 14 tokens, 241 in all" in notes
    assert any("each of the 20 of A with its best match of the 18 of B, and back" in note for note in notes)
    document = run("compare", *ragged, "--format", "json").document
    assert document["parameters"]["items"] == "best"
    assert len(document["rows"]) == 38
    assert document["rows"][1]["item"] == "text 1"
    assert document["rows"][1]["match"] == "arr_1"
    save(work, some=np.load(work / TEXTS[1])[:18])  # padded, with the same tokens
    padded = run("compare", TEXTS[0], "some.npy", "--format", "json").document
    assert padded["summary"] == pytest.approx(document["summary"], abs=1e-12)
    aligned = run("compare", *TEXTS, "--format", "json").document
    assert aligned["parameters"]["items"] == "aligned"


def test_many_items_list_twenty(run, work):
    save(work, many=np.tile(np.load(work / TEXTS[0]), (2, 1, 1)))
    lines = run("compare", "many.npy", "many.npy").text.splitlines()
    assert sum(line.startswith("│ ") for line in lines) == 21
    assert "… 20 more rows; --top N shows more, -o FILE or --format csv all" in lines
    assert lines[-1].startswith("100.00 %")


def test_the_drift_gate_reads_in_a_log(run, drift):
    gates = ("--assert", "knn-overlap >= 0.9", "--assert", "paired >= 0.98")
    done = run("compare", "old.parquet", "new.parquet", "--aggregate", "knn-overlap", "--aggregate", "paired", *gates)
    assert done.code == 1  # neighbours stay under rotation, cosines do not
    lines = done.err.splitlines()
    assert lines[0] == f"note: 1 id of A is not on the other side and left out: {drift!r}; 39 are on both"
    assert lines[1].startswith("passed knn-overlap ")
    assert lines[2].startswith("FAILED paired >= 0.98 (is -0.")
    same = run("compare", "old.parquet", "old.parquet", "--aggregate", "knn-overlap", "--aggregate", "paired", *gates)
    assert (same.code, same.err) == (0, "passed knn-overlap >= 0.9 (is 1)\npassed paired >= 0.98 (is 1)\n")


def test_a_gate_on_what_is_undefined_fails(run, odd):
    done = run("compare", "x.npy", "wide.npy", "--aggregate", "all", "--assert", "mean >= 0", cwd=odd)
    assert done.code == 1
    assert "FAILED mean >= 0 (is undefined)" in done.err
    assert "left out: the vectors differ in length: 4 in A, 5 in B" in done.err
    bounds = run("compare", "x.npy", "y.npy", "--bootstrap", "9", "--assert", "argmax.low <= 1", cwd=odd)
    assert bounds.code == 0
    assert run("compare", "x.npy", "y.npy", "--assert", "argmax.low <= 1", cwd=odd).code == 2


@pytest.fixture
def unequal(work):
    """353 rows against 300."""
    np.save(work / "fewer.npy", np.load(work / WORDS[1])[:300])
    return ("compare", WORDS[0], "fewer.npy", "--aggregate", "optimal", "--matches")


def test_matches_on_a_terminal_are_the_best_and_the_worst(run, unequal):
    shown = run(*unequal)
    assert "the 10 best and the 10 worst of 353 matches" in shown.err
    cells = [line.strip("│").split("│") for line in shown.text.splitlines() if line.startswith("│")]
    assert len(cells) == 21
    assert [cell[1].strip() for cell in cells[-10:]] == [""] * 10  # no partner
    assert len(run(*unequal, "--top", "2", "--format", "json").document["rows"]) == 4


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_matches_are_complete_in_files(run, work, unequal, suffix):
    path = work / f"matches.{suffix}"
    assert run(*unequal, "-o", path).code == 0
    if suffix == "parquet":
        table = pq.read_table(path).to_pylist()
    elif suffix == "csv":
        lines = path.read_text().splitlines()
        table = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    else:
        table = json.loads(path.read_text())["rows"]
    assert sorted(int(row["a"]) for row in table) == list(range(353))
    assert [row["b"] in (None, "") for row in table] == [False] * 300 + [True] * 53


def test_the_matrix_of_all_items_in_every_form(run, work):
    assert run("compare", *TEXTS, "--aggregate", "maxsim", "--cross", "-o", "cross.npy").code == 0
    matrix = np.load(work / "cross.npy")
    items = run("compare", *TEXTS, "--aggregate", "maxsim", "--format", "json").document["rows"]
    np.testing.assert_allclose(matrix.diagonal(), [row["maxsim"] for row in items], atol=1e-12)
    document = run("compare", *TEXTS, "--aggregate", "maxsim", "--cross", "--format", "json").document
    np.testing.assert_allclose([row["score"] for row in document["rows"]], matrix.ravel(), atol=1e-12)
    table = run("compare", *TEXTS, "--aggregate", "maxsim", "--cross", "--assert", "max >= 0.8")
    assert [line.split()[-2] for line in table.text.splitlines() if line.startswith("│ 19 ")] == [
        f"{matrix[-1, -1]:.4f}"
    ]
    assert "passed max " in table.err
    np.save(work / "queries.npy", np.load(work / TEXTS[0])[:3])
    assert run("compare", "queries.npy", TEXTS[1], "--cross", "-o", "some.npy").code == 0
    assert np.load(work / "some.npy").shape == (3, 20)


def test_weights_and_lengths_come_from_files_and_columns(run, work):
    rng = np.random.default_rng(0)
    x, y, weights = rng.normal(size=(5, 3)), rng.normal(size=(4, 3)), rng.random(5)
    pq.write_table(pa.table({"embedding": x.tolist(), "idf": weights}), work / "x.parquet")
    save(work, y=y, weights=weights)
    column = run("compare", "x.parquet", "y.npy", "--weights-a", "::idf", "--format", "json").document["summary"]
    file = run("compare", "x.parquet", "y.npy", "--weights-a", "weights.npy", "--format", "json").document["summary"]
    plain = run("compare", "x.parquet", "y.npy", "--format", "json").document["summary"]
    assert column == file
    assert column["argmax.precision"] != plain["argmax.precision"]
    assert column["argmax.recall"] == plain["argmax.recall"]
    cut = np.load(work / TEXTS[0]).copy()
    cut[:, 5:] = 0
    lengths = (cut != 0).any(axis=2).sum(axis=1)
    save(work, cut=cut, lengths=lengths)
    by_lengths = run("compare", TEXTS[0], TEXTS[1], "--lengths-a", "lengths.npy", "--format", "json").document
    by_zeros = run("compare", "cut.npy", TEXTS[1], "--format", "json").document
    assert by_lengths["rows"] == by_zeros["rows"]


def test_parameters_are_stated(run, odd):
    done = run("compare", "x.npy", "y.npy", "--aggregate", "top-k-mean", "--param", "k=2", "--format", "json", cwd=odd)
    assert done.document["parameters"]["top-k-mean.k"] == 2
    x, y = (np.load(odd / f"{name}.npy").astype(float) for name in "xy")
    cosines = (x / np.linalg.norm(x, axis=1)[:, None]) @ (y / np.linalg.norm(y, axis=1)[:, None]).T
    assert done.document["summary"]["top-k-mean"] == pytest.approx(np.sort(cosines, axis=1)[:, -2:].mean(), abs=1e-7)


REFUSED = {
    "a parameter": ("x.npy y.npy --aggregate sinkhorn --param eps=1", ["did you mean epsilon?"]),
    "a percentage": ("x.npy y.npy --percent clap", ["did you mean clip?"]),
    "a baseline without a null": ("x.npy y.npy --percent baseline", ["add --null 200"]),
    "a baseline of sets": ("x.npy y.npy --percent baseline --null 9", ["its null mixes the rows of both"]),
    "n = 1": ("one.npy one.npy --aggregate frechet", ["A has 1 row", "in:  one.npy\n", "give 2 rows or more"]),
    "paired of other lengths": ("x.npy short.npy --aggregate paired", ["A has 6 rows and B has 4", "argmax"]),
    "spaces of other lengths": ("x.npy short.npy --aggregate cka", ["A has 6 rows and B has 4"]),
    "neighbours": ("x.npy y.npy --aggregate knn-overlap", ["a set has only 6 rows", "k must be at most 5"]),
    "weights": ("x.npy y.npy --weights-a few.npy", ["expected 6 weights", "--weights-a"]),
    "weights of a max": ("x.npy y.npy --aggregate max --weights-b labels.npy", ["max takes no weights of B"]),
    "NaN": ("nan.npy y.npy --aggregate all", ["row 2 of 6 holds NaN", "--nonfinite drop"]),
    "a cross of sets": ("x.npy y.npy --cross", ["only lists of sets", "simtool pairwise"]),
    "a cross of means": ("cube.npy cube.npy --cross --aggregate mean", ["argmax or maxsim"]),
    "lengths": ("cube.npy cube.npy --lengths-a labels.npy", ["expected 2 lengths", "--lengths-a"]),
    "a null of one item": ("cube.npy cube.npy --null -3", ["null is -3, expected at least 0"]),
    "two widths": ("x.npy wide.npy", ["4 in A, 5 in B", "--aggregate knn-overlap or cka takes two"]),
    "best items of sets": ("x.npy y.npy --items best", ["only lists of sets", "--items"]),
    "a way with items": ("cube.npy cube.npy --items bets", ["did you mean best?"]),
    "a null of best items": ("cube.npy cube.npy --items best --null 9", ["stays the closest in any order"]),
    "matches of best items": ("cube.npy cube.npy --items best --matches", ["the rows say which item matches which"]),
    "a distance of best items": ("cube.npy cube.npy --items best --aggregate chamfer", ["chamfer is a distance"]),
    "paired best items": ("cube.npy cube.npy --items best --aggregate paired", ["compares token i with token i"]),
    "a cross of best items": ("cube.npy cube.npy --items best --cross", ["the matrix of all items has no --items"]),
    "all and more": ("x.npy y.npy --aggregate all --aggregate max", ["all has every aggregate in it"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(run, odd, case):
    typed, words = REFUSED[case]
    done = run("compare", *typed.split(), cwd=odd)
    assert (done.code, done.out) == (2, b"")
    for word in words:
        assert word in done.err


def test_ids_that_cannot_join(run, work):
    rows = np.eye(3).tolist()
    for name, ids in (("a", ["p", "q", "r"]), ("b", ["q", "p", "r"]), ("c", ["s", "t", "u"]), ("d", ["p", "q", "p"])):
        pq.write_table(pa.table({"id": ids, "embedding": rows}), work / f"{name}.parquet")
    joined = run("compare", "a.parquet", "b.parquet", "--aggregate", "paired", "--format", "json").document
    assert joined["summary"]["paired"] == pytest.approx(1 / 3)  # p is [1, 0, 0] here and [0, 1, 0] there
    disjoint = run("compare", "a.parquet", "c.parquet", "--aggregate", "paired")
    assert disjoint.code == 2
    assert "no id of A is in B: A begins with 'p', B with 's'" in disjoint.err
    twice = run("compare", "a.parquet", "d.parquet", "--aggregate", "cka")
    assert twice.code == 2
    assert "row 2 (id 'p') came before" in twice.err
    assert "d.parquet" in twice.err


def test_degenerate_sets_have_a_right_value_or_a_reason(run, work):
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(20, 2)) @ rng.normal(size=(2, 6))  # covariances of rank 2
    save(work, flat=flat, few=rng.normal(size=(3, 6)), equal=np.ones((4, 6)), zero=np.vstack([np.zeros(6), flat]))
    options = ("--aggregate", "frechet", "--format", "json")
    shifted = flat + np.asarray([3, 0, 0, 0, 0, 4])
    save(work, shifted=shifted)
    assert run("compare", "flat.npy", "shifted.npy", *options).document["summary"]["frechet"] == pytest.approx(25)
    assert run("compare", "few.npy", "few.npy", *options).document["summary"]["frechet"] == pytest.approx(0, abs=1e-12)
    assert run("compare", "equal.npy", "equal.npy", *options).document["summary"]["frechet"] == 0
    every = run("compare", "equal.npy", "equal.npy", "--aggregate", "all")
    assert every.code == 0
    assert "note: cka, procrustes, svcca left out: all rows of A are equal\n" in every.err
    zero = run("compare", "zero.npy", "flat.npy", "--aggregate", "mean", "--format", "json").document
    plain = run("compare", "flat.npy", "flat.npy", "--aggregate", "mean", "--format", "json").document
    assert zero["summary"]["mean"] == pytest.approx(plain["summary"]["mean"] * 20 / 21)
    assert zero["notes"] == ["1 zero row in A, 0 in B: their cosine is 0"]
