"""Mined triplets: those of a plain loop in float64, and of sentence-transformers where it is right."""

import numpy as np
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError, LabelError, ParameterError, SimtoolError

DIGITS = "sample_data/digits.parquet"


def cosines(a, b):
    a, b = (rows.astype("f8") / np.linalg.norm(rows.astype("f8"), axis=1)[:, None] for rows in (a, b))
    return a @ b.T


def closest(scores, rows, *, sign=1.0):
    return sorted(rows, key=lambda row: (-sign * scores[row], row))


def loop(scores, positives, allowed, rule, *, sign=1.0):
    """Return anchor, positive and negative of each triplet.

    Args:
        scores: (n, m) of anchors and rows.
        positives: anchor -> its listed positives.
        allowed: anchor -> the rows that may be negatives.
        rule: options of `mine`, without sampling.
        sign: -1 for a distance.
    """
    found = []
    first, count = rule.get("range_min", 0), rule.get("num_negatives", 3)
    for anchor, own in sorted(positives.items()):
        row = scores[anchor]
        least = min(sign * row[each] for each in own) if own else 0.0
        kept = []
        for other in closest(row, allowed[anchor], sign=sign):
            score = sign * row[other]
            kept += [other] * bool(
                score <= least - rule.get("absolute_margin", -np.inf)
                and score <= least - abs(least) * rule.get("relative_margin", -1e9)
                and (score < least or rule.get("strategy") != "semi-hard")
                and rule.get("min_score", -np.inf) <= row[other] <= rule.get("max_score", np.inf)
            )
        taken = kept[first : rule.get("range_max")][:count]
        found += [[anchor, each, other] for each in closest(row, own, sign=sign) for other in taken]
    return found


def of_classes(scores, labels, *, num_positives=1, sign=1.0):
    """Return the positives and the rows that may be negatives of each anchor."""
    rows = range(len(labels))
    same = {i: [j for j in rows if labels[i] == labels[j] and i != j] for i in rows}
    positives = {i: closest(scores[i], own, sign=sign)[:num_positives] for i, own in same.items() if own}
    return positives, {i: [j for j in rows if labels[i] != labels[j]] for i in rows}


RULES = [
    {},
    {"num_negatives": 1},
    {"absolute_margin": 0.0},
    {"absolute_margin": 0.2, "num_negatives": 5},
    {"relative_margin": 0.05, "range_min": 4},
    {"strategy": "semi-hard", "range_min": 2, "range_max": 6, "num_negatives": 4},
    {"max_score": 0.6},
    {"min_score": 0.7, "max_score": 0.8, "num_negatives": 20},
    {"range_min": 70, "num_negatives": 20},
]


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("num_positives", [1, 3])
def test_triplets_of_classes_are_those_of_a_loop(rule, num_positives):
    table = simtool.open_table(DIGITS)
    rows, labels = table.vectors("embedding").read(0, 300), table.values("label")[:300]
    labels = np.where(np.arange(300) == 5, 99, labels)
    scores = cosines(rows, rows)
    expected = loop(scores, *of_classes(scores, labels, num_positives=num_positives), rule)
    found = simtool.mine(rows, labels, num_positives=num_positives, **rule)
    assert found.array.tolist() == expected
    columns = found.rows.read(0, len(found))
    np.testing.assert_allclose(columns["positive_score"], [scores[a, p] for a, p, _ in expected], atol=1e-12)
    np.testing.assert_allclose(columns["negative_score"], [scores[a, n] for a, _, n in expected], atol=1e-12)
    assert found.summary["skipped"] == 300 - len({anchor for anchor, _, _ in expected})


TYING = [{}, {"absolute_margin": 0.0}, {"absolute_margin": 1.0}, {"strategy": "semi-hard"}]


def whole(rng, count):
    return rng.integers(-2, 3, (count, 3)).astype("f4")


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "dot"])
@pytest.mark.parametrize(
    "rule", [{}, {"absolute_margin": 0.0}, {"absolute_margin": 1.0}, {"strategy": "semi-hard"}], ids=str
)
def test_ties_at_the_cap_are_told_exactly_in_either_direction(metric, rule):
    rng = np.random.default_rng(3)
    rows, labels = whole(rng, 150), rng.integers(0, 4, 150)
    wide = rows.astype("f8")
    apart = wide[:, None] - wide[None]
    scores = {
        "euclidean": np.sqrt((apart**2).sum(axis=2)),
        "manhattan": np.abs(apart).sum(axis=2),
        "dot": wide @ wide.T,
    }[metric]
    sign = 1.0 if metric == "dot" else -1.0
    expected = loop(scores, *of_classes(scores, labels, sign=sign), rule, sign=sign)
    assert simtool.mine(rows, labels, metric=metric, **rule).array.tolist() == expected


