"""One table in every format, of which rows are selected and columns carried."""

import numpy as np
import pyarrow as pa

ROWS = 500
RANDOM = np.random.default_rng(5)
TABLE = pa.table(
    {
        "id": [f"r{row}" for row in range(ROWS)],
        "text": [None if row % 7 == 0 else f"text {row} é" for row in range(ROWS)],
        "year": [1990 + row % 40 for row in range(ROWS)],
        "part": [None if row % 5 == 0 else row / 8 for row in range(ROWS)],
    }
)
VECTORS = RANDOM.standard_normal((ROWS, 6)).astype(np.float32)
FORMATS = ("parquet", "arrow", "stream", "jsonl", "csv", "npz")
