"""What a user writes, for type checkers: it is checked by mypy, and run by the tests."""

from pathlib import Path
from typing import Any

import numpy as np

import simtool


def main(folder: Path) -> list[str]:
    """Compare, look at rows, hand them on, and hold the result to a condition."""
    x, y = np.eye(3), np.ones((3, 3))
    result: simtool.Result = simtool.pairwise(x, y, top_k=1)
    rows: list[dict[str, Any]] = list(result[:2])
    first: dict[str, Any] = result[0]
    names = [str(column) for column in result.to_pandas().columns]
    result.save(folder / "rows.parquet")
    simtool.compare(folder / "rows.parquet", x) if first["rank"] > 1 else None
    simtool.similarity([[1.0, 0.0]], [[1.0, 0.0]]).check("mean >= 1")
    return [*names, str(len(rows)), f"{simtool.metrics.cosine(x, y).sum():.3f}"]
