"""`simtool loss` as a user runs it: on real data, beside float64 references that are computed here."""

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_allclose

PAIRS = "sample_data/wordsim353.parquet"
A, B, LABELS = (f"sample_data/wordsim_{name}.npy" for name in ("a", "b", "labels"))
DIGITS = "sample_data/digits.parquet"


@pytest.fixture
def digits(sample_data):
    """The 1 797 rows in float64, and their classes."""
    table = pq.read_table(sample_data / "digits.parquet")
    return np.asarray(table["embedding"].to_pylist(), dtype=np.float64), np.asarray(table["label"])


@pytest.fixture
def pairs(sample_data):
    """Both sides of the 353 pairs in float64, their labels and their scores."""
    table = pq.read_table(sample_data / "wordsim353.parquet")
    a, b = (np.asarray(table[side].to_pylist(), dtype=np.float64) for side in "ab")
    return a, b, np.asarray(table["label"]) == 1, np.asarray(table["score"], dtype=np.float64)


def cosines_of(x, y):
    """Row by row, in float64."""
    return (x * y).sum(axis=1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)


def rows_of(done):
    """The rows of a csv on stdout."""
    assert done.code == 0, done.err
    return list(csv.DictReader(done.text.splitlines()))


# ---- the commands of the guide


def sup_con(similarities, same, others):
    """One loss per anchor, at temperature 0.1."""
    losses = []
    for row, positives, rest in zip(similarities / 0.1, same, others, strict=True):
        log_mass = row[rest].max() + np.log(np.exp(row[rest] - row[rest].max()).sum())
        losses.append(-(row[positives] - log_mass).mean())
    return losses


def multi_similarity(similarities, same, others):
    """One loss per anchor, with alpha 2, beta 50, base 0.5."""
    losses = []
    for row, positives, rest in zip(similarities - 0.5, same, others, strict=True):
        near = np.log1p(np.exp(-2 * row[positives]).sum()) / 2
        losses.append(near + np.log1p(np.exp(50 * row[rest & ~positives]).sum()) / 50)
    return losses


@pytest.mark.parametrize(("kind", "reference"), [("sup-con", sup_con), ("multi-similarity", multi_similarity)])
def test_losses_of_the_digits_as_one_batch(run, digits, kind, reference):
    x, classes = digits
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    similarities, others = unit @ unit.T, ~np.eye(len(x), dtype=bool)
    same = (classes[:, None] == classes) & others
    losses = reference(similarities, same, others)
    document = run("loss", DIGITS, "--labels", f"{DIGITS}::label", "--kind", kind, "--format", "json").document
    summary = document["summary"]
    assert_allclose([row["loss"] for row in document["rows"]], losses, rtol=1e-9)
    assert summary["loss"] == pytest.approx(np.mean(losses), rel=1e-10)
    assert abs(summary["total"] - sum(row["loss"] for row in document["rows"])) <= 1e-12 * summary["total"]
    assert (summary["items"], summary["positives"]) == (1797, same.sum())
    assert summary["positive_similarity"] == pytest.approx(similarities[same].mean(), rel=1e-10)
    (histogram,) = document["histograms"]
    assert sum(histogram["counts"]["positives"]) == same.sum()
    assert "10 classes of 174 to 183 rows" in document["notes"]


def test_all_triplets_of_the_digits(run, digits):
    x, classes = digits
    total, active, count = 0.0, np.zeros(2, dtype=np.int64), 0
    for row, label in zip(x, classes, strict=True):
        distances = np.sqrt(((x - row) ** 2).sum(axis=1))
        own = classes == label
        positives, negatives = np.delete(distances[own], np.argmin(distances[own])), np.sort(distances[~own])
        inside = np.searchsorted(negatives, positives + 1)  # that are nearer than the positive and the margin
        sums = np.r_[0, np.cumsum(negatives)]
        total += (inside * (positives + 1) - sums[inside]).sum()
        # whole pixels: many lie at the margin exactly, where rounding decides
        active += [np.searchsorted(negatives, positives + 1 + slack).sum() for slack in (-1e-9, 1e-9)]
        count += len(positives) * len(negatives)
    labels = ("--labels", f"{DIGITS}::label")
    summary = run("loss", DIGITS, *labels, "--kind", "triplet", "--format", "json", "--top", 1).document["summary"]
    assert summary["items"] == count
    assert active[0] <= summary["active"] <= active[1] <= 1.0001 * active[0]
    assert summary["total"] == pytest.approx(total, rel=1e-9)
    assert summary["loss"] == pytest.approx(total / count, rel=1e-9)
    assert summary["active_mean"] == pytest.approx(total / summary["active"], rel=1e-9)


