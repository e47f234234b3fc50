"""`pairwise` of sets of tokens: every kind of input, peers' formula, and what is refused."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from items_of_tokens import padded

from simtool import Selection, pairwise
from simtool.engine import ROW
from simtool.errors import DataError, ParameterError, ShapeError


def tokens_of(array):
    return [item[item.any(axis=1)] for item in array]


def pylate(queries, documents):
    """PyLate's `colbert_scores` with its masks, of unit tokens, as its models give them."""
    q, d = (torch.nn.functional.normalize(torch.as_tensor(side), dim=-1) for side in (queries, documents))
    scores = torch.einsum("ash,bth->abst", q, d)
    scores = scores.masked_fill(~d.any(-1)[None, :, None, :], -torch.inf).max(axis=-1).values
    return (scores * q.any(-1)[:, None, :]).sum(axis=-1)


def test_scores_are_those_of_pylate():
    a, b = padded(1, 9, 5, d=16), padded(2, 12, 7, d=16)
    assert pairwise(a, b, metric="colbert").array == pytest.approx(pylate(a, b).numpy(), abs=1e-12)
    narrow = pairwise(a.astype(np.float32), b.astype(np.float32), metric="maxsim").array
    assert narrow == pytest.approx(pylate(a.astype(np.float32), b.astype(np.float32)).numpy(), rel=1e-5, abs=1e-5)


def test_every_kind_of_input_gives_the_same_scores(tmp_path):
    a, b = padded(3, 5, 4), padded(4, 6, 3)
    expected = pairwise(a, b, metric="maxsim").array
    lists = tokens_of(b)
    nested = pa.table({"id": list("uvwxyz"), "tokens": [item.tolist() for item in lists]})
    pq.write_table(nested, tmp_path / "nested.parquet")
    owner = [name for name, item in zip("uvwxyz", lists, strict=True) for _ in item]
    rows = np.concatenate(lists)
    grouped = pa.table({"doc": owner, "vector": rows.tolist()})
    shuffled = np.random.default_rng(5).permutation(len(rows))
    kinds = {
        "list of arrays": (lists, None),
        "tensor": (torch.as_tensor(b), None),
        "nested file": (str(tmp_path / "nested.parquet"), None),
        "nested table": (nested, None),
        "rows of a table": (grouped, "doc"),
        "rows with ids": (rows, owner),
    }
    for name, (given, ids) in kinds.items():
        assert pairwise(a, given, metric="maxsim", ids_b=ids).array == pytest.approx(expected, abs=1e-12), name
    found = pairwise(a, rows[shuffled], metric="maxsim", ids_b=[owner[row] for row in shuffled])
    first = list(dict.fromkeys(owner[row] for row in shuffled))
    assert found.array == pytest.approx(expected[:, ["uvwxyz".index(name) for name in first]], abs=1e-12)
    assert [row["b"] for row in found[:6]] == first


def test_equal_ids_are_one_item():
    a = padded(6, 3, 2)
    options = {"ids_a": ["x", "y", "z"], "ids_b": ["z", "y", "x"], "exclude_self": True}
    found = pairwise(a, a[::-1], metric="maxsim", top_k=1, **options)
    assert all(row["a"] != row["b"] for row in found)
    assert "3 pairs of equal ids left out" in found.notes
    assert found.parameters["excluded_by"] == "id"


def test_argmax_is_the_f1_of_both_ways():
    a, b = padded(7, 4, 3), padded(8, 5, 3)
    there, back = pairwise(a, b, metric="maxsim").array, pairwise(b, a, metric="maxsim").array.T
    p = there / [[len(item)] for item in tokens_of(a)]
    r = back / [[len(item) for item in tokens_of(b)]]
    f1 = np.where((p > 0) & (r > 0), 2 * p * r / (p + r), 0)
    assert pairwise(a, b, metric="argmax").array == pytest.approx(f1, abs=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"metric": "mean"}, ParameterError, "mean compares two sets, and no list of sets"),
        ({"metric": "maxsin"}, ParameterError, "unknown metric 'maxsin'"),
        ({"dim": 1}, ParameterError, "takes -1 as dim, got 1"),
        ({"precision": "int8"}, ParameterError, "takes auto or float64 as precision, got int8"),
        ({"nonfinite": "drop"}, ParameterError, "takes error as nonfinite, got drop"),
        ({"parameters": {"k": 2}}, ParameterError, "no parameter is called 'k'"),
        ({"threshold": float("nan")}, ParameterError, "the threshold is not a number"),
        ({"b": np.ones((2, 3, 5))}, ShapeError, "4"),
        ({"b": np.ones((4, 4))}, ShapeError, "single rows"),
        ({"b": np.full((2, 3, 4), np.nan)}, DataError, "NaN"),
    ],
)
def test_what_does_not_fit_is_refused(options, error, match):
    with pytest.raises(error, match=match):
        pairwise(padded(9, 3, 2), **{"metric": "maxsim", **options})


def test_columns_beside_sets_of_different_lengths_are_refused(tmp_path):
    path = tmp_path / "tokens.parquet"
    pq.write_table(pa.table({"t": [[[1.0, 0.0]], [[0.0, 1.0], [1.0, 1.0]]], "text": ["x", "y"]}), path)
    with pytest.raises(ParameterError, match="different numbers"):
        pairwise(Selection(str(path), keep=["text"]), metric="maxsim", top_k=1)


@pytest.mark.parametrize("ragged", [False, True])
def test_a_dry_run_tells_what_all_pairs_of_tokens_take(ragged):
    a, b = padded(1, 9, 5, d=16), padded(2, 12, 7, d=16)
    given = [tokens_of(a), tokens_of(b)] if ragged else [a, b]
    tokens = [max(len(item) for item in tokens_of(side)) if ragged else side.shape[1] for side in (a, b)]
    pairs = 9 * 12 * tokens[0] * tokens[1]
    found = pairwise(*given, metric="maxsim", dry_run=True).summary
    assert (found["rows_a"], found["rows_b"], found["pairs"]) == (9, 12, pairs)
    assert found["flop"] == 2 * 16 * pairs
    assert found["bytes_written"] == 8 * 9 * 12
    listed = pairwise(given[0], metric="maxsim", top_k=2, dry_run=True).summary
    assert (listed["pairs"], listed["bytes_written"]) == (81 * tokens[0] ** 2, 2 * 9 * ROW)
    assert found["peak_memory"] - listed["peak_memory"] < 1 << 20
    with pytest.raises(DataError, match="NaN"):
        pairwise(np.full((2, 3, 4), np.nan), metric="maxsim", dry_run=True)