@pytest.fixture
def retrieval(tmp_path):
    """Queries, a corpus, pairs of their ids with several positives of some queries, and the positives by row."""
    rng = np.random.default_rng(7)
    queries, corpus = rng.normal(size=(40, 8)).astype("f4"), rng.normal(size=(300, 8)).astype("f4")
    positives = {row: rng.choice(300, rng.integers(1, 6), replace=False).tolist() for row in range(0, 40, 2)}
    path = tmp_path / "pairs.csv"
    lines = [f"{row},{each}" for row, own in positives.items() for each in own]
    path.write_text("\n".join(["anchor,positive", *lines, lines[0]]) + "\n", encoding="utf-8")
    return queries, corpus, str(path), positives


@pytest.mark.parametrize("rule", [*RULES[:6], {"range_min": 250, "num_negatives": 60}], ids=str)
def test_several_positives_of_a_query_are_each_listed_and_none_is_a_negative(retrieval, rule):
    queries, corpus, pairs, positives = retrieval
    scores = cosines(queries, corpus)
    allowed = {row: [j for j in range(300) if j not in own] for row, own in positives.items()}
    expected = loop(scores, positives, allowed, rule)
    found = simtool.mine(queries, corpus=corpus, positives=pairs, **rule)
    assert found.array.tolist() == expected
    assert found.summary["skipped"] == 20 - len({anchor for anchor, _, _ in expected})


def test_given_positives_of_one_file_leave_out_the_anchor_itself(retrieval):
    _, corpus, pairs, positives = retrieval
    scores = cosines(corpus, corpus)
    allowed = {row: [j for j in range(300) if j not in own and j != row] for row, own in positives.items()}
    assert simtool.mine(corpus, positives=pairs).array.tolist() == loop(scores, positives, allowed, {})


def test_a_row_of_the_corpus_with_the_id_of_the_query_is_no_negative(tmp_path):
    (tmp_path / "pairs.csv").write_text("anchor,positive\nbook,library\ntiger,cat\n", encoding="utf-8")
    words, pairs = "sample_data/words.parquet", str(tmp_path / "pairs.csv")
    both, alone = simtool.mine(words, corpus=words, positives=pairs), simtool.mine(words, positives=pairs)
    assert both.array.tolist() == alone.array.tolist()
    assert "437 queries with the id of a row of the corpus, which is no negative then" in both.notes


def test_a_row_of_a_corpus_that_is_the_file_of_the_queries_is_not_its_own_negative(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(30, 6)).astype("f4"))
    (tmp_path / "pairs.csv").write_text("anchor,positive\n7,8\n9,12\n", encoding="utf-8")
    path, pairs = str(tmp_path / "x.npy"), str(tmp_path / "pairs.csv")
    alone = simtool.mine(path, positives=pairs)
    both = simtool.mine(simtool.Selection(path, rows="5:20"), corpus=path, positives=pairs)
    assert both.array.tolist() == alone.array.tolist()
    assert "15 queries with the number of a row of the corpus, which is no negative then" in both.notes


SAMPLED = [
    {"num_negatives": 3},
    {"num_negatives": 2, "range_min": 5},
    {"num_negatives": 4, "absolute_margin": 0.1},
    {"num_negatives": 4, "relative_margin": 0.1},
    {"num_negatives": 3, "max_score": 0.4, "min_score": -0.1},
]


@pytest.mark.parametrize("rule", SAMPLED, ids=str)
def test_negatives_are_those_of_sentence_transformers(retrieval, rule):
    datasets = pytest.importorskip("datasets")
    torch = pytest.importorskip("torch")
    hard = pytest.importorskip("sentence_transformers.util")
    queries, corpus, pairs, positives = retrieval
    rows = {f"q{i}": row for i, row in enumerate(queries)} | {f"c{i}": row for i, row in enumerate(corpus)}

    class Stub:
        device = torch.device("cpu")

        def encode_query(self, texts, **_):
            found = np.stack([rows[text] for text in texts])
            return found / np.linalg.norm(found, axis=1)[:, None]

        encode_document = encode_query

        def similarity(self, a, b):
            return torch.as_tensor(a) @ torch.as_tensor(b).T

        def similarity_pairwise(self, a, b):
            return (torch.as_tensor(a) * torch.as_tensor(b)).sum(dim=1)

    both = [(f"q{q}", f"c{p}") for q, own in positives.items() for p in own]
    dataset = datasets.Dataset.from_dict({"anchor": [q for q, _ in both], "positive": [p for _, p in both]})
    mined = hard.mine_hard_negatives(
        dataset, Stub(), corpus=[f"c{i}" for i in range(300)], range_max=300, verbose=False, **rule
    )
    expected = sorted(zip(mined["anchor"], mined["positive"], mined["negative"], strict=True))
    found = simtool.mine(queries, corpus=corpus, positives=pairs, **rule).array.tolist()
    assert sorted((f"q{q}", f"c{p}", f"c{n}") for q, p, n in found) == expected