def test_cosent_of_the_word_pairs(run, work, pairs):
    a, b, _, scores = pairs
    cosines = cosines_of(a, b)
    terms = [
        np.exp(20 * (cosines[i] - cosines[j]))
        for i in range(len(scores))
        for j in range(len(scores))
        if scores[i] < scores[j]
    ]
    expected = np.log1p(sum(terms))
    summary = run("loss", PAIRS, "--kind", "cosent", "--format", "json").document["summary"]
    assert summary["loss"] == summary["total"] == pytest.approx(expected, rel=1e-10)
    assert summary["items"] == 1
    assert summary["similarity"] == pytest.approx(cosines.mean(), rel=1e-10)
    piped = run("loss", "--kind", "cosent", "--format", "json", stdin=(work / PAIRS).read_bytes()).document
    assert piped["summary"] == summary


def test_a_sweep_of_three_losses(run, pairs):
    a, b, similar, _ = pairs
    distances, cosines = np.linalg.norm(a - b, axis=1), cosines_of(a, b)
    kinds = ["contrastive", "cosine", "online-contrastive"]
    typed = [word for kind in kinds for word in ("--kind", kind)]
    rows = rows_of(run("loss", PAIRS, *typed, "--sweep", "margin=0:1:0.1", "--format", "csv"))
    assert [row["kind"] for row in rows] == [kind for kind in kinds for _ in range(11)]
    assert [float(row["margin"]) for row in rows[:11]] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    far = 1 - cosines
    hard = np.where(similar, far > far[~similar].min(), far < far[similar].max())
    # of s by both rows: (1 - s^2) (1/|a|^2 + 1/|b|^2)
    slopes = (1 - cosines**2) * sum(1 / (side**2).sum(axis=1) for side in (a, b))
    for row in rows:
        margin = float(row["margin"])
        items = {
            "contrastive": np.where(similar, distances**2, np.maximum(0, margin - distances) ** 2),
            "cosine": np.where(similar, far, np.maximum(0, cosines - margin)),
            "online-contrastive": hard * np.where(similar, far**2, np.maximum(0, margin - far) ** 2),
        }[row["kind"]]
        norms = {
            "contrastive": np.sqrt(2 * (4 * items).sum()) / 353,
            "cosine": np.sqrt((slopes * (items > 0)).sum()) / 353,
            "online-contrastive": np.sqrt((slopes * 4 * items).sum()),
        }[row["kind"]]
        loss = items.sum() if row["kind"] == "online-contrastive" else items.mean()
        assert float(row["loss"]) == pytest.approx(loss, rel=1e-9)
        assert int(row["items"]) == 353
        # a word beside itself has a cosine of 1 that rounds to either side
        assert abs(int(row["active"]) - (items > 1e-12).sum()) <= 1
        assert float(row["gradient_norm"]) == pytest.approx(norms, rel=1e-6)


# ---- gradients


def test_gradients_of_pairs_are_a_file_each(run, work, pairs):
    a, b, similar, _ = pairs
    options = ("--kind", "cosine", "--margin", 0.2, "--format", "json")
    done = run("loss", A, B, "--labels", LABELS, *options, "--grad", "g.npy")
    assert "wrote g.a.npy, g.b.npy (gradients)" in done.err
    cosines = cosines_of(a, b)
    slopes = np.where(similar, -1.0, cosines > 0.2) / 353
    squares = 0.0
    for name, side, other in (("a", a, b), ("b", b, a)):
        length = np.linalg.norm(side, axis=1, keepdims=True)
        away = other / np.linalg.norm(other, axis=1, keepdims=True) - cosines[:, None] * side / length
        expected = slopes[:, None] * away / length
        found = np.load(work / f"g.{name}.npy")
        assert (found.shape, found.dtype) == (a.shape, np.float32)
        assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
        squares += (expected**2).sum(axis=1)
    document = done.document
    assert document["summary"]["gradient_norm"] == pytest.approx(np.sqrt(squares.sum()), rel=1e-9)
    assert_allclose([row["gradient_norm"] for row in document["rows"]], np.sqrt(squares), rtol=1e-6, atol=1e-9)
    again = run("loss", A, B, "--labels", LABELS, *options, "--grad", "g.npy")
    assert (again.code, again.out) == (2, b"")
    assert "exists already" in again.err


