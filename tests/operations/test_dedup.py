"""Duplicates of files: groups against scipy and plain loops, what is kept, what is written, what is refused."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

import simtool
from simtool.errors import DataError, OutputError, ParameterError, SimtoolError

WORDS, DIGITS = "sample_data/words.parquet", "sample_data/digits.parquet"
SIX = np.asarray([[1, 0], [0, 1], [1, 0.1], [1, 0], [0, 0], [0, 0]], dtype="f4")


def vectors_of(path):
    vectors = simtool.open_vectors(path)
    return vectors.read(0, vectors.shape[0])


def kept_by_components(rows, threshold):
    unit = rows.astype("f8")
    unit = unit / np.linalg.norm(unit, axis=1)[:, None]
    labels = connected_components(csr_matrix(unit @ unit.T >= threshold), directed=False)[1]
    first = {}
    return [first.setdefault(label, row) for row, label in enumerate(labels.tolist())]


def table_of(path, **columns):
    pq.write_table(pa.table(columns), path)
    return str(path)


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.8])
def test_groups_of_words_are_the_components_of_scipy(threshold):
    assert simtool.dedup(WORDS, threshold=threshold).array.tolist() == kept_by_components(vectors_of(WORDS), threshold)


def test_groups_of_noisy_words_are_the_components_of_scipy(tmp_path):
    rng, words = np.random.default_rng(0), vectors_of(WORDS)
    noisy = words[rng.integers(0, len(words), 5000)] + rng.normal(0, 0.014, (5000, 384)).astype("f4")
    np.save(tmp_path / "noisy.npy", noisy)
    for budget in ("170M", "1G"):
        found = simtool.dedup(str(tmp_path / "noisy.npy"), threshold=0.93, max_memory=budget)
        assert found.array.tolist() == kept_by_components(noisy, 0.93)
    assert 0.05 < found.summary["dropped"] / 5000 < 0.95


def test_groups_and_pairs_are_those_of_paraphrase_mining():
    util, torch = pytest.importorskip("sentence_transformers.util"), pytest.importorskip("torch")
    rows = vectors_of(WORDS)

    class Stub:
        def encode(self, texts, **_):
            return torch.as_tensor(np.stack([rows[int(text)] for text in texts]))

        encode_document = encode_query = encode

    found = util.paraphrase_mining(
        Stub(), list(map(str, range(437))), top_k=436, max_pairs=437 * 436, corpus_chunk_size=500
    )
    close = {(min(i, j), max(i, j)) for score, i, j in found if score >= 0.6}
    listed = simtool.pairwise(rows, threshold=0.6).rows
    listed = listed.read(0, len(listed))
    assert set(zip(listed["a"].tolist(), listed["b"].tolist(), strict=True)) == close
    graph = csr_matrix((np.ones(len(close)), np.asarray(sorted(close)).T), (437, 437))
    labels, first = connected_components(graph, directed=False)[1].tolist(), {}
    assert simtool.dedup(rows, threshold=0.6).array.tolist() == [first.setdefault(g, i) for i, g in enumerate(labels)]


def test_equal_rows_are_one_group_and_zero_rows_are_none(tmp_path):
    np.save(tmp_path / "x.npy", SIX)
    found = simtool.dedup(str(tmp_path / "x.npy"), threshold=0.95)
    assert found.array.tolist() == [0, 1, 0, 0, 4, 5]
    keys = {"rows": 6, "kept": 4, "dropped": 2, "groups": 1, "largest_group": 3, "threshold": 0.95}
    assert found.summary == keys
    assert "2 zero rows" in " ".join(found.notes)
    exact = simtool.dedup(str(tmp_path / "x.npy"), exact=True)
    assert exact.array.tolist() == [0, 1, 2, 0, 4, 4]
    assert exact.summary["threshold"] is None


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("first", [0, 0, 0, 3]),
        ("last", [2, 2, 2, 3]),
        ("medoid", [1, 1, 1, 3]),
        ("longest:text", [2, 2, 2, 3]),
        ("max:rank", [1, 1, 1, 3]),
        ("min:rank", [0, 0, 0, 3]),
    ],
)
@pytest.mark.parametrize("metric", ["cosine", "angular"])
def test_each_rule_keeps_its_row(tmp_path, keep, kept, metric):
    angles = np.asarray([0.0, 0.1, 0.25, 2.0])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    path = table_of(
        tmp_path / "t.parquet", v=list(rows), text=["a", "bb", "cccc", "d"], rank=[1.0, 9.0, float("nan"), 4.0]
    )
    threshold = 0.98 if metric == "cosine" else 0.15 / np.pi + 1e-6
    assert simtool.dedup(path, threshold=threshold, metric=metric, keep=keep).array.tolist() == kept


def test_a_random_row_is_that_of_the_seed(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((50, 2)) + np.random.default_rng(0).normal(0, 1e-4, (50, 2)))
    kept = [simtool.dedup(str(tmp_path / "x.npy"), threshold=0.9, keep="random", seed=s).array[0] for s in (0, 0, 1, 2)]
    assert kept[0] == kept[1]
    assert len(set(kept)) > 1


@pytest.mark.parametrize("linkage", ["leader", "complete"])
def test_rows_are_grouped_in_the_order_in_which_they_are_preferred(tmp_path, linkage):
    angles = np.arange(4) * 0.3
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    path = table_of(tmp_path / "t.parquet", v=list(rows), rank=[0, 5, 0, 1])
    found = simtool.dedup(path, threshold=np.cos(0.31), linkage=linkage, keep="max:rank")
    assert found.array.tolist() == ([1, 1, 1, 3] if linkage == "leader" else [1, 1, 3, 3])


def test_rows_with_other_values_are_not_compared(tmp_path):
    path = table_of(tmp_path / "t.parquet", v=[[1.0, 0.0]] * 3 + [[1.0, 0.01]], lang=["en", "de", "en", "de"])
    for how in ({"threshold": 0.9}, {"threshold": 0.9, "linkage": "leader"}):
        assert simtool.dedup(path, by="lang", **how).array.tolist() == [0, 1, 0, 1]
    assert simtool.dedup(path, by="lang", exact=True).array.tolist() == [0, 1, 0, 3]


@pytest.mark.parametrize("linkage", ["connected", "leader", "complete"])
def test_a_sweep_is_what_runs_of_their_own_give(linkage):
    thresholds = [0.9, 0.95, 0.97, 0.98, 0.99]
    table = simtool.dedup(DIGITS, sweep=thresholds, linkage=linkage).rows
    rows = table.read(0, len(table))
    for place, threshold in enumerate(thresholds):
        alone = simtool.dedup(DIGITS, threshold=threshold, linkage=linkage).summary
        assert {key: rows[key][place] for key in rows} == {key: alone[key] for key in rows}


def test_kept_and_dropped_rows_have_all_their_columns_as_they_were(tmp_path):
    kept, dropped, groups = (str(tmp_path / f"{name}.parquet") for name in ("kept", "dropped", "groups"))
    found = simtool.dedup(DIGITS, threshold=0.98, output=kept, dropped=dropped, groups=groups)
    whole, is_kept = pq.read_table(DIGITS), found.array == np.arange(1797)
    assert pq.read_table(kept).equals(whole.filter(pa.array(is_kept)))
    assert pq.read_table(dropped).equals(whole.filter(pa.array(~is_kept)))
    table = pq.read_table(groups).to_pydict()
    assert table["id"] == whole["id"].to_pylist()
    assert table["kept"] == is_kept.tolist()
    unit = vectors_of(DIGITS).astype("f8")
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    np.testing.assert_allclose(table["score"], (unit * unit[found.array]).sum(axis=1), atol=1e-12)
    groups_of = {}
    assert table["group"] == [groups_of.setdefault(kept, len(groups_of)) for kept in found.array.tolist()]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "arrow", "arrows", "npy"])
def test_rows_are_written_in_the_format_of_the_suffix(tmp_path, suffix):
    output = str(tmp_path / f"kept.{suffix}")
    found = simtool.dedup(DIGITS, threshold=0.98, output=output)
    wanted = vectors_of(DIGITS)[found.array == np.arange(1797)]
    np.testing.assert_array_equal(vectors_of(output), wanted)
    if suffix != "npy":
        assert simtool.open_table(output).values("label").tolist() == (
            simtool.open_table(DIGITS).values("label")[found.array == np.arange(1797)].tolist()
        )


def test_what_is_selected_is_grouped_and_written(tmp_path):
    source = simtool.Selection(DIGITS, where="label = 1", keep=["label"])
    output = str(tmp_path / "kept.parquet")
    found = simtool.dedup(source, threshold=0.98, output=output)
    rows = vectors_of(DIGITS)[simtool.open_table(DIGITS).values("label") == 1]
    assert found.array.tolist() == kept_by_components(rows, 0.98)
    assert pq.read_table(output)["label"].to_pylist() == [1] * found.summary["kept"]
    assert found.rows.names == ("group", "size", "id", "kept", "score", "label")


def test_tables_and_arrays_in_memory_are_files(tmp_path):
    table, output = pq.read_table(DIGITS), str(tmp_path / "kept.parquet")
    options = {"threshold": 0.98, "by": "label", "keep": "min:label"}
    expected = simtool.dedup(DIGITS, **options)
    for given in (table, table.to_pandas()):
        found = simtool.dedup(given, **options, output=output, force=True)
        assert found.array.tolist() == expected.array.tolist()
        assert found.rows.read(0, 99)["id"].tolist() == expected.rows.read(0, 99)["id"].tolist()
        assert pq.read_table(output)["label"].to_numpy().tolist() == (
            table["label"].to_numpy()[expected.array == np.arange(1797)].tolist()
        )
    names = [f"r{row}" for row in range(1797)]
    found = simtool.dedup(vectors_of(DIGITS), threshold=0.98, ids=names, groups=str(tmp_path / "g.parquet"))
    assert found.array.tolist() == kept_by_components(vectors_of(DIGITS), 0.98)
    assert pq.read_table(tmp_path / "g.parquet")["id"].to_pylist() == names


def test_fewer_duplicates_make_an_evaluation_of_digits_harder(tmp_path):
    output = str(tmp_path / "kept.parquet")
    simtool.dedup(DIGITS, threshold=0.97, output=output)
    before, after = (simtool.evaluate(path, labels="::label", k=[1]).summary for path in (DIGITS, output))
    assert after["precision@1"] < before["precision@1"]


def test_a_threshold_of_a_file_is_taken(tmp_path):
    path = str(tmp_path / "t.json")
    simtool.evaluate("sample_data/wordsim353.parquet", thresholds_out=path)
    threshold = simtool.dedup(WORDS, threshold=f"@{path}:best_f1").summary["threshold"]
    assert threshold == simtool.pairwise(WORDS, threshold=f"@{path}").parameters["threshold"]


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({}, ParameterError, "nothing says which rows are close"),
        ({"threshold": 0.9, "exact": True}, ParameterError, "one option says what is close"),
        ({"threshold": 1.5}, ParameterError, "no cosine can reach 1.5"),
        ({"sweep": [0.9, 2.0]}, ParameterError, "no cosine can reach 2"),
        ({"sweep": []}, ParameterError, "at least one value"),
        ({"sweep": [0.9], "output": "k.parquet"}, ParameterError, "a sweep drops nothing"),
        ({"threshold": 0.9, "keep": "longest"}, ParameterError, "longest needs a column"),
        ({"threshold": 0.9, "keep": "frist"}, ParameterError, "unknown value 'frist'"),
        ({"threshold": 0.9, "keep": "first:x"}, ParameterError, "first takes no column"),
        ({"threshold": 0.9, "keep": "longest:label"}, DataError, "expected text"),
        ({"threshold": 0.9, "keep": "max:lable"}, SimtoolError, "no column 'lable'"),
        ({"threshold": 0.9, "by": "lable"}, SimtoolError, "no column 'lable'"),
        ({"threshold": 0.9, "linkage": "single"}, ParameterError, "unknown value 'single'"),
        ({"threshold": 0.9, "linkage": "leader", "keep": "medoid"}, ParameterError, "not its medoid"),
        ({"threshold": 0.9, "metric": "snr"}, ParameterError, "two scores for a pair"),
        ({"threshold": 0.9, "output": "k.json"}, OutputError, "no rows of a file"),
        ({"threshold": 0.9, "groups": "g.npy"}, OutputError, "the groups are a table"),
        ({"threshold": 0.9, "output": "k.csv", "dropped": "k.csv"}, OutputError, "two outputs have one path"),
        ({"threshold": 0.9, "output": DIGITS}, OutputError, "the output is also the input"),
    ],
)
def test_what_does_not_go_together_is_refused(options, kind, message, tmp_path):
    options = {
        name: str(tmp_path / value) if name in ("output", "groups", "dropped") and "/" not in value else value
        for name, value in options.items()
    }
    with pytest.raises(kind, match=message):
        simtool.dedup(DIGITS, **options)
    assert not list(tmp_path.iterdir())


def test_rows_that_are_not_finite_are_refused_left_out_or_kept(tmp_path):
    rows = SIX.copy()
    rows[2] = np.nan
    np.save(tmp_path / "x.npy", rows)
    path = str(tmp_path / "x.npy")
    with pytest.raises(DataError, match="row 2 of 6 holds NaN"):
        simtool.dedup(path, threshold=0.9)
    kept = simtool.dedup(path, threshold=0.9, nonfinite="propagate", output=str(tmp_path / "k.npy"))
    assert kept.array.tolist() == [0, 1, 2, 0, 4, 5]
    assert "not finite: of no group" in " ".join(kept.notes)
    left = simtool.dedup(path, threshold=0.9, nonfinite="drop", output=str(tmp_path / "l.npy"))
    assert left.summary["rows"] == 5
    np.testing.assert_array_equal(np.load(tmp_path / "l.npy"), rows[[0, 1, 4, 5]])


def test_the_table_of_groups_holds_the_kept_columns_of_each_row(tmp_path):
    random = np.random.default_rng(3)
    rows = random.normal(size=(50, 4))
    rows[[20, 30], :] = rows[10]
    rows[40] = np.nan
    texts = [f"text {number}" for number in range(50)]
    pq.write_table(pa.table({"text": texts, "v": rows.tolist()}), tmp_path / "t.parquet")
    source = simtool.Selection(f"{tmp_path}/t.parquet", rows="5:", keep=["text"])
    simtool.dedup(source, threshold=0.9999, groups=f"{tmp_path}/groups.csv", nonfinite="drop")
    table = pa.csv.read_csv(tmp_path / "groups.csv").to_pydict()
    assert table["id"] == [row for row in range(5, 50) if row != 40]
    assert table["text"] == [texts[row] for row in table["id"]]
    assert [row for row, kept in zip(table["id"], table["kept"], strict=True) if not kept] == [20, 30]
