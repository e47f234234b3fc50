"""What every reducer is: the same answers for every tiling, and all tiles by default."""

import numpy as np
import pytest
from asked_reducers import asked_of, itself
from brute_force import BACKENDS, best, exact, ranked, within

from simtool.backend import choose_backend
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan
from simtool.engine.reducers.base import Reducer, SelectionSpec
from simtool.engine.reducers.closest_pairs import ClosestPairs
from simtool.engine.reducers.self_join_top_k import SelfJoinTopK
from simtool.engine.reducers.threshold import Threshold
from simtool.engine.reducers.top_k import TopK
from simtool.engine.rescoring import Pairs


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_tiling_never_shows(metric, backend):
    a = np.random.default_rng(0).integers(-2, 3, (300, 4)).astype("f4")
    pairs = Pairs(metric, a, a, scaled=False)
    kernel = Kernel(metric, "float32", False, choose_backend(backend))
    shared = {"has_missing": False, "larger_is_closer": metric == "cosine", "excluded": itself(a)}
    plain, once = SelectionSpec(kernel, pairs, **shared), SelectionSpec(kernel, pairs, upper_triangle=True, **shared)
    answers = []
    for query_block, corpus_block in ((1024, 4096), (300, 50), (50, 300), (37, 41)):
        makers = [
            lambda give: TopK(9, plain, give),
            lambda give, query_block=query_block: SelfJoinTopK(9, once, query_block, give),
            lambda give: Threshold(0.75, 10**6, once, give),
            lambda give: ClosestPairs(500, once, give),
        ]
        answers.append([asked_of(a, make, Plan(300, 300, query_block, corpus_block)) for make in makers])
    matrix = exact(metric, a, a)
    options = {"exclude_self": True, "alone": True}
    wanted = [
        *[ranked(metric, matrix, 9, exclude_self=True)] * 2,
        within(metric, matrix, 0.75, **options),
        best(metric, matrix, 500, **options),
    ]
    for answer in answers:
        assert answer == answers[0]
        assert [list(zip(*hits[:2], strict=True)) for hits in answer] == wanted


def test_a_reducer_of_its_own_wants_all_tiles_and_has_no_room():
    reducer = Reducer()
    assert not reducer.skips(None, None)
    assert reducer.room(None, None) is None
    with pytest.raises(NotImplementedError):
        reducer.take(None, None, None)
