"""What a user writes: it is clean under mypy and basedpyright, both strict, and run by the tests."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import simtool


def main(folder: Path) -> list[str]:
    """Compare, look at rows, hand them on, and hold the result to a condition."""
    x, y = np.eye(3), np.ones((3, 3))
    result: simtool.Result = simtool.pairwise(x, y, top_k=1)
    rows: list[dict[str, Any]] = list(result[:2])
    first: dict[str, Any] = result[0]
    scores: npt.NDArray[Any] = result["score"]
    names = [str(column) for column in result.to_pandas().columns]
    names += [str(name) for name in result.to_arrow().column_names if name not in names]
    result.save(folder / "rows.parquet")
    np.save(folder / "x.npy", x)
    vectors: simtool.Vectors = simtool.open_vectors(str(folder / "x.npy"))
    simtool.compare(vectors, x) if first["rank"] > 1 else None
    simtool.similarity([[1.0, 0.0]], [[1.0, 0.0]]).check("mean >= 1")
    labels = [0, 1, 0]
    losses: list[Any] = [
        simtool.losses.sup_con(x, labels, temperature=0.5),
        simtool.losses.SupConLoss(temperature=0.5)(x, labels),
        simtool.losses.pml.SupConLoss(temperature=0.5)(x, labels),
        simtool.nn.Loss("SupConLoss", temperature=0.5)(x, labels),
    ]
    drawn = simtool.pairwise(x, y).plot()
    made = f"{len(scores)} {np.ptp(losses):.0f} {len(drawn.axes)}"
    return [*names, str(len(rows)), f"{simtool.metrics.cosine(x, y).sum():.3f}", made]
