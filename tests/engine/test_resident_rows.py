"""Inputs brought to where any row can be reached: in memory, or in a file that is mapped."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool import pairwise
from simtool.engine import resident_rows as memory
from simtool.engine.budget import Budget
from simtool.engine.resident_rows import resident
from simtool.io import as_vectors, open_vectors, select


def test_what_does_not_fit_in_memory_is_mapped(monkeypatch):
    values = np.arange(60.0).reshape(20, 3)
    chosen = select(as_vectors(values), np.arange(19, -1, -1))
    monkeypatch.setattr(memory, "READ_BYTES", 100)
    assert not isinstance(resident(chosen, 480), np.memmap)
    mapped = resident(chosen, 479)
    assert isinstance(mapped, np.memmap)
    assert mapped.tolist() == values[::-1].tolist()
    assert resident(as_vectors(values), 1) is values


def parquet(folder, rows):
    pq.write_table(pa.table({"v": list(rows)}), folder / "x.parquet")
    return str(folder / "x.parquet")


@pytest.mark.parametrize("spec", [{"top_k": 3}, {"threshold": 0.9}, {"max_pairs": 30}, {}])
def test_a_table_that_is_put_into_a_file_gives_the_same_answers(monkeypatch, tmp_path, spec):
    rows = np.random.default_rng(0).normal(size=(300, 4)).astype("f4")
    path, mapped = parquet(tmp_path, rows), []
    memmap = np.memmap
    monkeypatch.setattr(memory.np, "memmap", lambda *args, **options: mapped.append(1) or memmap(*args, **options))
    expected = pairwise(open_vectors(path), **spec)
    assert not mapped
    monkeypatch.setattr(Budget, "mapped", property(lambda budget: 1000))
    found = pairwise(open_vectors(path), **spec)
    assert mapped
    assert found.summary == expected.summary
    for name in expected.rows.names:
        columns = [result.rows.read(0, len(result.rows))[name].tolist() for result in (found, expected)]
        assert columns[0] == columns[1]
