"""Rows joined by id are those that a dict of ids finds."""

import numpy as np
import pandas as pd
import pytest

import simtool
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import Selection, as_vectors, open_table, open_vectors, with_ids
from simtool.joining import by_number, check_join, join_ids, join_rows, rows_by_id

GENERATOR = np.random.default_rng(8)
A, B = GENERATOR.standard_normal((2, 50, 4))
IDS_A, IDS_B = (GENERATOR.permutation(70)[:50] for _ in range(2))
MERGED = pd.DataFrame({"id": IDS_A, "a": range(50)}).merge(pd.DataFrame({"id": IDS_B, "b": range(50)}), on="id")
X, Y = A[MERGED["a"]], B[MERGED["b"]]
COSINES = (X * Y).sum(axis=1) / np.linalg.norm(X, axis=1) / np.linalg.norm(Y, axis=1)


def test_rows_are_those_of_a_merge_in_the_order_of_a():
    a, b = with_ids(as_vectors(A), IDS_A), with_ids(as_vectors(B), IDS_B.astype(str))
    x, y, joined = join_rows(a, b)
    assert np.array_equal(x.read(0, 50), X)
    assert np.array_equal(y.read(0, 50), Y)
    assert x.ids.tolist() == y.ids.tolist() == MERGED["id"].tolist()
    left = 50 - len(MERGED)
    assert [note.partition(" not")[0] for note in joined.notes] == [f"{left} ids of {side} are" for side in "AB"]


def test_similarity_loss_and_explain_join_by_id():
    how = {"join": "id", "ids_a": IDS_A, "ids_b": IDS_B}
    found = simtool.similarity(A, B, **how)
    assert found.array == pytest.approx(COSINES, abs=1e-12)
    assert found.rows.columns["id"].tolist() == MERGED["id"].tolist()
    assert len(found.notes) == 2
    assert found.parameters["join"] == "id"
    for number, name in list(enumerate(MERGED["id"]))[:3]:
        assert simtool.explain(A, B, row=int(name), **how).summary["cosine"] == pytest.approx(
            COSINES[number], abs=1e-12
        )


def test_labels_of_a_loss_follow_the_rows_of_a():
    labels = GENERATOR.integers(0, 2, 50)
    sides = with_ids(as_vectors(A), IDS_A), with_ids(as_vectors(B), IDS_B)
    found = simtool.loss(*sides, kind="cosine-embedding", labels=labels, join="id")
    wanted = np.where(labels[MERGED["a"]] == 1, 1 - COSINES, np.maximum(0, COSINES))
    assert found.array == pytest.approx(wanted, abs=1e-12)
    with pytest.raises(ShapeError, match="expected 50 labels, one per row of A, got 3"):
        simtool.loss(*sides, kind="cosine-embedding", labels=labels[:3], join="id")
    with pytest.raises(ParameterError, match="of two inputs"):
        simtool.loss(A, kind="sup-con", labels=labels, join="id")


def test_ids_that_are_missing_repeated_or_not_shared_are_refused():
    named = {"ids_a": np.asarray(["x", "y", "x"]), "ids_b": np.asarray(["x", "y", "z"])}
    with pytest.raises(DataError, match=r"ids must be unique to join by them: row 2 \(id 'x'\) came before"):
        simtool.similarity(A[:3], B[:3], join="id", **named)
    with pytest.raises(DataError, match="this input has no ids"):
        simtool.similarity(A[:3], B[:3], join="id")
    with pytest.raises(DataError, match="no id of A is in B: A begins with 'u', B with 'x'"):
        join_ids(np.asarray(["u"]), np.asarray(["x"]), ("a", "b"))
    with pytest.raises(ParameterError, match="unknown value 'key'"):
        check_join("key")


def test_compare_lists_how_far_each_id_moved():
    found = simtool.compare(A, B, per_id=True, ids_a=IDS_A, ids_b=IDS_B)
    columns = found.rows.columns
    order = np.argsort(COSINES)
    assert columns["id"].tolist() == MERGED["id"].to_numpy()[order].tolist()
    assert columns["cosine"] == pytest.approx(COSINES[order], abs=1e-12)
    assert columns["euclidean"] == pytest.approx(np.linalg.norm(X - Y, axis=1)[order], abs=1e-12)
    assert found.summary["paired"] == pytest.approx(COSINES.mean(), abs=1e-12)
    few = simtool.compare(A, B, per_id=True, top=2, ids_a=IDS_A, ids_b=IDS_B)
    assert few.rows.columns["id"].tolist() == columns["id"][:2].tolist()