def test_gradients_of_a_large_batch_as_a_table(run, work):
    # as many numbers as are written in several pieces
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 20_000, 60)).astype(np.float32)
    ids = np.char.add("n", np.arange(20_000).astype(str))
    np.save(work / "x.npy", x)
    np.save(work / "y.npy", y)
    (work / "ids.txt").write_text("\n".join(ids) + "\n")
    options = ("--kind", "mse", "--ids", "ids.txt", "--top", 1, "--grad", "g.parquet", "--format", "csv")
    done = run("loss", "x.npy", "y.npy", *options)
    assert done.code == 0, done.err
    found = pq.read_table(work / "g.parquet")
    assert found.column_names == ["id", "a", "b"]
    assert found["id"].to_pylist() == ids.tolist()
    first = np.asarray(found["a"].combine_chunks().flatten()).reshape(x.shape)
    assert_allclose(first, 2 * (x.astype(np.float64) - y) / 60 / 20_000, rtol=1e-5, atol=1e-12)


def test_the_gradient_of_a_batch_is_one_file(run, work, digits):
    torch = pytest.importorskip("torch")
    x, classes = digits
    leaf = torch.from_numpy(x).requires_grad_()
    unit = leaf / leaf.norm(dim=1, keepdim=True)
    logits = (unit @ unit.T / 0.1).masked_fill(torch.eye(len(x), dtype=torch.bool), -torch.inf)
    same = torch.from_numpy(classes[:, None] == classes) & ~torch.eye(len(x), dtype=torch.bool)
    shares = torch.where(same, torch.log_softmax(logits, dim=1), 0.0)
    (-(shares.sum(dim=1) / same.sum(dim=1)).mean()).backward()
    summary = run("loss", DIGITS, "--kind", "sup-con", "--grad", "g.npy", "--format", "json").document["summary"]
    found = np.load(work / "g.npy")
    assert_allclose(found, leaf.grad.numpy(), rtol=1e-4, atol=1e-9)
    assert summary["gradient_norm"] == pytest.approx(float(leaf.grad.norm()), rel=1e-9)


# ---- formats, gates


def test_one_result_in_every_format(run, work):
    options = ("--kind", "online-contrastive", "--margin", 0.4)
    document = run("loss", PAIRS, *options, "--format", "json").document
    assert document["histograms"][0]["name"] == "cosine-distance"
    losses = [row["loss"] for row in document["rows"]]
    assert sum(losses) == pytest.approx(document["summary"]["loss"], rel=1e-12)
    lines = run("loss", PAIRS, *options, "--format", "jsonl").text.splitlines()
    assert [json.loads(line) for line in lines] == document["rows"]
    assert [float(row["loss"]) for row in rows_of(run("loss", PAIRS, *options, "--format", "csv"))] == losses
    text = run("loss", PAIRS, *options, "--format", "markdown", "--top", 2).text
    assert text.startswith("| id | label | distance | loss | active | meaning |")
    assert run("loss", PAIRS, *options, "-o", "l.npy", "-q").code == 0
    assert np.load(work / "l.npy").tolist() == losses
    assert run("loss", PAIRS, *options, "-o", "l.parquet").code == 0
    assert pq.read_table(work / "l.parquet").to_pylist() == document["rows"]


def test_the_table_lists_the_largest(run):
    done = run("loss", DIGITS, "--kind", "sup-con", "--top", 3)
    lines = [line for line in done.text.splitlines() if "digit-" in line]
    losses = [float(line.split("│")[7]) for line in lines]
    assert losses == sorted(losses, reverse=True)
    assert len(lines) == 3
    assert "note: 3 of 1797 anchors are listed, largest loss first; --top 1797 lists all" in done.err
    assert "positives  " in done.text  # and their histogram


def test_gates_of_several_losses(run):
    typed = ("loss", PAIRS, "--kind", "contrastive", "--kind", "bce")
    gates = ("--assert", "contrastive.loss < 1", "--assert", "bce.items == 353", "--assert", "positives == 244")
    done = run(*typed, *gates)
    assert (done.code, done.err.count("passed ")) == (0, 3)
    failed = run(*typed, "--assert", "contrastive.loss > 1", "-q")
    assert failed.code == 1
    assert "FAILED contrastive.loss " in failed.err
    unknown = run(*typed, "--assert", "contrastive.los < 1")
    assert (unknown.code, unknown.out) == (2, b"")
    assert "did you mean contrastive.loss? " in unknown.err
