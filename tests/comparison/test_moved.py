"""How far each id moved, against scipy."""

import numpy as np
import pytest
from scipy.spatial.distance import cosine, euclidean

from simtool import compare
from simtool.comparison import moved
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import as_vectors, with_ids

GENERATOR = np.random.default_rng(0)
OLD, NEW = GENERATOR.normal(size=(2, 40, 6)).astype(np.float32)
IDS_OLD, IDS_NEW = ([f"id {number}" for number in GENERATOR.permutation(50)[:40]] for _ in "ab")


def listed(a, b, **options):
    return compare(a, b, per_id=True, **options).rows.columns


@pytest.mark.parametrize("block", [1, 100, 1 << 20])
@pytest.mark.parametrize("top", [None, 5])
def test_ids_that_both_have_are_listed_the_furthest_first(monkeypatch, block, top):
    monkeypatch.setattr(moved, "BLOCK", block)
    a, b = with_ids(as_vectors(OLD), np.asarray(IDS_OLD)), with_ids(as_vectors(NEW), np.asarray(IDS_NEW))
    found = listed(a, b, top=top)
    old, new = dict(zip(IDS_OLD, OLD.astype(float), strict=True)), dict(zip(IDS_NEW, NEW.astype(float), strict=True))
    expected = sorted((1 - cosine(old[name], new[name]), name) for name in old.keys() & new.keys())[:top]
    assert found["id"].tolist() == [name for _, name in expected]
    np.testing.assert_allclose(found["cosine"], [value for value, _ in expected], rtol=1e-12, atol=1e-14)
    distances = [euclidean(old[name], new[name]) for _, name in expected]
    np.testing.assert_allclose(found["euclidean"], distances, rtol=1e-12)


def test_of_equal_cosines_the_further_comes_first_and_rows_without_ids_are_numbered():
    found = listed(np.asarray([[1.0, 0], [1, 0], [0, 1]]), np.asarray([[2.0, 0], [5, 0], [1, 0]]))
    assert [column.tolist() for column in found.values()] == [[2, 1, 0], [0, 1, 1], [pytest.approx(2**0.5), 4, 1]]


@pytest.mark.parametrize("width", [6, 9])
def test_each_id_keeps_the_neighbours_that_a_loop_finds(width):
    new = GENERATOR.normal(size=(40, width)).astype(np.float32)
    new[:, :6] = OLD[[IDS_OLD.index(name) if name in IDS_OLD else 0 for name in IDS_NEW]] + 0.5 * new[:, :6]
    a, b = with_ids(as_vectors(OLD), np.asarray(IDS_OLD)), with_ids(as_vectors(new), np.asarray(IDS_NEW))
    result = compare(a, b, per_id=True, aggregates=["knn-overlap"], parameters={"k": 4})
    found = result.rows.columns
    both = [name for name in IDS_OLD if name in IDS_NEW]

    def neighbours(rows, ids, name):
        distances = {other: cosine(rows[ids.index(name)], rows[ids.index(other)]) for other in both if other != name}
        return set(sorted(distances, key=distances.get)[:4])

    expected = {
        name: len(neighbours(OLD.astype(float), IDS_OLD, name) & neighbours(new.astype(float), IDS_NEW, name)) / 4
        for name in both
    }
    assert dict(zip(found["id"].tolist(), found["knn-overlap"].tolist(), strict=True)) == expected
    assert result.summary["knn-overlap"] == pytest.approx(np.mean(list(expected.values())))
    first = found["cosine" if width == 6 else "knn-overlap"]
    assert first.tolist() == sorted(first.tolist())
    assert ("cosine" in found) is (width == 6)


def test_what_has_no_vector_in_both_is_refused():
    with pytest.raises(ParameterError, match="items of tokens have no vector of their own"):
        listed(np.ones((2, 3, 4)), np.ones((2, 3, 4)), aggregates=["argmax"])
    with pytest.raises(ShapeError) as refused:
        listed(OLD, NEW[:, :3], aggregates=["cka"])
    assert "«aggregates=knn-overlap» lists the neighbours that each keeps" in refused.value.hint
    twice = with_ids(as_vectors(OLD[:2]), np.asarray(["x", "x"]))
    with pytest.raises(DataError, match="unique"):
        listed(twice, with_ids(as_vectors(NEW[:2]), np.asarray(["x", "y"])), aggregates=["argmax"])