def test_ids_of_one_cosine_are_listed_by_their_distance():
    a = np.asarray([[1.0, 0], [2, 0], [0, 1]])
    found = simtool.compare(a, np.asarray([[2.0, 0], [5, 0], [3, 4]]), per_id=True).rows.columns
    assert found["id"].tolist() == [2, 1, 0]
    assert found["euclidean"] == pytest.approx([np.sqrt(18), 3, 1])


def test_what_has_no_movement_is_refused():
    with pytest.raises(ShapeError, match="the vectors differ in length"):
        simtool.compare(A, B[:, :2], per_id=True, aggregates=["cka"])
    with pytest.raises(ParameterError, match="no vector of their own"):
        simtool.compare(A[None], B[None], per_id=True)
    with pytest.raises(ParameterError, match="one listing at a time"):
        simtool.compare(A, B, per_id=True, matches=True, aggregates=["argmax"])


def test_rows_are_found_by_id_or_by_number(tmp_path):
    def table(ids, **selected):
        (tmp_path / "pairs.csv").write_text("\n".join(["a", *ids]) + "\n", encoding="utf-8")
        return open_table(Selection(f"{tmp_path}/pairs.csv", **selected))

    rows = as_vectors(np.eye(3), "x.npy")
    named = with_ids(rows, np.asarray(["a", "b", "c"], dtype=object))
    assert rows_by_id(named, table("cac"), "a").tolist() == [2, 0, 2]
    assert rows_by_id(rows, table("20"), "a").tolist() == [2, 0]
    with pytest.raises(DataError, match=r"row 1: 'd' is not among the 3 ids of x.npy\n.*pairs.csv::a"):
        rows_by_id(named, table("ad"), "a")
    with pytest.raises(DataError, match=r"row 3: '7' is not among the 3 row numbers, as there are no ids, of x.npy"):
        rows_by_id(rows, table("0127", rows="2:"), "a")


def test_wherever_rows_are_joined_it_is_said_that_ids_of_one_side_alone_join_none():
    a, b = as_vectors(A, "a.npy"), with_ids(as_vectors(B, "b.npy"), IDS_B)
    labels, said = np.arange(50) % 2, "rows are paired by row number: a.npy has no ids"
    runs = {
        "similarity": simtool.similarity,
        "explain": simtool.explain,
        "compare": lambda a, b: simtool.compare(a, b, aggregates=["cka"]),
        "of each id": lambda a, b: simtool.compare(a, b, aggregates=["mean"], per_id=True),
        "loss": lambda a, b: simtool.loss(a, b, kind="info-nce"),
        "evaluate": lambda a, b: simtool.evaluate(a, b, labels=labels),
        "the other model": lambda a, b: simtool.evaluate(A, B, labels=labels, against=(a, b)),
        "fit": lambda a, b: simtool.fit(a, b, kind="info-nce", epochs=1),
    }
    for name, run in runs.items():
        assert run(a, b).notes.count(said) == 1, name
        for sides in ((a, as_vectors(B)), (b, b)):
            assert not any("paired by" in note for note in run(*sides).notes), name
    assert not any("paired by" in note for note in simtool.compare(a, b).notes)
    items = as_vectors(np.ones((2, 3, 4)), "c.npy"), with_ids(as_vectors(np.ones((2, 3, 4)), "d.npy"), IDS_A[:2])
    assert "items are paired by item number: c.npy has no ids" in simtool.compare(*items).notes
    assert not any("paired by" in note for note in simtool.compare(*items, items="best").notes)


def test_ids_in_another_order_are_refused_with_the_join_where_there_is_one():
    a, b = with_ids(as_vectors(A), np.arange(50)), with_ids(as_vectors(B), np.arange(50)[::-1])
    joining = (simtool.similarity, simtool.explain, lambda a, b: simtool.loss(a, b, kind="info-nce"))
    for run in (*joining, lambda a, b: simtool.fit(a, b, kind="info-nce")):
        with pytest.raises(DataError, match="row 0 is 0 in A and 49 in B") as refused:
            run(a, b)
        assert refused.value.hint.startswith("«join=id» pairs rows by id" if run in joining else "bring both")


def test_numbers_of_selected_rows_are_no_ids_to_join_by(tmp_path):
    np.save(tmp_path / "a.npy", A)
    selected = open_vectors(Selection(f"{tmp_path}/a.npy", rows="3:6"))
    assert by_number([selected, with_ids(as_vectors(B[3:6]), IDS_B[3:6])]) != ()
    with pytest.raises(DataError, match="rows are joined by id, and this input has no ids"):
        join_rows(selected, selected)
