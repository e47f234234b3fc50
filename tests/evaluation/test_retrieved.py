"""Lists from vectors, against one product in float64."""

import numpy as np
import pytest

from simtool.errors import DataError, ResourceError, ShapeError
from simtool.evaluation.retrieved import retrieved
from simtool.io import as_vectors, with_ids
from simtool.metrics import metric_of
from simtool.settings import Settings


def named(rows, ids):
    return with_ids(as_vectors(rows), np.asarray(ids))


@pytest.fixture
def sides():
    generator = np.random.default_rng(0)
    queries, corpus = generator.normal(size=(7, 5)), generator.normal(size=(50, 5))
    return named(queries, [f"q{row}" for row in range(7)]), named(corpus, np.arange(50) + 100)


QRELS = {"q5": {"100": 1}, "q1": {"149": 1, "nowhere": 1}, "absent": {"100": 1}}


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_lists_are_the_closest_rows_of_judged_queries(sides, metric):
    run, _, _, notes = retrieved(sides, QRELS, 6, metric_of(metric), Settings())
    queries, corpus = (side.read(0, side.shape[0]) for side in sides)
    if metric == "cosine":
        queries, corpus = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (queries, corpus))
        scores = queries @ corpus.T
    else:
        scores = -np.linalg.norm(queries[:, None] - corpus[None], axis=2)
    assert list(run) == ["q1", "q5"]
    for query, listed in run.items():
        own = scores[int(query[1])]
        best = np.argsort(-own)[:6]
        assert list(listed) == [str(row + 100) for row in best]
        np.testing.assert_allclose(list(listed.values()), own[best], rtol=1e-12)
    assert any("1 judged document not in" in note for note in notes)


def test_rows_that_are_not_finite_are_left_out(sides):
    queries, corpus = sides
    rows = corpus.read(0, 50).copy()
    rows[3] = np.nan
    run, *_ = retrieved((queries, named(rows, corpus.ids)), QRELS, 50, metric_of("cosine"), Settings(nonfinite="drop"))
    assert all(len(listed) == 49 and "103" not in listed and "149" in listed for listed in run.values())


def test_what_is_refused(sides):
    queries, corpus = sides
    cosine, settings = metric_of("cosine"), Settings()
    with pytest.raises(DataError, match="corpus have no ids"):
        retrieved((queries, as_vectors(np.ones((3, 5)))), QRELS, 1, cosine, settings)
    with pytest.raises(DataError, match="the id 1 comes 2 times"):
        retrieved((queries, named(np.ones((3, 5)), [1, 1, 2])), QRELS, 1, cosine, settings)
    with pytest.raises(DataError, match="no document of the qrels is here: the ids are as '1', the qrels name '100'"):
        retrieved((queries, named(np.ones((2, 5)), [1, 2])), QRELS, 1, cosine, settings)
    with pytest.raises(DataError, match="no query of the qrels is here"):
        retrieved((corpus, corpus), QRELS, 1, cosine, settings)
    with pytest.raises(ShapeError, match="differ in length"):
        retrieved((queries, named(np.ones((2, 4)), [100, 2])), QRELS, 1, cosine, settings)


def test_lists_that_do_not_fit_are_refused():
    rows, ids = np.ones((3000, 1), dtype=np.float32), np.arange(3000)
    qrels = {str(each): {"0": 1} for each in ids}
    with pytest.raises(ResourceError, match="a list of 9,000,000 documents"):
        retrieved((named(rows, ids),) * 2, qrels, 3000, metric_of("cosine"), Settings(max_memory="256M"))