def test_a_random_choice_is_of_the_window_and_the_same_for_any_budget():
    table = simtool.open_table(DIGITS)
    rows, labels = table.vectors("embedding").read(0, 500), table.values("label")[:500]
    window = simtool.mine(rows, labels, num_negatives=20, range_min=3)
    options = {"num_negatives": 4, "range_min": 3, "range_max": 23, "sampling": "random"}
    found = simtool.mine(rows, labels, seed=1, **options)
    all_of = {tuple(each) for each in window.array.tolist()}
    assert all(tuple(each) in all_of for each in found.array.tolist())
    assert np.unique(found.array, axis=0).shape == (2000, 3)
    assert found.array.tolist() == simtool.mine(rows, labels, seed=1, max_memory="170M", **options).array.tolist()
    assert found.array.tolist() != simtool.mine(rows, labels, seed=2, **options).array.tolist()


def test_texts_become_a_data_set_for_a_trainer(tmp_path):
    datasets = pytest.importorskip("datasets")
    source = simtool.Selection(DIGITS, keep=("label",))
    found = simtool.mine(source, "::label", num_negatives=1).to_arrow()
    pq.write_table(found, tmp_path / "triplets.parquet")
    data = datasets.Dataset.from_parquet(str(tmp_path / "triplets.parquet"), cache_dir=str(tmp_path / "cache"))
    data = data.select_columns(["label_anchor", "label_positive", "label_negative"])
    labels = np.asarray([list(row.values()) for row in data])
    assert (labels[:, 0] == labels[:, 1]).all()
    assert (labels[:, 0] != labels[:, 2]).all()


def test_the_summary_and_the_histogram_count_each_pair_once(retrieval):
    queries, corpus, pairs, positives = retrieval
    found = simtool.mine(queries, corpus=corpus, positives=pairs)
    given = sum(map(len, positives.values()))
    expected = {"queries": 20, "positives": given, "negatives": 60, "triplets": 3 * given, "skipped": 0}
    assert {key: found.summary[key] for key in expected} == expected
    (histogram,) = found.histograms
    assert {name: int(each.sum()) for name, each in histogram.counts.items()} == {"positives": given, "negatives": 60}
    unique = np.unique(found.array[:, [0, 2]], axis=0)
    scores = cosines(queries, corpus)
    assert found.summary["negative_mean"] == pytest.approx(scores[unique[:, 0], unique[:, 1]].mean())


def test_rows_that_are_not_finite_are_dropped_and_numbers_stay():
    rows = np.asarray([[np.nan, 0.0], [1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    found = simtool.mine(rows, np.asarray([0, 0, 0, 1]), nonfinite="drop")
    assert found.array.tolist() == [[1, 2, 3], [2, 1, 3]]
    assert found.summary["skipped"] == 1


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"strategy": "hard"}, ParameterError, "unknown value 'hard'"),
        ({"sampling": "all"}, ParameterError, "unknown value 'all'"),
        ({"absolute_margin": -0.1}, ParameterError, "expected at least 0"),
        ({"relative_margin": float("nan")}, ParameterError, "expected at least 0"),
        ({"min_score": 0.5, "max_score": 0.2}, ParameterError, "no score is at least 0.5"),
        ({"max_score": float("inf")}, ParameterError, "expected a number"),
        ({"range_min": 5, "range_max": 6}, ParameterError, "hold fewer than 3"),
        ({"range_min": -1}, ParameterError, "expected at least 0"),
        ({"num_negatives": 0}, ParameterError, "1 or more"),
        ({"num_positives": 0}, ParameterError, "expected at least 1"),
        ({"corpus": DIGITS}, ParameterError, "which rows of the corpus"),
        ({"ids_corpus": ["x"]}, ParameterError, "there is no corpus to have ids"),
        ({"labels": "::label", "positives": "pairs.csv"}, ParameterError, "the positives are given"),
        ({"labels": "::id"}, DataError, "no row has a positive"),
        ({"labels": "::lable"}, SimtoolError, "no column 'lable'"),
    ],
)
def test_what_does_not_go_together_is_refused(options, kind, message):
    with pytest.raises(kind, match=message):
        simtool.mine(DIGITS, **options)


def test_a_file_without_classes_is_refused():
    with pytest.raises(LabelError, match="needs the class of each row"):
        simtool.mine("sample_data/words.parquet")


def test_an_id_that_is_not_there_is_named(tmp_path):
    (tmp_path / "pairs.csv").write_text("anchor,positive\ndigit-0,digit-1\ndigit-0,digit-9999\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 1: 'digit-9999' is not among"):
        simtool.mine(DIGITS, positives=str(tmp_path / "pairs.csv"))
